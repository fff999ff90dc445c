// Excerpts of the pages found are fetched, which a browser allows only where the site is served, not in a folder.
if (location.protocol === 'file:') DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false

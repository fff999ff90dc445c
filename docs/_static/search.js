// Runs behind Sphinx's own search. Titles with all words come first, then texts, each in the order of the sidebar.
const sections = terms => {
    const {alltitles, titles, docnames, filenames} = Search._index
    const size = terms.join('').length
    const has = (title, term) => title.split(/\W+/).some(word => word.startsWith(term))
    const fits = title => terms.every(term => has(title, term)) || title.startsWith(terms.join('')) // GRU cell: GRUCell
    const found = Object.entries(alltitles).filter(([title]) => fits(title.toLowerCase()))
    const result = (title, file, id) => [docnames[file], id ? `${titles[file]} > ${title}` : title, id ? `#${id}` : '',
        null, 100 * size / title.length + (id ? 0 : 20), filenames[file], SearchResultKind.title]
    return found.flatMap(([title, places]) => places.map(o => result(title, ...o)))
}
const place = page => {
    const links = [...document.querySelectorAll('.sidebar-tree a')].map(o => o.getAttribute('href'))
    return links.includes(page) ? links.indexOf(page) : links.length
}
var Scorer = {title: 0, partialTitle: 0, term: 0, partialTerm: 0, objPrio: {},
    score: ([page, , , , score]) => score - place(`${page}.html`) / 1000}

const texts = Search.performTermsSearch
Search.performTermsSearch = (terms, excluded) => [...texts(terms, excluded), ...sections([...terms])]
// Excerpts of the pages found are fetched, which a browser allows only where the site is served, not in a folder.
if (location.protocol === 'file:') DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false

"Sphinx configuration: notebooks as they are, Furo, and KaTeX from this folder. `build.py` supplies the pages."
from html import escape
from pathlib import Path
from docutils import nodes

extensions = ['myst_nb', 'sphinx_copybutton', 'sphinx.ext.githubpages']
html_theme = 'furo'
html_static_path = ['static']
html_css_files = ['site.css']
html_search_scorer = str(Path(__file__).parent/'static'/'search.js')
html_favicon = 'static/favicon.svg'
html_show_copyright = html_copy_source = html_show_sourcelink = html_use_index = smartquotes = False
html_math_renderer = 'katex'
pygments_style = 'github-light-high-contrast'
pygments_dark_style = 'github-dark'
watch_scripts = 'model.js', 'models.js', 'watch.js' # in this order
copied = 'div.cell_input', 'div.highlight-bash', 'div.highlight-sh', 'div.highlight-console'
copybutton_selector = ', '.join(f'{o} pre' for o in copied)
copybutton_exclude = '.linenos, .gp, .go'

nb_execution_mode = 'off'
nb_merge_streams = True
nb_render_markdown_format = 'myst'
nb_code_prompt_show = 'Show the code'
nb_code_prompt_hide = 'Hide the code'
myst_enable_extensions = ['amsmath', 'attrs_block', 'attrs_inline', 'colon_fence', 'dollarmath', 'linkify',
                          'strikethrough', 'tasklist']
myst_linkify_fuzzy_links = False
myst_all_links_external = True # links are already those of the built site, and are checked there
myst_heading_anchors = 6
myst_heading_slug_func = 'stage.slug'
myst_dmath_allow_space = myst_dmath_allow_digits = False
suppress_warnings = ['myst.header', 'mystnb.unknown_mime_type']

def math(tag):
    "How TeX is written into a page: `katex/render.js` makes formulas of it"
    def visit(self, node):
        self.body.append(f'<{tag} class="math">{escape(node.astext())}</{tag}>')
        raise nodes.SkipNode
    return visit, None

def add_head(app, pagename, templatename, context, doctree):
    "Description and social card for every page; KaTeX for those with formulas, networks for those that run one"
    title = lead = app.config.project
    if doctree:
        title = app.env.titles[pagename].astext()
        lead = next((o.astext() for o in doctree.findall(nodes.paragraph) if 'lead' in o['classes']), lead)
    base = app.config.html_baseurl
    tags = {'og:title': title, 'og:description': lead, 'og:type': 'website',
            'og:image': (base or context['content_root'])+'_static/card.png'}
    if base: tags['og:url'] = context['pageurl']
    metas = [('name', 'description', lead), ('name', 'twitter:card', 'summary_large_image')]
    metas += [('property', k, v) for k,v in tags.items()]
    context['metatags'] = ''.join(f'<meta {kind}="{k}" content="{escape(v)}">\n' for kind,k,v in metas)
    if doctree and any(doctree.findall(lambda o: isinstance(o, (nodes.math, nodes.math_block)))):
        app.add_css_file('katex/katex.min.css')
        for o in ('katex.min.js', 'render.js'): app.add_js_file(f'katex/{o}')
    if doctree and any(o.astext().startswith('<div class="watch" ') for o in doctree.findall(nodes.raw)):
        app.add_css_file('watch/watch.css')
        for o in watch_scripts: app.add_js_file(f'watch/{o}', loading_method='defer')

def setup(app):
    app.add_html_math_renderer('katex', math('span'), math('div'))
    app.connect('html-page-context', add_head)

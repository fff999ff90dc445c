"Sphinx configuration: notebooks as they are, Furo, and KaTeX from this folder. `build.py` supplies the pages."
import json
from html import escape
from pathlib import Path

extensions = ['myst_nb', 'sphinx_copybutton', 'sphinx.ext.githubpages']
exclude_patterns = ['pages.json']
html_theme = 'furo'
html_static_path = ['static']
html_css_files = ['site.css']
html_favicon = 'static/favicon.svg'
html_show_copyright = html_copy_source = html_show_sourcelink = html_use_index = smartquotes = False
html_math_renderer = 'katex'
pygments_style,pygments_dark_style = 'github-light-high-contrast','github-dark'
copybutton_selector = 'div.cell_input div.highlight pre, div.highlight-bash pre, div.highlight-sh pre, div.highlight-console pre'
copybutton_exclude = '.linenos, .gp, .go'

nb_execution_mode = 'off'
nb_merge_streams = True
nb_render_markdown_format = 'myst'
nb_code_prompt_show,nb_code_prompt_hide = 'Show the code','Hide the code'
myst_enable_extensions = ['amsmath', 'attrs_block', 'attrs_inline', 'colon_fence', 'dollarmath', 'linkify', 'strikethrough', 'tasklist']
myst_linkify_fuzzy_links = False
myst_all_links_external = True      # links are already those of the built site, and are checked there
myst_heading_anchors = 6
myst_heading_slug_func = 'stage.slug'
myst_dmath_allow_space = myst_dmath_allow_digits = False
suppress_warnings = ['myst.header', 'mystnb.unknown_mime_type']

_katex = ['katex/katex.min.css'], ['katex/katex.min.js', 'katex/render.js']

def _math(tag):
    def _visit(self, node):
        self.body.append(f'<{tag} class="math">{escape(node.astext())}</{tag}>')
        from docutils.nodes import SkipNode
        raise SkipNode
    return _visit, None

def _page(app, pagename, templatename, context, doctree):
    "Description and social card for every page; KaTeX for those with maths in them"
    from docutils import nodes
    page,base = app.pages.get(pagename, app.pages['index']),app.config.html_baseurl
    tags = {'og:title': page['title'], 'og:description': page['description'], 'og:type': 'website',
            'og:image': (base or context['content_root'])+'_static/card.png'}
    if base: tags['og:url'] = context['pageurl']
    context['metatags'] = (f'<meta name="description" content="{escape(page["description"])}">\n'
        + ''.join(f'<meta property="{k}" content="{escape(v)}">\n' for k,v in tags.items())
        + '<meta name="twitter:card" content="summary_large_image">\n')
    if pagename=='search': app.add_js_file('search.js')
    if doctree and next(doctree.findall(lambda n: isinstance(n, (nodes.math, nodes.math_block))), None):
        for o in _katex[0]: app.add_css_file(o)
        for o in _katex[1]: app.add_js_file(o)

def setup(app):
    app.pages = json.loads((Path(app.srcdir)/'pages.json').read_text(encoding='utf-8'))
    app.add_html_math_renderer('katex', _math('span'), _math('div'))
    app.connect('html-page-context', _page)

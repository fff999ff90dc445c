"Figures of executed notebooks: drawn as SVG, sharp at any size, the same bytes each time"
c.InlineBackend.figure_formats = {'svg'}
c.InlineBackend.rc = {'svg.hashsalt': 'fastai_humannums'}
c.InlineBackend.print_figure_kwargs = {'bbox_inches': 'tight', 'metadata': {'Date': None, 'Creator': None}}

"Draw the picture that goes with links to the site: `static/card.png`"
from pathlib import Path
import matplotlib
matplotlib.use('Agg')
from matplotlib import pyplot as plt

here = Path(__file__).resolve().parent
ink,paper,bright,quiet = '#16324a','#fbfaf6','#1c6399','#7a92a5'
lines = ['eight thousand one ,', 'eight thousand two ,', 'eight thousand three ,', 'eight thousand ...']

def draw(title, text):
    "The card as a figure of 1200 x 630 pixels"
    fig = plt.figure(figsize=(12, 6.3), dpi=100, facecolor=paper)
    ax = fig.add_axes([0, 0, 1, 1], xlim=(0, 12), ylim=(0, 6.3))
    ax.axis('off')
    ax.text(.8, 4.95, title, fontsize=46, weight='bold', color=ink, family='DejaVu Sans')
    ax.text(.8, 4.3, text, fontsize=20, color=ink, family='DejaVu Sans')
    for i,o in enumerate(lines):
        ax.text(.8, 3.0-.62*i, o, fontsize=24, family='DejaVu Sans Mono', color=bright if i==3 else quiet)
    steps = [(7.6+.55*i, .95+.36*i) for i in range(7)]
    xs,ys = zip(*[p for x,y in steps for p in ((x, y), (x+.55, y))])
    ax.plot(xs, ys, color=bright, lw=7, solid_capstyle='round', solid_joinstyle='round')
    return fig

if __name__=='__main__':
    with plt.rc_context({'font.family': 'DejaVu Sans'}):
        fig = draw('fastai_humannums', 'Counting in words, with fastai')
        fig.savefig(here/'static'/'card.png', metadata={'Software': None})

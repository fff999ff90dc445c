// What a reader of this page would stumble over, as a list of sentences: `look.py` runs it in the page.
async () => {
    const res = new Set(), wide = innerWidth
    const name = o => (o.tagName + [...o.classList].map(c => '.' + c).join('')).toLowerCase() + ` "${o.textContent.trim().slice(0, 40)}"`
    const shown = o => o.checkVisibility({opacityProperty: true, visibilityProperty: true}) && o.getClientRects().length > 0
    const ancestors = o => o ? [o, ...ancestors(o.parentElement)] : []
    // Furo's drawers wait beside the screen; KaTeX keeps a copy for screen readers
    const away = o => o.closest('.katex-mathml, .sidebar-drawer, .toc-drawer, .skip-to-content, .visually-hidden')

    if (document.scrollingElement.scrollWidth > wide) res.add(`the page is ${document.scrollingElement.scrollWidth} px wide`)
    const sticking = o => {
        const {left, right, width} = o.getBoundingClientRect()
        return width > 0 && (right > wide + 1 || left < -1) && shown(o) && !away(o)
            && !ancestors(o.parentElement).some(p => /auto|scroll/.test(getComputedStyle(p).overflowX) && p !== document.documentElement && p !== document.body)
    }
    const out = [...document.body.querySelectorAll('*')].filter(sticking)
    for (const o of out.filter(o => !out.includes(o.parentElement))) res.add(`sticks out of the screen: ${name(o)}`)

    for (const o of document.images) {
        o.loading = 'eager'
        await o.decode().catch(() => {})
        if (!o.naturalWidth) res.add(`shows no image: ${o.getAttribute('src')}`)
    }

    for (const o of document.querySelectorAll('.math')) if (!o.querySelector('.katex')) res.add(`is not rendered: ${name(o)}`)
    for (const o of document.querySelectorAll('.katex-error')) res.add(`KaTeX does not understand: ${name(o)}`)
    const texts = document.createTreeWalker(document.querySelector('article') ?? document.body, NodeFilter.SHOW_TEXT)
    while (texts.nextNode()) {
        const {data, parentElement: p} = texts.currentNode
        if (/\\[([]|\$\$|\\[a-z]+\{/i.test(data) && !p.closest('code, pre, script, style, .katex, .cell_output')) res.add(`is left as TeX: ${name(p)}`)
    }

    const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true}), seen = new Map()
    const rgba = css => {
        if (!seen.has(css)) {
            canvas.clearRect(0, 0, 1, 1)
            canvas.fillStyle = css
            canvas.fillRect(0, 0, 1, 1)
            const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data
            seen.set(css, [r, g, b, a / 255])
        }
        return seen.get(css)
    }
    const over = ([r, g, b, a], under) => [r, g, b].map((v, i) => v * a + under[i] * (1 - a))
    const backs = new Map([[null, [255, 255, 255]]])
    const back = o => {
        if (!backs.has(o)) backs.set(o, over(rgba(getComputedStyle(o).backgroundColor), back(o.parentElement)))
        return backs.get(o)
    }
    const light = rgb => rgb.map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4).reduce((t, v, i) => t + v * [.2126, .7152, .0722][i], 0)
    const contrast = (a, b) => (Math.max(light(a), light(b)) + .05) / (Math.min(light(a), light(b)) + .05)
    const says = o => [...o.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.data.trim())
    const pale = new Map()
    for (const o of document.querySelectorAll('p, li, td, th, code, a, pre, span, summary, h1, h2, h3, h4, h5, h6, label, input')) {
        if (!says(o) || away(o) || !shown(o)) continue
        const ratio = contrast(over(rgba(getComputedStyle(o).color), back(o)), back(o)), kind = name(o).split(' "')[0]
        if (ratio < 4.5 && !pale.has(kind)) pale.set(kind, `has a contrast of ${ratio.toFixed(1)}: ${name(o)}`)
    }
    pale.forEach(o => res.add(o))
    return [...res]
}

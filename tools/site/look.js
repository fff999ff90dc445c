// What a reader of this page would stumble over, as a list of sentences: `look.py` runs it in the page.
async patience => {
    const res = new Set(), wide = innerWidth
    const folded = [...document.querySelectorAll('details:not([open])')]
    for (const o of folded) o.open = true
    const kind = o => (o.tagName + [...o.classList].map(c => '.' + c).join('')).toLowerCase()
    const name = o => `${kind(o)} "${o.textContent.trim().slice(0, 40)}"`
    const visible = o => o.checkVisibility({opacityProperty: true, visibilityProperty: true})
    const shown = o => visible(o) && o.getClientRects().length > 0
    const ancestors = o => o ? [o, ...ancestors(o.parentElement)] : []
    // Furo's drawers wait beside the screen; KaTeX keeps a copy for screen readers
    const away = o => o.closest('.katex-mathml, .sidebar-drawer, .toc-drawer, .skip-to-content, .visually-hidden')

    // Scripts get some time to fill the places where a network runs
    const places = [...document.querySelectorAll('[data-watch]')], end = performance.now() + patience
    const empty = () => places.filter(o => !o.childElementCount)
    while (empty().length && performance.now() < end) await new Promise(f => setTimeout(f, 50))
    for (const o of empty()) res.add(`does not run: ${o.dataset.watch} ${o.dataset.failed ?? ''}`.trim())

    const {scrollWidth} = document.scrollingElement
    if (scrollWidth > wide) res.add(`the page is ${scrollWidth} px wide`)
    const roots = [document.documentElement, document.body]
    const scrolls = o => !roots.includes(o) && /auto|scroll/.test(getComputedStyle(o).overflowX)
    const sticking = o => {
        const {left, right, width} = o.getBoundingClientRect()
        const beyond = width > 0 && (right > wide + 1 || left < -1)
        return beyond && shown(o) && !away(o) && !ancestors(o.parentElement).some(scrolls)
    }
    const out = [...document.body.querySelectorAll('*')].filter(sticking)
    const outermost = out.filter(o => !out.includes(o.parentElement))
    for (const o of outermost) res.add(`sticks out of the screen: ${name(o)}`)

    for (const o of document.images) {
        const src = o.getAttribute('src'), room = o.parentElement
        o.loading = 'eager'
        await o.decode().catch(() => {})
        if (!o.naturalWidth) res.add(`shows no image: ${src}`)
        const silent = !/\w{2}/.test(o.alt) || /drawn by the code/i.test(o.alt)
        if (silent) res.add(`does not say what is in the image: ${src}`)
        if (o.offsetWidth > room.clientWidth + 1 && !scrolls(room)) res.add(`has an image wider than its box: ${src}`)
    }

    // Cut off: wider than its box, and without a bar to scroll by
    for (const o of document.body.querySelectorAll('*')) {
        const css = getComputedStyle(o), fits = !o.clientWidth || o.scrollWidth <= o.clientWidth + 1
        if (fits || css.overflowX === 'visible' || !shown(o) || away(o)) continue
        const bar = o.offsetHeight - o.clientHeight - parseFloat(css.borderTopWidth) - parseFloat(css.borderBottomWidth)
        if (bar < 2) res.add(`is cut off: ${name(o)}`)
    }

    const formulas = [...document.querySelectorAll('.math')]
    for (const o of formulas.filter(o => !o.querySelector('.katex'))) res.add(`is not rendered: ${name(o)}`)
    for (const o of document.querySelectorAll('.katex-error')) res.add(`KaTeX does not understand: ${name(o)}`)
    const texts = document.createTreeWalker(document.querySelector('article') ?? document.body, NodeFilter.SHOW_TEXT)
    while (texts.nextNode()) {
        const {data, parentElement: p} = texts.currentNode
        const code = p.closest('code, pre, script, style, .katex, .cell_output')
        if (!code && /\\[([]|\$\$|\\[a-z]+\{/i.test(data)) res.add(`is left as TeX: ${name(p)}`)
    }

    const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true})
    const seen = new Map()
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
    // WCAG's relative luminance, and the contrast of two colors
    const linear = v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4
    const light = ([r, g, b]) => .2126 * linear(r / 255) + .7152 * linear(g / 255) + .0722 * linear(b / 255)
    const contrast = (a, b) => (Math.max(light(a), light(b)) + .05) / (Math.min(light(a), light(b)) + .05)
    const says = o => [...o.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.data.trim())
    const pale = new Set()
    for (const o of document.body.querySelectorAll('*:not(script, style, noscript, canvas)')) {
        if (!says(o) || away(o) || !shown(o) || pale.has(kind(o))) continue
        const ratio = contrast(over(rgba(getComputedStyle(o).color), back(o)), back(o))
        if (ratio >= 4.5) continue
        pale.add(kind(o))
        res.add(`has a contrast of ${ratio.toFixed(1)}: ${name(o)}`)
    }
    for (const o of folded) o.open = false
    return [...res]
}

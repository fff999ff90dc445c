// "Watch it count": fills each `div.watch` of a page with a network that reads a text word by word, as `model.js` does.
(() => {
    'use strict'

    const nNumbers = 60   // numbers of the text that stay on the page
    const nColumns = 60   // columns of a picture, at most
    const nLabel = 60     // pixels for the words below a picture
    const nKept = 600     // words whose states are kept
    const nSkipped = 2000 // words read by one press of Skip, at most
    const slice = 8       // milliseconds of reading between two drawings
    const pause = 2000    // milliseconds between two announcements while it plays

    // Elements

    function make(tag, attributes = {}, ...children) {
        const res = document.createElement(tag)
        set(res, attributes)
        res.append(...children)
        return res
    }

    function set(element, attributes) {
        for (const [name, value] of Object.entries(attributes)) {
            if (name.startsWith('on')) element.addEventListener(name.slice(2), value)
            else if (value === false || value === undefined) element.removeAttribute(name)
            else element.setAttribute(name, value)
        }
    }

    function svg(tag, attributes, ...children) {
        const res = document.createElementNS('http://www.w3.org/2000/svg', tag)
        set(res, attributes)
        res.append(...children)
        return res
    }

    const hidden = text => make('span', {class: 'visually-hidden'}, text)
    const row = (...children) => make('div', {class: 'row'}, ...children)
    const button = (name, text, onclick, type = 'button') => make('button', {name, type, onclick}, text)
    const field = (text, control) => make('label', {}, make('span', {}, text), control)

    function choice(name, text, options, onchange) {
        return field(text, make('select', {name, onchange}, ...options.map(([value, o]) => make('option', {value}, o))))
    }

    // `a` is code in "a GRU like `a`"
    const withCode = text => text.split('`').map((o, i) => i % 2 ? make('code', {}, o) : o)

    // Colors: matplotlib's cividis, from dark to light

    const stops = [[0, 34, 78], [26, 56, 111], [67, 78, 108], [97, 101, 111], [125, 124, 120], [155, 148, 118],
        [188, 174, 108], [222, 201, 88], [254, 232, 56]]
    const colors = Array.from({length: 256}, (_, i) => color(i / 255))
    const ramp = `linear-gradient(to right, ${stops.map(o => `rgb(${o})`)})`

    function color(share) {
        const at = share * (stops.length - 1), i = Math.min(Math.floor(at), stops.length - 2)
        return stops[i].map((o, k) => Math.round(o + (at - i) * (stops[i + 1][k] - o)))
    }

    const shareOf = (value, [low, high]) => Math.min(Math.max((value - low) / (high - low), 0), 1)
    const colorOf = share => colors[Math.round(255 * share)]

    // Sentences

    const titleOf = model => model.title ?? model.name
    const quoted = text => text ? `“${text}”` : 'nothing'
    const nOf = (n, thing) => `${n.toLocaleString('en-US')} ${thing}${n === 1 ? '' : 's'}`
    const signed = value => value.toFixed(2).replace('-', '−')

    function percent(p) {
        if (p >= .9995) return '>99.9%'
        return p < .0005 ? '<0.1%' : `${(100 * p).toFixed(1)}%`
    }

    // What is wrong with the number `numbers[i]`
    function slip(numbers, i) {
        const {said, shouldBe} = numbers[i]
        return `it said ${quoted(said)}, but after ${quoted(numbers[i - 1].said)} comes ${quoted(shouldBe)}`
    }

    // Why the next number can't be checked, if so
    function unsure({numbers, model}) {
        const last = numbers.at(-1)
        if (!last) return ''
        if (last.n === null) return `The page knows no number ${quoted(last.said)}, so it can't check the next one.`
        const known = model.numbers.words(model.numbers.after(last.n)) !== null
        return known ? '' : `${quoted(last.said)} is the last number here, so the page can't check what comes next.`
    }

    function verdict(count) {
        const said = count.numbers.filter(o => !o.given), first = said[count.nRight]
        const right = `${nOf(count.nRight, 'number')} right`
        if (!first) return [said.length ? `${right}.` : '', unsure(count)].join(' ').trim()
        if (first.right === null) return `${right}. ${unsure(count) || "The rest can't be checked."}`
        return `${right}, then a slip: ${slip(count.numbers, count.numbers.indexOf(first))}.`
    }

    // What the last word has brought
    function news({model, numbers, words}) {
        const {id, word, seen, verdict} = words.at(-1), name = i => i === model.sep ? 'the separator' : quoted(model.word(i))
        const res = [seen.wasReset ? 'The state was reset.' : '', `Read ${name(id)}.`]
        if (verdict?.right) res.push(`${quoted(verdict.said)} is right.`)
        if (verdict?.right === false) res.push(`A slip: ${slip(numbers, numbers.length - 1)}.`)
        res.push(`Likeliest next: ${name(seen.best)}, ${percent(seen.probs[seen.best])}.`)
        return res.filter(o => o).join(' ')
    }

    // Parts: each has an element, and draws what `place` has read

    class Text {
        constructor() {
            this.leftOut = make('span', {class: 'quiet'})
            this.waiting = make('span', {class: 'quiet'})
            this.element = make('div', {class: 'text', 'data-part': 'text', tabindex: 0, role: 'group',
                'aria-label': 'Text read so far'}, this.leftOut, this.waiting)
            this.numbers = []
            this.n = this.nLeftOut = 0
        }

        draw({count, unit, layer, pictures, hover}) {
            while (this.n < count.words.length) this.add(count.words[this.n++])
            const rest = count.prompt.slice(count.words.length, count.words.length + 50)
            this.leftOut.textContent = this.nLeftOut ? `(${nOf(this.nLeftOut, 'number')} left out) … ` : ''
            this.waiting.textContent = rest.length ? ` ${rest.map(o => count.model.word(o)).join(' ')}` : ''
            this.paint(hover?.picture ?? pictures[0], unit, layer)
            this.element.scrollTop = this.element.scrollHeight
        }

        add(res) {
            if (!this.open) this.start()
            const {seen, word, given, verdict} = res
            const kind = `word${given ? '' : ' said'}${seen.wasReset ? ' fresh' : ''}`
            const element = make('span', {class: kind}, word)
            this.open.element.append(this.open.words.length && !verdict ? ' ' : '', element)
            this.open.words.push({element, seen})
            if (verdict) this.close(verdict)
        }

        start() {
            this.open = {element: make('span', {class: 'number'}), words: []}
            this.waiting.before(this.open.element)
            this.numbers.push(this.open)
            if (this.numbers.length <= nNumbers) return
            this.numbers.shift().element.remove()
            this.nLeftOut++
        }

        close({right, shouldBe}) {
            const {element} = this.open
            if (right) element.append(make('span', {class: 'mark', 'aria-hidden': 'true'}, '✓'), hidden(' right'))
            if (right === false) {
                element.classList.add('wrong')
                element.after(make('strong', {class: 'should'}, ` ✗ should be: ${shouldBe}`), ' ')
            }
            else element.after(' ')
            this.open = null
        }

        // Behind each word the value of one unit: a color, and a bar as high as the value
        paint(picture, unit, layer) {
            if (unit < 0 && !this.painted) return
            this.painted = unit >= 0
            for (const {element, seen} of this.numbers.flatMap(o => o.words)) {
                element.classList.toggle('heat', this.painted)
                if (this.painted) heat(element, shareOf(picture.values(seen.layers[layer])[unit], picture.range))
            }
        }
    }

    function heat({style}, share) {
        style.setProperty('--share', share)
        style.setProperty('--heat', `rgb(${colorOf(share)})`)
        style.setProperty('--on-heat', share < .46 ? '#fff' : '#000')
    }

    class Guesses {
        constructor() {
            this.caption = make('caption')
            this.body = make('tbody')
            const names = ['Next word', 'Probability'].map(o => make('th', {scope: 'col'}, o))
            const table = make('table', {}, this.caption, make('thead', {}, make('tr', {}, ...names)), this.body)
            this.element = make('div', {class: 'guesses', 'data-part': 'guesses'}, table)
        }

        draw({count, model, last}) {
            this.caption.textContent = last ? `After ${quoted(last.word)}` : 'At the start'
            const best = last ? humanNumbers.guesses(last.seen, model) : []
            this.body.replaceChildren(...best.map(o => this.guess(o, o.id === last.seen.best, o.id === model.sep)))
        }

        guess({word, p}, isBest, isSep) {
            const bar = make('span', {class: 'bar', style: `--share: ${p}`, 'aria-hidden': 'true'})
            const name = make('th', {scope: 'row'}, isBest ? '▸ ' : '', word, isSep ? ' (separator)' : '')
            return make('tr', {class: isBest ? 'best' : ''}, name, make('td', {}, bar, percent(p)))
        }
    }

    // A column for each word, a row for each unit
    class Picture {
        constructor(place, {part, title, name, values, range, low, high}) {
            Object.assign(this, {place, name, values, range})
            this.canvas = make('canvas', {role: 'img', onpointermove: o => this.point(o), onpointerdown: o => this.choose(o),
                onpointerleave: () => place.hoverOver(null)})
            this.cells = make('canvas')
            this.line = make('p', {class: 'quiet line'})
            this.top = make('span', {}, high)
            const legend = make('p', {class: 'legend quiet'}, low, make('span', {class: 'ramp', style: `background: ${ramp}`}),
                this.top)
            this.element = make('figure', {'data-part': part}, make('figcaption', {}, title), legend, this.canvas, this.line)
        }

        // Without an upper limit, the largest value so far is the lightest
        stretch(columns) {
            const most = Math.max(this.range[1], ...columns.map(o => Math.max(...o)))
            this.range = [0, most]
            this.top.textContent = `light: ${most.toFixed(2)}`
        }

        draw({count, model, layer, unit, hover}) {
            const width = this.element.clientWidth, nCols = Math.min(nColumns, Math.floor(width / 12))
            if (!nCols) return
            const words = count.words.slice(-nCols)
            this.from = count.words.length - words.length
            this.cell = {width: Math.floor(width / nCols), height: Math.max(2, Math.round(224 / model.nHidden))}
            const columns = words.map(o => this.values(o.seen.layers[layer]))
            if (model.cell === 'loop') this.stretch(columns)
            this.fill(columns, nCols, model.nHidden)
            this.show(words, nCols, model.nHidden, unit)
            this.line.textContent = this.describe(count, layer, unit, hover)
            const kind = `${this.name}, ${nOf(model.nHidden, 'unit')} after each of ${nOf(words.length, 'word')}`
            set(this.canvas, {'aria-label': `${kind}. ${this.line.textContent}`})
        }

        // One pixel for each value
        fill(columns, nCols, nRows) {
            Object.assign(this.cells, {width: nCols, height: nRows})
            const image = new ImageData(nCols, nRows)
            columns.forEach((values, x) => values.forEach((value, y) => {
                image.data.set([...colorOf(shareOf(value, this.range)), 255], 4 * (y * nCols + x))
            }))
            this.cells.getContext('2d').putImageData(image, 0, 0)
        }

        // The pixels enlarged, with words below them
        show(words, nCols, nRows, unit) {
            const {canvas, cell} = this, width = nCols * cell.width, height = nRows * cell.height, scale = devicePixelRatio
            const pen = canvas.getContext('2d'), css = getComputedStyle(canvas)
            Object.assign(canvas, {width: width * scale, height: (height + nLabel) * scale})
            canvas.style.width = `${width}px`
            pen.scale(scale, scale)
            pen.imageSmoothingEnabled = false
            pen.drawImage(this.cells, 0, 0, width, height)
            Object.assign(pen, {strokeStyle: css.borderColor, fillStyle: css.color, textBaseline: 'middle'})
            pen.strokeRect(.5, .5, width - 1, height - 1)
            if (unit >= 0) frame(pen, 0, unit * cell.height, width, cell.height)
            words.forEach(({word, seen}, i) => {
                if (seen.wasReset) frame(pen, i * cell.width - 1, 0, 1, height + nLabel - 4)
                write(pen, word, (i + .5) * cell.width, height + 5, i === words.length - 1, css.fontFamily, scale)
            })
        }

        describe(count, layer, unit, hover) {
            const word = hover && count.words[hover.i] || count.words.at(-1)
            if (unit < 0 || !word) return ''
            return `Unit ${unit}: ${signed(this.values(word.seen.layers[layer])[unit])} after ${quoted(word.word)}`
        }

        point({offsetX, offsetY}) {
            const {nHidden} = this.place.model, unit = Math.floor(offsetY / this.cell.height)
            const i = this.from + Math.floor(offsetX / this.cell.width)
            this.place.hoverOver(unit >= 0 && unit < nHidden ? {picture: this, unit, i} : null)
        }

        choose(event) {
            this.point(event)
            if (this.place.hover) this.place.choose(this.place.hover.unit)
        }
    }

    // A line that shows on every color: white inside black
    function frame(pen, x, y, width, height) {
        for (const [style, size] of [['#000', 3], ['#fff', 1]]) {
            Object.assign(pen, {strokeStyle: style, lineWidth: size})
            pen.strokeRect(x + .5, y - .5, width - 1, height + 1)
        }
    }

    function write(pen, word, x, y, isLast, family, scale) {
        pen.save()
        pen.font = `${isLast ? 'bold ' : ''}11px ${family}`
        pen.translate(x, y)
        pen.rotate(Math.PI / 2)
        pen.fillText(word, 0, 0, nLabel - 6)
        pen.restore()
    }

    const pictures = {
        state: [
            {title: 'State: one row for each unit, one column for each word', name: 'state', values: o => o.h,
                range: [-1, 1], low: 'dark: −1', high: 'light: 1'}],
        gates: [
            {title: 'Update gate z', name: 'update gate', values: o => o.z, range: [0, 1],
                low: 'dark: near 0 rewrites the unit', high: 'light: near 1 keeps it'},
            {title: 'Reset gate r', name: 'reset gate', values: o => o.r, range: [0, 1],
                low: 'dark: near 0 ignores the old state', high: 'light: near 1 uses it'}]
    }

    // Lines from the next word back to the words that it may repeat
    class Pointer {
        constructor() {
            this.drawing = svg('svg', {'aria-hidden': 'true', viewBox: '0 0 330 270'})
            this.bar = make('span', {class: 'bar'})
            this.gate = make('p', {}, this.bar, make('span'))
            this.line = make('p', {class: 'quiet'})
            this.element = make('figure', {class: 'pointer', 'data-part': 'pointer'},
                make('figcaption', {}, 'Pointer: which of the last words it would copy'), this.drawing, this.gate, this.line)
        }

        draw({count, last}) {
            const {at = [], weights = [], gate = 0} = last?.seen.point ?? {}
            const words = at.map((position, i) => ({word: count.words[position].word, weight: weights[i]})).slice(-12)
            this.drawing.replaceChildren(...words.flatMap((o, i) => this.pointed(o, 11 + 22 * (i + 12 - words.length))),
                svg('text', {x: 258, y: 253, 'dominant-baseline': 'central'}, 'next word'))
            this.bar.style.setProperty('--share', gate)
            this.gate.lastChild.textContent = last ? `copies with probability ${gate.toFixed(2)}` : ''
            const seen = words.filter(o => o.weight > .05).sort((a, b) => b.weight - a.weight)
            const list = seen.map(o => `${quoted(o.word)} (${o.weight.toFixed(2)})`).join(', ')
            this.line.textContent = list ? `Points at ${list}.` : ''
        }

        pointed({word, weight}, y) {
            const text = (x, o, end) => svg('text', {x, y, 'text-anchor': end, 'dominant-baseline': 'central'}, o)
            const line = svg('path', {d: `M 252 253 C 195 253 215 ${y} 150 ${y}`, 'stroke-width': 12 * weight,
                opacity: .25 + .75 * weight})
            return [line, text(108, word, 'end'), text(113, weight > .05 ? weight.toFixed(2) : '', 'start')]
        }
    }

    // A place on the page

    let nPlaces = 0

    class Place {
        constructor(root) {
            this.settings = JSON.parse(root.dataset.watch || '{}')
            this.models = this.offered()
            this.model = this.models[0]
            this.id = `watch-${++nPlaces}`
            this.unit = -1
            this.layer = 0
            this.pictures = this.parts = []
            root.replaceChildren(this.frame(root))
            this.adapt()
            this.start()
            this.drawAgain(root)
        }

        // When the width changes, or light and dark
        drawAgain(root) {
            let width
            new ResizeObserver(() => width !== (width = root.clientWidth) && this.draw()).observe(root)
            new MutationObserver(() => this.draw()).observe(document.body, {attributeFilter: ['data-theme']})
            matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw())
        }

        // Settings

        offered() {
            const {model, models} = this.settings, {models: known} = humanNumbers
            const names = models ?? (model ? [model] : [...known.keys()]), unknown = names.find(o => !known.has(o))
            if (!names.length) throw new Error('there is no model')
            if (unknown) throw new Error(`there is no model '${unknown}' among ${[...known.keys()].join(', ')}`)
            return [...new Set(model ? [model, ...names] : names)].map(o => known.get(o))
        }

        shows(part) {
            const {show} = this.settings, {model} = this
            const can = {state: model.hasState, reset: model.hasState, gates: model.hasGates, hold: model.hasGates,
                pointer: model.points}
            return (!show || show.includes(part)) && can[part] !== false
        }

        // What stays when the model changes

        frame(root) {
            this.heading = make(`h${levelAt(root)}`, {id: this.id, class: 'visually-hidden'})
            this.about = make('p', {class: 'quiet'})
            this.options = row()
            this.verdict = make('p', {class: 'verdict', 'data-part': 'verdict'})
            this.status = make('p', {class: 'quiet', 'data-part': 'status', 'aria-live': 'polite'})
            this.body = make('div', {class: 'parts'})
            return make('section', {'aria-labelledby': this.id}, this.heading, ...this.modelChoice(), this.about,
                this.promptForm(), this.buttons(), this.options, this.body)
        }

        modelChoice() {
            if (this.models.length === 1) return []
            const names = this.models.map(o => [o.name, titleOf(o)])
            return [row(choice('model', 'Model', names, o => this.change(humanNumbers.models.get(o.target.value))))]
        }

        promptForm() {
            const {prompt = this.model.numbers.words(this.model.numbers.first)} = this.settings, id = `${this.id}-error`
            this.prompt = make('input', {name: 'prompt', value: prompt, autocomplete: 'off', autocapitalize: 'none',
                spellcheck: 'false', 'aria-describedby': id})
            this.error = make('p', {id, class: 'error', 'data-part': 'error', role: 'alert'})
            const start = button('start', 'Start', undefined, 'submit'), onsubmit = o => {
                o.preventDefault()
                this.start()
            }
            return make('form', {onsubmit}, row(field('Prompt: numbers, in words or digits', this.prompt), start), this.error)
        }

        buttons() {
            const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches
            const speeds = [[2, 'slow'], [8, 'medium'], [40, 'fast'], [1e5, 'as fast as it can']]
            const speed = choice('speed', 'Speed', speeds, () => this.run && !this.run.skips && this.play())
            const places = [[10, 'tens'], [100, 'hundreds'], [1000, 'thousands']]
            const place = choice('place', 'of the', places.filter(([o]) => o <= this.model.numbers.last))
            this.speed = speed.querySelector('select')
            this.speed.value = isCalm ? 2 : 8
            this.place = place.querySelector('select')
            this.playButton = button('play', 'Play', () => this.run ? this.stop() : this.play())
            return row(button('step', 'Step', () => this.step()), this.playButton, speed,
                make('span', {class: 'pair'}, button('skip', 'Skip to the next carry', () => this.skip()), place))
        }

        // What depends on the model

        change(model) {
            this.model = model
            this.adapt()
            this.start()
        }

        adapt() {
            const {model} = this, size = `${nOf(model.nParams, 'parameter')}, ${nOf(model.nHidden, 'unit')}`
            const layers = model.nLayers > 1 ? ` in each of ${model.nLayers} layers` : ''
            this.heading.textContent = `Watch ${titleOf(model)} count`
            this.about.replaceChildren(make('strong', {}, titleOf(model)), ': ', ...withCode(model.about ?? ''), ` (${size}${layers})`)
            this.layer = Math.min(Math.max(this.settings.layer ?? model.nLayers - 1, 0), model.nLayers - 1)
            this.unit = -1
            this.hover = null
            this.options.replaceChildren(...this.switches())
        }

        switches() {
            const res = []
            this.holds = {free: () => null, mean: () => this.model.meanGates(), 1: () => 1, 0: () => 0}
            this.reset = choice('reset', 'State', [[0, 'carried on'], [20, 'reset every 20 words']], () => this.apply())
            this.hold = choice('hold', 'Update gate', [['free', 'free'], ['mean', 'held at its mean'],
                [1, 'held at 1: keeps everything'], [0, 'held at 0: rewrites everything']], () => this.apply())
            return [this.shows('reset') ? this.reset : '', this.shows('hold') ? this.hold : '']
        }

        readerSettings() {
            const [reset, hold] = [this.reset, this.hold].map(o => o.querySelector('select').value)
            return {resetEvery: +reset, hold: this.holds[hold]()}
        }

        apply() {
            if (this.count) Object.assign(this.count.reader, this.readerSettings())
        }

        // Parts

        makeParts() {
            const {model} = this, kinds = ['state', 'gates'].filter(o => this.shows(o))
            const isOpen = model.cell === 'loop' ? {range: [0, .01], low: 'dark: 0'} : {}
            this.pictures = kinds.flatMap(part => pictures[part].map(o => new Picture(this, {...o, part, ...isOpen})))
            const text = new Text(), side = [['guesses', Guesses], ['pointer', Pointer]]
            const aside = side.filter(([part]) => this.shows(part)).map(([, Part]) => new Part())
            this.parts = [text, ...this.pictures, ...aside]
            const block = (name, ...children) => make('div', {class: name}, ...children)
            this.body.replaceChildren(block('reading', text.element, block('news', this.verdict, this.status), ...this.unitChoice()),
                block('aside', ...aside.map(o => o.element)), block('pictures', ...this.pictures.map(o => o.element)))
        }

        unitChoice() {
            if (!this.pictures.length) return []
            const {model} = this, layers = Array.from({length: model.nLayers}, (_, i) => [i, `${i + 1} of ${model.nLayers}`])
            this.slider = make('input', {type: 'range', name: 'unit', min: -1, max: model.nHidden - 1, value: this.unit,
                oninput: o => this.choose(+o.target.value)})
            const layer = choice('layer', 'Layer', layers, o => this.lookAt(+o.target.value))
            layer.querySelector('select').value = this.layer
            this.shown = make('span', {class: 'quiet', 'aria-hidden': 'true'})
            return [row(...(model.nLayers > 1 ? [layer] : []), field('Unit shown in the text', this.slider), this.shown)]
        }

        lookAt(layer) {
            this.layer = layer
            this.draw()
        }

        choose(unit) {
            this.unit = unit
            this.slider.value = unit
            this.draw()
        }

        hoverOver(hover) {
            this.hover = hover
            this.draw()
        }

        get last() { return this.count?.words.at(-1) }

        draw() {
            const {count, model, layer, pictures, hover, last} = this
            if (!count) return
            const unit = hover?.unit ?? this.unit
            for (const o of this.parts) o.draw({count, model, layer, pictures, hover, last, unit})
            this.verdict.textContent = verdict(count)
            this.playButton.textContent = this.run ? 'Pause' : 'Play'
            if (!pictures.length) return
            this.shown.textContent = pictures[0].line.textContent || 'none'
            set(this.slider, {'aria-valuetext': this.shown.textContent})
        }

        // Reading

        start() {
            this.run = null
            this.started = this.prompt.value
            try { this.count = new humanNumbers.Count(this.model, this.prompt.value, this.readerSettings()) }
            catch (o) { return this.refuse(o.message) }
            this.refuse('')
            this.slipped = false
            this.makeParts()
            for (let i = 0; i < (this.settings.steps ?? 0); i++) this.read()
            this.draw()
            this.status.textContent = this.last ? news(this.count) : 'Press Step to read the first word of the prompt.'
        }

        refuse(message) {
            if (message) this.count = null
            this.body.hidden = message !== ''
            this.error.textContent = message
            set(this.prompt, {'aria-invalid': message ? 'true' : false})
        }

        // Read a word; returns why this is a place to stop, if it is
        read() {
            const {count, slipped} = this, wasEnded = count.ended
            const {verdict} = count.step()
            const old = count.words[count.words.length - nKept]
            if (old) old.seen = null
            this.slipped ||= verdict?.right === false
            return this.slipped && !slipped || count.ended && !wasEnded
        }

        // Is there something to read? A prompt that has been changed starts first
        isReady() {
            if (this.prompt.value !== this.started) this.start()
            if (!this.count) this.prompt.focus()
            return this.count !== null
        }

        step() {
            if (!this.isReady()) return
            this.run = null
            this.read()
            this.draw()
            this.say(news(this.count))
        }

        play() { this.go({speed: +this.speed.value}) }

        skip() {
            const place = +this.place.value, {numbers} = this.model
            this.go({speed: Infinity, skips: true, isThere: () => this.count.atCarry(place)})
        }

        stop(reason = '') {
            this.run = null
            this.draw()
            this.say(`${this.last ? news(this.count) : ''} ${reason}`)
        }

        // Read on in slices, `speed` words a second, until it is there
        go(run) {
            if (!this.isReady()) return
            this.run = {n: 0, due: 1, said: -Infinity, ...run}
            this.tick(performance.now(), this.run)
        }

        tick(now, run, before = now) {
            if (this.run !== run) return
            const until = performance.now() + slice
            run.due += run.skips ? nSkipped : run.speed * Math.min(now - before, 100) / 1000
            while (run.n < run.due && performance.now() < until) {
                run.n++
                const isTold = this.read()
                if (isTold || run.isThere?.()) return this.stop(isTold ? '' : 'The next number carries.')
                if (run.skips && run.n === nSkipped) return this.stop(`No carry within ${nOf(nSkipped, 'word')}.`)
                this.report(run, now)
            }
            this.draw()
            requestAnimationFrame(o => this.tick(o, run, now))
        }

        // While it plays, announce whole numbers, as fast as a screen reader can follow
        report(run, now) {
            if (run.skips || !this.last.verdict || now - run.said < pause) return
            run.said = now
            const {said, right} = this.last.verdict
            this.say(`${quoted(said)}${right ? ', right' : ''}`)
        }

        say(text) { this.status.textContent = text }
    }

    // The level of a heading there
    function levelAt(element) {
        let level = 1
        for (let o = element.closest('section'); o; o = o.parentElement.closest('section')) level++
        return Math.min(Math.max(level, 2), 6)
    }

    // All places

    // The picture that stands in for it
    function picture(root) {
        const cell = root.previousElementSibling
        return cell?.matches('div.cell') ? cell.querySelector('.cell_output') : null
    }

    function fill(root) {
        try {
            new Place(root)
            picture(root)?.setAttribute('hidden', '')
            root.dataset.ready = 'true'
        }
        catch (o) {
            root.replaceChildren()
            root.dataset.failed = o.message
        }
    }

    const fillAll = () => document.querySelectorAll('div.watch').forEach(fill)
    if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', fillAll)
    else fillAll()
})()

// "Watch it count": fills each `div.watch` of a page with a network that reads a text word by word, as `model.js` does.
(() => {
    'use strict'

    const nNumbers = 60   // numbers that stay in the text
    const nColumns = 60   // columns of a picture, at most
    const nKept = 600     // words whose states are kept
    const nSkipped = 10_000 // words that Skip reads, at most
    const slice = 8       // milliseconds of reading between two drawings
    const pause = 2000    // milliseconds between two announcements while it plays
    const label = 60      // pixels for the words below a picture

    // Elements

    const make = (tag, attributes, ...children) => build(document.createElement(tag), attributes, children)
    const svg = (tag, attributes, ...children) =>
        build(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children)

    function build(element, attributes = {}, children) {
        for (const [name, value] of Object.entries(attributes)) {
            if (name.startsWith('on')) element.addEventListener(name.slice(2), value)
            else element.setAttribute(name, value)
        }
        element.append(...children)
        return element
    }

    const block = (kind, ...children) => make('div', {class: kind}, ...children)
    const hidden = text => make('span', {class: 'visually-hidden'}, text)
    const field = (text, control) => make('label', {}, make('span', {}, text), control)
    const button = (name, text, onclick) => make('button', {name, type: 'button', onclick}, text)

    function select(name, options, onchange, value) {
        const res = make('select', {name, onchange}, ...options.map(([value, text]) => make('option', {value}, text)))
        if (value !== undefined) res.value = value
        return res
    }

    // A heading one level below that of the section around `element`
    function headingFor(element, attributes) {
        let level = 1
        for (let o = element.closest('section'); o; o = o.parentElement.closest('section')) level++
        return make(`h${Math.min(Math.max(level, 2), 6)}`, attributes)
    }

    // `a` is code in "a GRU like `a`"
    const withCode = text => text.split('`').map((o, i) => i % 2 ? make('code', {}, o) : o)

    // Colors: matplotlib's cividis, from dark to light

    const stops = [[0, 34, 78], [26, 56, 111], [67, 78, 108], [97, 101, 111], [125, 124, 120], [155, 148, 118],
        [188, 174, 108], [222, 201, 88], [254, 232, 56]]
    const colors = Array.from({length: 256}, (_, i) => between(i / 255 * (stops.length - 1)))
    const ramp = `background: linear-gradient(to right, ${stops.map(o => `rgb(${o})`)})`

    function between(at) {
        const i = Math.min(Math.floor(at), stops.length - 2)
        return stops[i].map((o, k) => Math.round(o + (at - i) * (stops[i + 1][k] - o)))
    }

    const shareOf = (value, [low, high]) => Math.min(Math.max((value - low) / (high - low), 0), 1)
    const colorOf = share => colors[Math.round(255 * share)]

    // Behind a word: the color of a value, and a bar as high as the value
    function heat({style}, share) {
        style.setProperty('--share', share)
        style.setProperty('--heat', `rgb(${colorOf(share)})`)
        style.setProperty('--on-heat', share < .46 ? '#fff' : '#000')
    }

    // Sentences

    const titleOf = model => model.title ?? model.name
    const quoted = text => text ? `“${text}”` : 'nothing'
    const called = (model, word) => word === model.word(model.sep) ? 'the separator' : quoted(word)
    const nOf = (n, thing) => `${n.toLocaleString('en-US')} ${thing}${n === 1 ? '' : 's'}`
    const signed = value => value.toFixed(2).replace('-', '−')

    function percent(p) {
        if (p >= .9995) return '>99.9%'
        return p < .0005 ? '<0.1%' : `${(100 * p).toFixed(1)}%`
    }

    function slip(before, {said, shouldBe, isEndless}) {
        const words = isEndless ? 'fifty words without a separator' : quoted(said)
        return `it said ${words}, but after ${quoted(before.said)} comes ${quoted(shouldBe)}`
    }

    // Why the number after this one can't be checked, if so
    function unsure({numbers}, {said, n}) {
        if (n === null) return `This page doesn't know the number ${quoted(said)}, so it can't check the next one.`
        if (numbers.words(numbers.after(n)) !== null) return ''
        return `This page doesn't know what comes after ${quoted(said)}, so it can't check the next number.`
    }

    function verdict({model, verdicts, nRight}) {
        const right = `${nOf(nRight, 'number')} right`, wrong = verdicts.findIndex(o => o.right === false)
        if (wrong >= 0) return `${right}, then a slip: ${slip(verdicts[wrong - 1], verdicts[wrong])}.`
        return `${nRight ? `${right}. ` : ''}${verdicts.length ? unsure(model, verdicts.at(-1)) : ''}`.trim()
    }

    // The last word, the number that it completes, and what the network expects
    function news({model, words}) {
        const {word, seen, verdict} = words.at(-1), next = called(model, model.word(seen.best))
        const res = [`Read ${called(model, word)}.`]
        if (seen.wasReset) res.unshift('The state was reset.')
        if (verdict?.right) res.push(`${quoted(verdict.said)} is right.`)
        if (verdict?.right === false) res.push(`A slip: ${quoted(verdict.shouldBe)} would be right.`)
        return [...res, `Likeliest next: ${next}, ${percent(seen.probs[seen.best])}.`].join(' ')
    }

    // Parts: each has an element, and draws what has been read

    class Text {
        constructor() {
            this.leftOut = make('span', {class: 'quiet'})
            this.waiting = make('span', {class: 'quiet'})
            this.element = make('div', {class: 'text', 'data-part': 'text', tabindex: 0, role: 'group',
                'aria-label': 'Text'}, this.leftOut, this.waiting)
            this.numbers = []
            this.n = this.nLeftOut = 0
        }

        draw({count, unit, layer, pictures, hover}) {
            const isNew = this.n < count.words.length
            while (this.n < count.words.length) this.add(count.words[this.n++], count.model)
            const rest = count.prompt.slice(this.n, this.n + 50)
            this.leftOut.textContent = this.nLeftOut ? `(${nOf(this.nLeftOut, 'number')} left out) … ` : ''
            this.waiting.textContent = rest.map(o => ` ${count.model.word(o)}`).join('')
            this.paint(hover?.picture ?? pictures[0], unit, layer)
            if (isNew) this.element.scrollTop = this.element.scrollHeight
        }

        add({seen, id, word, given, verdict}, model) {
            this.open ??= this.start()
            const {element, words} = this.open
            const kind = `word${given ? '' : ' said'}${seen.wasReset ? ' fresh' : ''}`
            words.push({seen, element: make('span', {class: kind}, word)})
            element.append(words.length > 1 && id !== model.sep ? ' ' : '', words.at(-1).element)
            if (verdict) this.close(verdict)
        }

        start() {
            const res = {element: make('span', {class: 'number'}), words: []}
            this.waiting.before(res.element)
            this.numbers.push(res)
            if (this.numbers.length > nNumbers) this.leaveOut(this.numbers.shift())
            return res
        }

        leaveOut({element}) {
            element.remove()
            this.nLeftOut++
        }

        close({right, shouldBe}) {
            const {element} = this.open
            if (right) element.append(make('span', {class: 'mark', 'aria-hidden': 'true'}, '✓'), hidden(' right'))
            if (right === false) {
                element.firstChild.before(hidden('wrong: '))
                element.append(' ', make('strong', {class: 'should'}, `✗ should be: ${shouldBe}`))
            }
            element.classList.toggle('wrong', right === false)
            element.append(' ')
            this.open = null
        }

        // The values of one unit
        paint(picture, unit, layer) {
            if (unit < 0 && !this.isPainted) return
            this.isPainted = unit >= 0
            for (const {element, seen} of this.numbers.flatMap(o => o.words)) {
                element.classList.toggle('heat', this.isPainted)
                if (this.isPainted) heat(element, shareOf(picture.values(seen.layers[layer])[unit], picture.range))
            }
        }
    }

    class Guesses {
        constructor() {
            const names = ['Next word', 'Probability'].map(o => make('th', {scope: 'col'}, o))
            this.caption = make('caption')
            this.body = make('tbody')
            this.element = make('div', {class: 'guesses', 'data-part': 'guesses'},
                make('table', {}, this.caption, make('thead', {}, make('tr', {}, ...names)), this.body))
        }

        draw({model, last}) {
            const best = last ? humanNumbers.guesses(last.seen, model) : []
            this.caption.textContent = last ? `After ${called(model, last.word)}` : 'At the start'
            this.body.replaceChildren(...best.map(o => this.guess(o, o.id === last.seen.best, o.id === model.sep)))
        }

        guess({word, p}, isBest, isSep) {
            const bar = make('span', {class: 'bar', style: `--share: ${p}`, 'aria-hidden': 'true'})
            const name = make('th', {scope: 'row'}, word, isSep ? ' (separator)' : '')
            return make('tr', {class: isBest ? 'best' : ''}, name, make('td', {}, bar, percent(p)))
        }
    }

    // A column for each word, a row for each unit
    class Picture {
        constructor(place, {part, title, values, range, low, high}) {
            Object.assign(this, {place, title, values, range})
            this.canvas = make('canvas', {role: 'img', onpointerleave: () => place.hoverOver(null),
                onpointermove: o => this.point(o), onpointerdown: o => this.choose(o)})
            this.cells = make('canvas')
            this.line = make('p', {class: 'quiet line'})
            this.high = make('span', {}, high)
            const scale = make('span', {class: 'ramp', style: ramp})
            const legend = make('p', {class: 'legend quiet'}, low, scale, this.high)
            const caption = make('figcaption', {}, title)
            this.element = make('figure', {'data-part': part}, caption, legend, this.canvas, this.line)
        }

        draw({count, model, layer, unit, hover}) {
            const width = this.element.clientWidth, nCols = Math.min(nColumns, Math.floor(width / 12))
            if (!nCols) return
            const words = count.words.slice(-nCols), columns = words.map(o => this.values(o.seen.layers[layer]))
            this.cell = {width: Math.floor(width / nCols), height: Math.max(2, Math.round(224 / model.nHidden))}
            if (model.cell === 'loop') this.stretch(columns)
            this.fill(columns, nCols, model.nHidden)
            this.show(words, nCols, model.nHidden, unit)
            this.line.textContent = this.describe(words[hover?.column] ?? words.at(-1), layer, unit)
            this.canvas.setAttribute('aria-label', `${this.title}, for ${nOf(words.length, 'word')}`)
        }

        // The states of a ReLU have no upper limit: the largest so far is the lightest
        stretch(columns) {
            this.range = [0, Math.max(this.range[1], ...columns.map(o => Math.max(...o)))]
            this.high.textContent = `light: ${this.range[1].toFixed(2)}`
        }

        // A pixel for each value
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
            const {canvas, cell} = this, css = getComputedStyle(canvas), pen = canvas.getContext('2d')
            const width = nCols * cell.width, height = nRows * cell.height
            Object.assign(canvas, {width: width * devicePixelRatio, height: (height + label) * devicePixelRatio})
            canvas.style.width = `${width}px`
            pen.scale(devicePixelRatio, devicePixelRatio)
            Object.assign(pen, {imageSmoothingEnabled: false, strokeStyle: css.borderColor, fillStyle: css.color})
            pen.drawImage(this.cells, 0, 0, width, height)
            pen.strokeRect(.5, .5, width - 1, height - 1)
            words.forEach(({word, seen}, i) => {
                if (seen.wasReset) frame(pen, i * cell.width, 0, 0, height + label)
                write(pen, word, (i + .5) * cell.width, height + 5, css.fontFamily, i === words.length - 1)
            })
            if (unit >= 0) frame(pen, 0, unit * cell.height - 1.5, width, cell.height + 3)
        }

        describe(res, layer, unit) {
            if (unit < 0) return ''
            if (!res) return `Unit ${unit}`
            const value = this.values(res.seen.layers[layer])[unit]
            return `Unit ${unit}: ${signed(value)} after ${called(this.place.model, res.word)}`
        }

        point({offsetX, offsetY}) {
            const unit = Math.floor(offsetY / this.cell.height), column = Math.floor(offsetX / this.cell.width)
            this.place.hoverOver(unit >= 0 && unit < this.place.model.nHidden ? {picture: this, unit, column} : null)
        }

        choose(event) {
            this.point(event)
            if (this.place.hover) this.place.choose(this.place.hover.unit)
        }
    }

    // A white line with black sides shows on every color
    function frame(pen, ...box) {
        for (const [strokeStyle, lineWidth] of [['#000', 3], ['#fff', 1]]) {
            Object.assign(pen, {strokeStyle, lineWidth})
            pen.strokeRect(...box)
        }
    }

    function write(pen, word, x, y, family, isBold) {
        pen.save()
        Object.assign(pen, {font: `${isBold ? 'bold ' : ''}11px ${family}`, textBaseline: 'middle'})
        pen.translate(x, y)
        pen.rotate(Math.PI / 2)
        pen.fillText(word, 0, 0, label - 6)
        pen.restore()
    }

    const state = {part: 'state', title: 'State: a row for each unit, a column for each word', values: o => o.h,
        range: [-1, 1], low: 'dark: −1', high: 'light: 1'}
    const openState = {...state, range: [0, .01], low: 'dark: 0'}
    const z = {part: 'gates', title: 'Update gate z', values: o => o.z, range: [0, 1],
        low: 'dark: near 0 rewrites the unit', high: 'light: near 1 keeps it'}
    const r = {part: 'gates', title: 'Reset gate r', values: o => o.r, range: [0, 1],
        low: 'dark: near 0 ignores the old state', high: 'light: near 1 uses it'}

    // Lines from the next word back to the words that it may repeat
    class Pointer {
        constructor() {
            this.drawing = svg('svg', {'aria-hidden': 'true', viewBox: '0 0 330 270'})
            this.bar = make('span', {class: 'bar', 'aria-hidden': 'true'})
            this.gate = make('span')
            this.line = make('p', {class: 'quiet'})
            this.element = make('figure', {class: 'pointer', 'data-part': 'pointer'},
                make('figcaption', {}, 'Words it points at'), this.drawing, make('p', {}, this.bar, this.gate),
                this.line)
        }

        draw({count, model, last}) {
            const {at = [], weights = [], gate = 0} = last?.seen.point ?? {}
            const words = at.map((position, i) => ({word: count.words[position].word, weight: weights[i]})).slice(-12)
            const top = 11 + 22 * (12 - words.length)
            this.drawing.replaceChildren(...words.flatMap((o, i) => this.pointed(o, top + 22 * i)),
                this.text(258, 253, 'next word', 'start'))
            this.bar.style.setProperty('--share', gate)
            this.gate.textContent = `copies with probability ${gate.toFixed(2)}`
            const most = words.filter(o => o.weight > .05).sort((a, b) => b.weight - a.weight).slice(0, 5)
            const list = most.map(o => `${called(model, o.word)} (${o.weight.toFixed(2)})`).join(', ')
            this.line.textContent = list ? `Points at ${list}.` : ''
        }

        pointed({word, weight}, y) {
            const line = svg('path', {d: `M 252 253 C 195 253 215 ${y} 150 ${y}`, 'stroke-width': 12 * weight,
                opacity: .25 + .75 * weight})
            const share = weight > .05 ? weight.toFixed(2) : ''
            return [line, this.text(108, y, word, 'end'), this.text(113, y, share, 'start')]
        }

        text(x, y, text, anchor) {
            return svg('text', {x, y, 'text-anchor': anchor, 'dominant-baseline': 'central'}, text)
        }
    }

    // A place on the page

    let nPlaces = 0

    class Place {
        constructor(root) {
            this.settings = JSON.parse(root.dataset.watch || '{}')
            this.id = `watch-${++nPlaces}`
            this.models = this.offered()
            root.replaceChildren(this.frame(root))
            this.change(this.models[0], this.settings.steps)
            this.drawAgain(root)
        }

        offered() {
            const known = humanNumbers.models, {model, models = model ? [] : [...known.keys()]} = this.settings
            const names = [...new Set(model ? [model, ...models] : models)], unknown = names.find(o => !known.has(o))
            if (!names.length) throw new Error('there is no model')
            if (unknown) throw new Error(`there is no model '${unknown}': there are ${[...known.keys()].join(', ')}`)
            return names.map(o => known.get(o))
        }

        shows(part) {
            const {model, settings} = this, {hasState, hasGates, points} = model
            const can = {state: hasState, reset: hasState, gates: hasGates, hold: hasGates, pointer: points}
            return (settings.show?.includes(part) ?? true) && (can[part] ?? true)
        }

        // When the width changes, or light and dark
        drawAgain(root) {
            const draw = () => this.draw()
            let width
            new ResizeObserver(() => width !== (width = root.clientWidth) && draw()).observe(root)
            new MutationObserver(draw).observe(document.body, {attributeFilter: ['data-theme']})
            matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw)
        }

        // Controls

        frame(root) {
            this.heading = headingFor(root, {id: this.id, class: 'visually-hidden'})
            this.about = make('p', {class: 'quiet'})
            this.switches = block('row')
            this.verdict = make('p', {class: 'verdict', 'data-part': 'verdict'})
            this.status = make('p', {class: 'quiet', 'data-part': 'status', 'aria-live': 'polite'})
            this.body = block('parts')
            return make('section', {'aria-labelledby': this.id}, this.heading, this.modelChoice(), this.about,
                this.promptForm(), this.buttons(), this.switches, this.body)
        }

        modelChoice() {
            if (this.models.length === 1) return ''
            const names = this.models.map(o => [o.name, titleOf(o)])
            return field('Model', select('model', names, o => this.change(humanNumbers.models.get(o.target.value))))
        }

        promptForm() {
            const {numbers} = this.models[0], start = numbers.step > 0 ? numbers.first : numbers.last
            const {prompt = numbers.words(start)} = this.settings
            const id = `${this.id}-error`, startButton = make('button', {name: 'start'}, 'Start')
            this.prompt = make('input', {name: 'prompt', value: prompt, autocomplete: 'off', autocapitalize: 'none',
                spellcheck: 'false', 'aria-describedby': id})
            this.error = make('p', {id, class: 'error', 'data-part': 'error', role: 'alert'})
            const onsubmit = o => {
                o.preventDefault()
                this.start()
            }
            return make('form', {onsubmit},
                block('row', field('Prompt: numbers, in words or digits', this.prompt), startButton), this.error)
        }

        buttons() {
            const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches, {last} = this.models[0].numbers
            const speeds = [[2, 'slow'], [8, 'medium'], [40, 'fast'], [1e5, 'full speed']]
            const places = [[10, 'tens'], [100, 'hundreds'], [1000, 'thousands']].filter(([o]) => o <= last)
            this.speed = select('speed', speeds, () => this.run?.isPlay && this.play(), isCalm ? 2 : 8)
            this.place = select('place', places)
            this.place.setAttribute('aria-label', 'Place of the carry')
            this.playButton = button('play', 'Play', () => this.run ? this.stop() : this.play())
            return block('row', button('step', 'Step', () => this.step()), this.playButton, field('Speed', this.speed),
                block('pair', button('skip', 'Skip to the next carry', () => this.skip()), field('in the', this.place)))
        }

        change(model, nWords) {
            this.model = model
            this.unit = -1
            this.layer = ((this.settings.layer ?? -1) + model.nLayers) % model.nLayers
            const {nParams, nHidden, nLayers} = model, inLayers = nLayers > 1 ? ` in each of ${nLayers} layers` : ''
            const size = ` (${nOf(nParams, 'parameter')}, ${nOf(nHidden, 'unit')}${inLayers})`
            this.heading.textContent = `Watch ${titleOf(model)} count`
            this.about.replaceChildren(make('strong', {}, titleOf(model)), ': ', ...withCode(model.about), size)
            this.makeSwitches()
            this.start(nWords)
        }

        makeSwitches() {
            const apply = () => this.count && Object.assign(this.count.reader, this.readerSettings())
            this.reset = select('reset', [[0, 'carried on'], [20, 'reset every 20 words']], apply)
            this.hold = select('hold', [['free', 'free'], ['mean', 'held at its mean'],
                [1, 'held at 1: keeps everything'], [0, 'held at 0: rewrites everything']], apply)
            this.switches.replaceChildren(this.shows('reset') ? field('State', this.reset) : '',
                this.shows('hold') ? field('Update gate', this.hold) : '')
        }

        readerSettings() {
            const held = this.hold.value
            const hold = held === 'free' ? null : held === 'mean' ? this.model.meanGates() : +held
            return {resetEvery: +this.reset.value, hold}
        }

        // Parts

        makeParts() {
            const shown = o => this.shows(o.part)
            const pictures = [this.model.cell === 'loop' ? openState : state, z, r]
            this.pictures = pictures.filter(shown).map(o => new Picture(this, o))
            const aside = [{part: 'guesses', Part: Guesses}, {part: 'pointer', Part: Pointer}].filter(shown)
            const text = new Text(), beside = aside.map(({Part}) => new Part())
            const key = make('p', {class: 'quiet'}, 'Plain: prompt. ', make('strong', {}, 'Bold: said by the network.'))
            const elements = parts => parts.map(o => o.element)
            this.parts = [text, ...this.pictures, ...beside]
            this.body.replaceChildren(
                block('reading', key, text.element, block('news', this.verdict, this.status), this.unitChoice()),
                block('aside', ...elements(beside)), block('pictures', ...elements(this.pictures)))
        }

        unitChoice() {
            if (!this.pictures.length) return ''
            const {nLayers, nHidden} = this.model
            const layers = Array.from({length: nLayers}, (_, i) => [i, `${i + 1} of ${nLayers}`])
            const layer = select('layer', layers, o => this.lookAt(+o.target.value), this.layer)
            this.slider = make('input', {type: 'range', name: 'unit', min: -1, max: nHidden - 1, value: this.unit,
                oninput: o => this.choose(+o.target.value)})
            this.shown = make('span', {class: 'shown quiet', 'aria-hidden': 'true'})
            return block('row', nLayers > 1 ? field('Layer', layer) : '', field('Unit shown in the text', this.slider),
                this.shown)
        }

        lookAt(layer) {
            this.layer = layer
            this.draw()
        }

        choose(unit) {
            this.unit = this.slider.value = unit
            this.draw()
        }

        hoverOver(hover) {
            this.hover = hover
            this.draw()
        }

        get last() { return this.count.words.at(-1) }

        draw() {
            this.playButton.textContent = this.run ? 'Pause' : 'Play'
            if (!this.count) return
            const {count, model, layer, pictures, hover, last} = this, unit = hover?.unit ?? this.unit
            for (const o of this.parts) o.draw({count, model, layer, pictures, hover, last, unit})
            this.verdict.textContent = verdict(count)
            if (!pictures.length) return
            this.shown.textContent = pictures[0].line.textContent || 'none'
            this.slider.setAttribute('aria-valuetext', this.shown.textContent)
        }

        say(...sentences) { this.status.textContent = sentences.join(' ') }

        // Reading

        start(nWords = 0) {
            this.started = this.prompt.value
            this.run = this.hover = null
            this.count = this.newCount()
            if (!this.count) return this.draw()
            this.isSlipped = false
            this.makeParts()
            for (let i = 0; i < nWords; i++) this.read()
            this.draw()
            this.say(nWords ? news(this.count) : 'Press Step to read the first word of the prompt.')
        }

        // null if the network can't read the prompt
        newCount() {
            this.showError('')
            try { return new humanNumbers.Count(this.model, this.started, this.readerSettings()) }
            catch (o) { return this.showError(o.message) }
        }

        showError(message) {
            this.error.textContent = message
            this.body.hidden = message !== ''
            this.prompt.setAttribute('aria-invalid', message !== '')
            return null
        }

        // A prompt that has been changed starts first
        isReady() {
            if (this.prompt.value !== this.started) this.start()
            if (!this.count) this.prompt.focus()
            return this.count !== null
        }

        // Read a word. Is there something to stop for: the first slip, or the end?
        read() {
            const {count, isSlipped} = this, {ended} = count, {verdict} = count.step()
            const old = count.words.at(-nKept)
            if (old) old.seen = null
            this.isSlipped ||= verdict?.right === false
            return this.isSlipped && !isSlipped || count.ended && !ended
        }

        step() {
            if (!this.isReady()) return
            this.run = null
            this.read()
            this.draw()
            this.say(news(this.count))
        }

        play() { this.go({isPlay: true, speed: +this.speed.value, due: 1}) }

        skip() { this.go({isPlay: false, speed: 0, due: nSkipped, place: +this.place.value}) }

        stop(...reasons) {
            this.run = null
            this.draw()
            this.say(this.last ? news(this.count) : '', ...reasons)
        }

        // Read on in slices, `speed` words a second
        go(run) {
            if (!this.isReady()) return
            this.run = {n: 0, said: -Infinity, ...run}
            this.tick(performance.now(), this.run)
        }

        tick(now, run, before = now) {
            if (this.run !== run) return
            const until = performance.now() + slice, most = run.n + nKept / 2
            run.due += run.speed * Math.min(now - before, 100) / 1000
            while (run.n < Math.min(run.due, most) && performance.now() < until) {
                run.n++
                if (this.read()) return this.stop()
                if (run.isPlay) this.report(run, now)
                else if (this.count.atCarry(run.place)) return this.stop('The next number carries.')
                else if (run.n === nSkipped) return this.stop(`No carry within ${nOf(nSkipped, 'word')}.`)
            }
            if (run.n !== run.drawn) this.draw()
            run.drawn = run.n
            requestAnimationFrame(o => this.tick(o, run, now))
        }

        // While it plays: whole numbers, at a pace that a screen reader can follow
        report(run, now) {
            const {verdict} = this.last
            if (!verdict || now - run.said < pause) return
            run.said = now
            this.say(quoted(verdict.said), verdict.right ? 'is right.' : '')
        }
    }

    // All places

    // The picture that stands for it without JavaScript
    function pictureOf(root) {
        const cell = root.previousElementSibling
        return cell?.matches('div.cell') ? cell.querySelector('.cell_output') : null
    }

    function fill(root) {
        try {
            new Place(root)
            pictureOf(root)?.setAttribute('hidden', '')
            root.dataset.ready = 'true'
        }
        catch (o) {
            console.error(o)
            root.replaceChildren()
            root.dataset.failed = o.message
        }
    }

    const fillAll = () => document.querySelectorAll('div.watch').forEach(fill)
    if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', fillAll)
    else fillAll()
})()

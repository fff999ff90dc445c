// The package's models in plain JavaScript: the same arithmetic as in Python, one word at a time.
// Vectors are arrays of numbers. A matrix is an array of rows, and multiplies a vector from the left.
const humanNumbers = (() => {
    'use strict'

    // Arithmetic

    const sigmoid = x => 1 / (1 + Math.exp(-x))
    const relu = x => Math.max(x, 0)
    const zeros = n => new Float64Array(n)
    const plus = (a, b) => a.map((o, i) => o + b[i])

    function dot(a, b) {
        let res = 0
        for (let i = 0; i < a.length; i++) res += a[i] * b[i]
        return res
    }

    function linear({W, b}, x) {
        return b.map((o, i) => dot(W[i], x) + o)
    }

    function softmax(x) {
        const most = Math.max(...x)
        const e = x.map(o => Math.exp(o - most))
        const sum = e.reduce((a, b) => a + b)
        return e.map(o => o / sum)
    }

    // Batch normalization with the averages of training
    function norm({mean, variance, weight, bias, eps}, x) {
        return x.map((o, i) => (o - mean[i]) / Math.sqrt(variance[i] + eps) * weight[i] + bias[i])
    }

    // Cells: from input `x` and state `s` to the next state

    // The loop of `Model2` and `Model3`
    function loop({W, b}, x, {h}) {
        return {h: linear({W, b}, plus(x, h)).map(relu)}
    }

    // `nn.RNN`
    function rnn({W, U, b, c}, x, {h}) {
        return {h: plus(linear({W, b}, x), linear({W: U, b: c}, h)).map(Math.tanh)}
    }

    // `nn.GRU` and `GRUCell`; `hold` replaces the update gate
    function gru({W, U, b, c}, x, {h}, hold) {
        const [x_r, x_z, x_n] = chunk(linear({W, b}, x), 3)
        const [h_r, h_z, h_n] = chunk(linear({W: U, b: c}, h), 3)
        const r = plus(x_r, h_r).map(sigmoid)
        const z = hold ?? plus(x_z, h_z).map(sigmoid)
        const n = x_n.map((o, i) => Math.tanh(o + r[i] * h_n[i]))
        return {h: h.map((o, i) => z[i] * o + (1 - z[i]) * n[i]), r, z}
    }

    // `nn.LSTM`, with a memory beside its state
    function lstm({W, U, b, c}, x, {h, memory = zeros(h.length)}) {
        const parts = chunk(plus(linear({W, b}, x), linear({W: U, b: c}, h)), 4)
        const [i, f, o] = [parts[0], parts[1], parts[3]].map(a => a.map(sigmoid))
        const now = memory.map((m, k) => f[k] * m + i[k] * Math.tanh(parts[2][k]))
        return {h: now.map((m, k) => o[k] * Math.tanh(m)), memory: now}
    }

    function chunk(x, n) {
        const size = x.length / n
        return Array.from({length: n}, (_, i) => x.subarray(i * size, (i + 1) * size))
    }

    const cells = {loop, rnn, gru, lstm}

    // The copying head of `PointerGRU`

    // `recent` is a list of the last words, each with the output before it; `out` is the output after the last
    function point({head, i_h, h_o, bn}, out, recent) {
        const {query, key, h_h, gate} = head
        const q = linear(query, out)
        const weights = softmax(recent.map(o => dot(q, o.key ??= linear(key, o.before)) / Math.sqrt(q.length)))
        const found = zeros(out.length)
        recent.forEach((o, k) => i_h[o.id].forEach((e, i) => found[i] += weights[k] * e))
        const res = norm(bn, linear(h_h, Float64Array.of(...out, ...found)).map(relu))
        const g = sigmoid(linear(gate, res)[0])
        const fromVocab = softmax(linear(h_o, res)), fromText = zeros(fromVocab.length)
        recent.forEach((o, k) => fromText[o.id] += weights[k])
        const spread = 1e-6 / fromText.length
        const probs = fromVocab.map((p, i) => (1 - g) * p + g * ((1 - 1e-6) * fromText[i] + spread))
        return {probs, point: {at: recent.map(o => o.position), weights, gate: g}}
    }

    // Reading a text

    class Reader {
        constructor(model, {resetEvery = 0, hold = null} = {}) {
            Object.assign(this, {model, resetEvery, hold, n: 0})
            this.reset()
        }

        reset() {
            const {nLayers, nHidden} = this.model
            this.state = Array.from({length: nLayers}, () => ({h: zeros(nHidden)}))
            this.recent = []
        }

        // Read one word, and predict the next
        read(id) {
            const {resetEvery, n} = this, wasReset = resetEvery > 0 && n > 0 && n % resetEvery === 0
            if (wasReset) this.reset()
            const {points, hasState} = this.model
            const res = points ? this.readAndPoint(id) : hasState ? this.readOn(id) : this.readAgain(id)
            this.n++
            const best = this.model.allowed.reduce((a, b) => res.probs[b] > res.probs[a] ? b : a)
            return {id, best, wasReset, layers: this.state, ...res}
        }

        // One step of all layers; returns the output of the last
        step(id) {
            const {model, hold} = this, isNumber = typeof hold === 'number'
            let x = model.i_h[id]
            this.state = this.state.map((s, l) => {
                const held = isNumber ? s.h.map(() => hold) : hold?.[l]
                const next = cells[model.cell](model.layers[l], x, s, held)
                x = next.h
                return next
            })
            return x
        }

        readOn(id) {
            const out = this.step(id), {bn, h_o} = this.model
            return {probs: softmax(linear(h_o, bn ? norm(bn, out) : out))}
        }

        readAndPoint(id) {
            const before = this.state.at(-1).h
            const out = this.step(id)
            this.recent = [...this.recent, {id, before, position: this.n}].slice(-this.model.head.window)
            return point(this.model, out, this.recent)
        }

        // A model without a state reads its last words again. `Model0` and `Model1` predict only after the last of
        // them, with normalization at each step; `Model0` has no matrix at its first
        readAgain(id) {
            const {model} = this, recent = [...this.recent, id].slice(-model.seq_len)
            this.reset()
            this.recent = recent
            if (!model.onlyLast) return recent.map(o => this.readOn(o)).at(-1)
            let h = zeros(model.nHidden)
            recent.forEach((o, i) => {
                const x = plus(h, model.i_h[o])
                const first = i === 0 && model.plainFirst
                h = norm(model.bn, first ? x.map(relu) : linear(model.layers[0], x).map(relu))
            })
            this.state = [{h}]
            return {probs: softmax(linear(model.h_o, h))}
        }
    }

    // Models

    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
    const values = new Uint8Array(128)
    for (let i = 0; i < 64; i++) values[digits.charCodeAt(i)] = i

    // A weight is a whole number of `n_bits` bits times the scale of its tensor; a character of `text` holds six bits
    function unpack({text, n_bits, scale, shape}) {
        const flat = new Float64Array(shape.reduce((a, b) => a * b)), half = 2 ** (n_bits - 1)
        let next = 0, bits = 0, nBits = 0
        for (let i = 0; i < flat.length; i++) {
            while (nBits < n_bits) {
                bits = bits * 64 + values[text.charCodeAt(next++)]
                nBits += 6
            }
            nBits -= n_bits
            const whole = Math.floor(bits / 2 ** nBits)
            bits -= whole * 2 ** nBits
            flat[i] = (whole - half) * scale
        }
        if (shape.length === 1) return flat
        const [rows, cols] = shape
        return Array.from({length: rows}, (_, i) => flat.subarray(i * cols, (i + 1) * cols))
    }

    function unpackAll(o) {
        if (typeof o !== 'object' || o === null) return o
        if ('text' in o) return unpack(o)
        if (Array.isArray(o)) return o.map(unpackAll)
        return Object.fromEntries(Object.entries(o).map(([k, v]) => [k, unpackAll(v)]))
    }

    class Model {
        constructor({vocab, special, numbers, weights, ...spec}) {
            Object.assign(this, spec, {vocab, special: new Set(special), numbers: new Numbers(numbers)})
            this.packed = weights
            this.idOf = new Map(vocab.map((o, i) => [o, i]).filter(([o]) => o !== 'xxfake'))
            this.allowed = [...vocab.keys()].filter(i => !this.special.has(i)) // the words that it can say
            this.hasState = !this.seq_len
            this.hasGates = this.cell === 'gru'
        }

        // Weights are unpacked when they are first needed
        unpacked(name) {
            if (this.packed) this.parts = unpackAll(this.packed)
            this.packed = null
            return this.parts[name]
        }

        get i_h() { return this.unpacked('i_h') }
        get layers() { return this.unpacked('layers') }
        get h_o() { return this.unpacked('h_o') }
        get bn() { return this.unpacked('bn') }
        get head() { return this.unpacked('head') }

        // Prompts

        word(id) { return this.vocab[id] }

        // The ids of a prompt, in words or digits, as the tokenizer of the package gives them
        ids(text) {
            const words = ['xxbos', ...this.tidy(text)], unknown = [...new Set(words)].filter(o => !this.idOf.has(o))
            if (!unknown.length) return words.map(o => this.idOf.get(o))
            const hints = unknown.slice(0, 5).map(o => hint(o, [...this.idOf.keys()])).join(', ')
            const more = unknown.length > 5 ? ` and ${unknown.length - 5} more` : ''
            throw new Error(`not in the vocabulary of ${this.idOf.size} words: ${hints}${more}`)
        }

        // Lowercase words; `8001 8002` and `8,001, 8,002` are two numbers
        tidy(text) {
            const plain = text.normalize('NFC').replace(/[\u2018\u2019\u02bc\uff07]/g, "'").toLowerCase()
            const joined = plain.replace(/(?<!\d)(\d{1,3}),(?=\d{3}(?!\d))/g, '$1').replace(/\ufeff/g, ' ')
            const words = joined.replace(/,/g, ' , ').split(/\s+/).filter(o => o && o !== 'xxbos')
            const isDigits = o => /^\d+$/.test(o ?? '')
            return words.flatMap((o, i) => {
                if (!isDigits(o)) return [o]
                const {first, last} = this.numbers, number = this.numbers.words(+o)
                if (number === null) throw new Error(`this page knows the numbers from ${first} to ${last}, not ${o}`)
                return [...(isDigits(words[i - 1]) ? [this.word(this.sep)] : []), ...number.split(' ')]
            })
        }

        // The ids of the numbers in a prompt, with a separator after each
        promptIds(text) {
            const [bos, ...words] = this.ids(text), isSep = o => o === this.sep
            const ids = words.filter(o => !this.special.has(o))
            const kept = ids.filter((o, i) => !isSep(o) || i > 0 && !isSep(ids[i - 1]))
            const example = this.numbers.words(this.numbers.first)
            if (!kept.length) throw new Error(`a prompt must contain a number, such as '${example}'`)
            return [bos, ...kept, ...(isSep(kept.at(-1)) ? [] : [this.sep])]
        }

        // The mean update gate of each unit over 300 numbers
        meanGates() {
            if (this.means) return this.means
            const {numbers, nLayers, nHidden} = this, sums = Array.from({length: nLayers}, () => zeros(nHidden))
            const reader = new Reader(this), middle = numbers.inside(.4)
            let n = 0
            for (const id of this.promptIds(numbers.range(middle, 300).join(` ${this.vocab[this.sep]} `))) {
                const {layers} = reader.read(id)
                if (this.special.has(id)) continue
                n++
                layers.forEach(({z}, l) => z.forEach((o, i) => sums[l][i] += o))
            }
            return this.means = sums.map(o => o.map(v => v / n))
        }
    }

    // Numbers and words: `words(n)` is a head for the hundreds and a tail for the rest, except for those in `odd`
    class Numbers {
        constructor({first, last, step, base, heads, tails, odd}) {
            Object.assign(this, {first, last, step, base, heads, tails, odd})
            this.length = last - first + 1
            this.readings = null
        }

        // The number after a `share` of all those that the text counts
        inside(share) {
            const step = Math.abs(this.step)
            return this.first + step * Math.floor(share * this.length / step)
        }

        has(n) { return n >= this.first && n <= this.last }
        after(n) { return n + this.step }

        words(n) {
            if (!this.has(n)) return null
            return this.odd[n] ?? `${this.heads[Math.floor(n / this.base)]} ${this.tails[n % this.base]}`.trim()
        }

        // `k` numbers from `n` on, in words
        range(n, k) {
            return Array.from({length: k}, (_, i) => this.words(n + i * this.step)).filter(o => o !== null)
        }

        // The number that `words` mean; null if there is none, or more than one
        number(words) {
            if (!this.readings) {
                this.readings = new Map()
                for (let n = this.first; n <= this.last; n++) {
                    const o = this.words(n)
                    this.readings.set(o, this.readings.has(o) ? null : n)
                }
            }
            return this.readings.get(words) ?? null
        }
    }

    // A word that isn't in the vocabulary, with the nearest that is, as Python's `difflib` finds it
    function hint(word, known) {
        const scored = known.map(o => [similarity(o, word), o]).filter(([score]) => score >= .6)
        const nearest = scored.reduce((a, b) => !a || b[0] > a[0] || b[0] === a[0] && b[1] > a[1] ? b : a, null)
        return nearest ? `${quoted(word)} (did you mean ${quoted(nearest[1])}?)` : quoted(word)
    }

    function quoted(word) { return word.includes("'") ? `"${word}"` : `'${word}'` }

    function similarity(a, b) { return a.length + b.length ? 2 * nMatching(a, b) / (a.length + b.length) : 1 }

    // Letters in the longest common piece, and in those to its left and right
    function nMatching(a, b) {
        let size = 0, i = 0, j = 0
        for (let x = 0; x < a.length; x++) for (let y = 0; y < b.length; y++) {
            let n = 0
            while (x + n < a.length && a[x + n] === b[y + n]) n++
            if (n > size) [size, i, j] = [n, x, y]
        }
        if (!size) return 0
        return size + nMatching(a.slice(0, i), b.slice(0, j)) + nMatching(a.slice(i + size), b.slice(j + size))
    }

    // Counting on: the prompt word by word, then the likeliest words, each number compared with the one before it

    class Count {
        constructor(model, prompt, settings) {
            this.model = model
            this.reader = new Reader(model, settings)
            this.prompt = model.promptIds(prompt)
            Object.assign(this, {words: [], verdicts: [], unfinished: [], before: null, ended: false})
        }

        // Read one more word; returns {id, word, given, seen, verdict}, and a verdict after each number
        step() {
            const {model, words} = this, given = words.length < this.prompt.length
            const id = given ? this.prompt[words.length] : words.at(-1).seen.best
            const res = {id, word: model.word(id), given, seen: this.reader.read(id)}
            words.push(res)
            if (id === model.sep) res.verdict = this.finish(given)
            else if (!model.special.has(id)) this.unfinished.push(res.word)
            if (this.unfinished.length === longest) {
                res.verdict = this.finish(given, true)
                this.ended = true
            }
            return res
        }

        // A number is complete: compare it with what follows the number before it
        finish(given, isEndless = false) {
            const {numbers} = this.model, said = this.unfinished.join(' '), n = numbers.number(said)
            const shouldBe = this.before === null ? null : numbers.words(numbers.after(this.before))
            const right = given || shouldBe === null ? null : said === shouldBe
            const verdict = {said, n, given, shouldBe, right, isEndless}
            this.verdicts.push(verdict)
            this.unfinished = []
            this.before = n
            if (n !== null && numbers.words(numbers.after(n)) === null) this.ended = true
            return verdict
        }

        // Would the next number change the digit at `place` (10, 100, ...)?
        atCarry(place = 10) {
            if (this.unfinished.length || this.before === null) return false
            const digit = n => Math.floor(n / place)
            return digit(this.before) !== digit(this.model.numbers.after(this.before))
        }

        // How many numbers in a row were right
        get nRight() {
            const said = this.verdicts.filter(o => o.right !== null), slip = said.findIndex(o => !o.right)
            return slip < 0 ? said.length : slip
        }
    }

    const longest = 50 // words without a separator

    function guesses({probs}, model, k = 5) {
        const best = [...model.allowed].sort((a, b) => probs[b] - probs[a]).slice(0, k)
        return best.map(id => ({id, word: model.word(id), p: probs[id]}))
    }

    const models = new Map()

    function add({specs, tables}) {
        for (const o of specs) models.set(o.name, new Model({...o, numbers: tables[o.numbers]}))
    }

    return {models, add, Reader, Count, guesses}
})()

// Each `.math` holds TeX: a <div> is displayed, a <span> stands in its line.
for (const o of document.querySelectorAll('.math'))
    katex.render(o.textContent, o, {displayMode: o.tagName === 'DIV', throwOnError: false})

"""Measure an open page: what of it is cut off, clipped or torn, on the screen and on paper."""

from __future__ import annotations

from playwright.sync_api import Page

# A phone, a small laptop whose contents column is folded away, a desktop that shows all columns.
SIZES = {390: 844, 1024: 768, 1280: 900}
BETWEEN = 1024  # no glyph is clipped there that is not clipped at one of the ends
PAPER = {"width": 718, "height": 1000}  # A4 at 96 dots per inch, less the browser's own margins

TOOLS = """
const words = e => e.textContent.trim().replace(/\\s+/g, ' ').slice(0, 60)
const name = e => [e.localName, ...e.classList].join('.') + ` '${words(e)}'`
const style = e => getComputedStyle(e)
const slides = e => ['auto', 'scroll'].includes(style(e).overflowX)
const clips = e => style(e).overflowX !== 'visible' || style(e).overflowY !== 'visible'
const article = document.querySelector('article') ?? document.body
// Boxes inside formulas, and those that only screen readers get.
const inner = 'math *, .visually-hidden, .sr-only'
const inside = function* (e) { for (; e && e !== article; e = e.parentElement) yield e }
const boxes = [...article.querySelectorAll('*')].filter(e =>
    clips(e) && e.checkVisibility() && !e.matches(inner) && e.scrollWidth > e.clientWidth + 1)
// The words of an element that stand on two lines: those are torn.
const torn = (root, pattern) => {
    const found = [], walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
    for (const range = document.createRange(); walker.nextNode();)
        for (const match of walker.currentNode.data.matchAll(pattern)) {
            range.setStart(walker.currentNode, match.index)
            range.setEnd(walker.currentNode, match.index + match[0].length)
            const lines = [...range.getClientRects()].filter(r => r.width).map(r => r.top)
            if (Math.max(...lines) - Math.min(...lines) > 4) found.push(match[0])
        }
    return found
}
"""

# A glyph may touch the edge of its own box, and its ink is smoothed over one pixel more: so it has
# to stay that far from what cuts it off above and below. To the side it may be scrolled to.
GLYPHS = """
const glyphs = 'math :is(mi, mn, mo, mtext)'
const edges = new Map(), found = new Set()
const edgesOf = e => {
    if (!edges.has(e)) {
        const r = e.getBoundingClientRect(), left = r.left + e.clientLeft, top = r.top + e.clientTop
        edges.set(e, clips(e) ? {
            left, top, right: left + e.clientWidth, bottom: top + e.clientHeight, slides: slides(e)
        } : null)
    }
    return edges.get(e)
}
for (const glyph of article.querySelectorAll(glyphs)) {
    if (!glyph.checkVisibility()) continue
    const r = glyph.getBoundingClientRect(), formula = glyph.closest('math')
    for (const box of inside(formula)) {
        const edge = edgesOf(box)
        if (!edge) continue
        const above = edge.top - r.top + 1, below = r.bottom - edge.bottom + 1
        const beside = edge.slides ? 0 : Math.max(edge.left - r.left, r.right - edge.right)
        if (above > 0.1 || below > 0.1 || beside > 0.5)
            found.add(`${name(box)} clips ${name(formula)}`)
        if (edge.slides) break
    }
}
return [...found]
"""

# Whatever is wider than its place: boxes that hide it, and things that stick out without a box.
CUT = """
const found = boxes.filter(e => !(slides(e) && e.tabIndex >= 0 &&
        e.dataset.more && style(e).boxShadow !== 'none'))
    .map(e => `${name(e)} hides ${e.scrollWidth - e.clientWidth} px, and does not say so`)
const room = article.getBoundingClientRect()
for (const e of article.querySelectorAll('math, table, pre, img, svg, code')) {
    if (!e.checkVisibility() || e.matches(inner)) continue
    if ([...inside(e)].some(slides)) continue
    const r = e.getBoundingClientRect()
    if (r.right > room.right + 1 || r.left < room.left - 1) found.push(`${name(e)} sticks out`)
}
return found
"""

UNFIT = """
return boxes.filter(e => e.matches('div.formula'))
    .map(e => `${name(e)} needs ${e.scrollWidth} px of ${e.clientWidth}`)
"""

# The contents lie in the right column, or in a drawer of a smaller window.
CONTENTS = """
const found = []
for (const column of document.querySelectorAll('.bd-sidebar-secondary')) {
    const right = e => e.getBoundingClientRect().right
    const edge = column.getBoundingClientRect().left + column.clientLeft + column.clientWidth
    if (column.scrollWidth > column.clientWidth) found.push(`${column.scrollWidth} px wide`)
    for (const e of column.querySelectorAll('a, a *'))
        if (e.checkVisibility() && !e.matches(inner) && right(e) > edge + 0.5)
            found.push(`${name(e)} runs out of the column`)
}
return found
"""

WORDS = """
return [...document.querySelectorAll('.bd-sidebar-primary, .bd-sidebar-secondary')]
    .flatMap(e => torn(e, /[^\\s\\/.–—-]+/g)).map(word => `'${word}' is torn`)
"""

NUMBERS = "return torn(article, /\\d[eE]-\\d+/g).map(number => `'${number}' is torn`)"

# A page that teaches is read, not scrolled through: the code that stands open is the lesson alone.
CODE = """
const height = e => e.getBoundingClientRect().height
const listings = [...article.querySelectorAll('div.highlight')]
    .filter(e => e.checkVisibility() && !e.closest('.cell_output'))
    .map(e => height(e.closest('div.cell_input') ?? e))
const share = listings.reduce((sum, h) => sum + h, 0) / height(article)
return share > 0.25 ? [`open code takes ${Math.round(100 * share)} % of the page's height`] : []
"""

RULES = {
    "glyphs": GLYPHS,
    "cut": CUT,
    "contents": CONTENTS,
    "words": WORDS,
    "numbers": NUMBERS,
}

FOLDED = """
return [...article.querySelectorAll('details, .admonition.toggle')]
    .filter(e => ![...e.children].every(c =>
        c.matches('summary, .admonition-title') ||
        c.checkVisibility({ opacityProperty: true, visibilityProperty: true })))
    .map(e => `${name(e)} stays folded`)
"""
LOST = """
const found = boxes.concat([...article.querySelectorAll('.pst-scrollable-table-container')]
        .filter(e => e.scrollWidth > e.clientWidth + 1))
    .map(e => `${name(e)} is ${e.scrollWidth} px wide for ${e.clientWidth}`)
const title = e => words(e).replace(/#$/, '') // the link to the heading
const printed = [...document.querySelectorAll('h1')].filter(e => e.checkVisibility()).map(title)
for (const e of article.querySelectorAll('h1'))
    if (!printed.includes(title(e))) found.push(`the title '${title(e)}' is missing`)
return found
"""
# In one frame the page takes the new size, in the next its scripts have seen it.
DRAWN = """async () => {
    const frame = () => new Promise(done => requestAnimationFrame(done))
    await frame()
    document.getAnimations().forEach(a => a instanceof CSSTransition && a.finish())
    await frame()
    await frame()
}"""
UNFOLD = """() => document.querySelectorAll('article details:not([open])').forEach(e => {
    e.open = true
    e.dataset.unfolded = ''
})"""
FOLD = """() => document.querySelectorAll('[data-unfolded]').forEach(e => {
    e.open = false
    delete e.dataset.unfolded
})"""
FOLDS = "[...document.querySelectorAll('details')].map(e => e.open)"


def ask(page: Page, question: str) -> list[str]:
    """Return what one of the questions above finds on a page."""
    return page.evaluate(f"() => {{ {TOOLS} {question} }}")


def screen_complaints(page: Page, width: int) -> dict[str, list[str]]:
    """Return what each rule finds in a window of this width, with what is folded open."""
    page.set_viewport_size({"width": width, "height": SIZES[width]})
    page.evaluate(DRAWN)
    found = {"code": ask(page, CODE)}
    page.evaluate(UNFOLD)
    page.evaluate(DRAWN)
    rules = {**RULES, "unfit": UNFIT} if width == min(SIZES) else RULES
    if width == BETWEEN:
        rules = {rule: question for rule, question in rules.items() if rule != "glyphs"}
    found |= {rule: ask(page, question) for rule, question in rules.items()}
    page.evaluate(FOLD)
    return {
        rule: [f"at {width} px, {complaint}" for complaint in complaints]
        for rule, complaints in found.items()
    }


def paper_complaints(page: Page) -> dict[str, list[str]]:
    """Return what is missing on paper, and what printing changes on the screen."""
    before = page.evaluate(FOLDS)
    page.set_viewport_size(PAPER)
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    found = {
        "folded": [f"on paper, {complaint}" for complaint in ask(page, FOLDED)],
        "lost": [f"on paper, {complaint}" for complaint in ask(page, LOST)],
    }
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    if page.evaluate(FOLDS) != before:
        found["folded"].append("after printing, other parts are folded than before")
    return found

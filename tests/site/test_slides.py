"""Slides in headless Chromium: from the disk, formulas set, nothing cut off."""

import pytest
from bs4 import BeautifulSoup
from make_slides import main
from slide_texts import equation_numbers

from tests.site.inspection import chromium

# Slides are made without Sphinx; MathJax sets their formulas when they are shown.
MATH_IS_DONE = "async () => { await window.MathJax.startup.promise }"
MATH_ERRORS = """() => [...document.querySelectorAll('mjx-merror, [data-mjx-error]')]
    .map(e => e.getAttribute('data-mjx-error') || e.textContent.slice(0, 60))"""
LOOK = """() => {
    const slide = Reveal.getCurrentSlide(), image = slide.querySelector('img')
    return {
        text: slide.innerText, tall: slide.scrollHeight, wide: slide.scrollWidth,
        broken: [...slide.querySelectorAll('img')].filter(i => i.naturalWidth === 0).length,
    }
}"""


@pytest.mark.browser
@pytest.mark.parametrize("number", ["04", "08"])
def test_slides_open_from_the_disk_and_fit(number, tmp_path):
    main([number, "--out", str(tmp_path)])
    (path,) = tmp_path.glob("*.html")
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1100, "height": 700})
        asked, said = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(path.as_uri())
        page.evaluate(MATH_IS_DONE)
        total = page.evaluate("Reveal.getTotalSlides()")
        assert total > 20
        for _ in range(total):
            seen = page.evaluate(LOOK)
            assert seen["tall"] <= 700, seen["text"][:80]
            assert seen["wide"] <= 1100, seen["text"][:80]
            assert seen["broken"] == 0
            assert "$" not in seen["text"]
            page.evaluate("Reveal.next()")
        assert page.evaluate("Reveal.isLastSlide()")
        assert page.evaluate(MATH_ERRORS) == []
    assert said == []
    assert all(url.startswith(("file:", "data:")) for url in asked)


def test_equations_have_the_numbers_of_the_site(site):
    found = {}
    for path in sorted((site / "book").glob("0*.html")):
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for block in page.select("div.math[id^=equation-]"):
            if number := block.select_one("span.eqno"):
                label = block["id"].removeprefix("equation-")
                found[label] = number.get_text().strip("()#¶ \n")
    assert found == equation_numbers()

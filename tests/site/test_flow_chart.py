"""The directive ``flow-chart``: boxes are links that exist, arrows join boxes."""

from itertools import pairwise

import pytest
from bs4 import BeautifulSoup
from sphinx.errors import ExtensionError, SphinxWarning
from sphinx_course import flow_chart

from tests.site.small_site import build_small_site

PAGE = """# Parts

```{flow-chart} From reading to counting
:name: fig-parts
Read: read
Sum & add: sum | Count: count
Read -> Sum & add, Count
Count -> Read
All *three*: see {numref}`fig-parts`.
```

(read)=
## To read

(sum)=
## To sum
"""
OTHER = "(count)=\n# To count\n"


def build(folder, page):
    (folder / "index.md").write_text(f"{page}\n```{{toctree}}\nother\n```\n")
    (folder / "other.md").write_text(OTHER)
    return build_small_site(folder, "sphinx_course.flow_chart")


@pytest.fixture(scope="module")
def figure(tmp_path_factory):
    site = build(tmp_path_factory.mktemp("charts"), PAGE)
    page = BeautifulSoup((site / "index.html").read_text(), "html.parser")
    assert page.find("link", href=lambda href: "flow-chart.css" in href)
    other = BeautifulSoup((site / "other.html").read_text(), "html.parser")
    assert not other.find("link", href=lambda href: "flow-chart.css" in href)
    return page.find("figure", class_="flow-chart")


def test_boxes_are_links_to_their_sections(figure):
    links = {link.text: link["href"] for link in figure.svg("a")}
    assert links == {"Read": "#read", "Sum & add": "#sum", "Count": "other.html#count"}
    assert figure.svg["aria-label"] == "From reading to counting"
    assert "All three: see Fig. 1." in figure.figcaption.text


def test_each_arrow_ends_at_its_box(figure):
    tips = [path["d"].split("l")[0] for path in figure.svg("path", class_="head")]
    boxes = {box.parent.text: box for box in figure.svg("rect")}

    def middle(name):
        return float(boxes[name]["x"]) + float(boxes[name]["width"]) / 2

    row = float(boxes["Count"]["y"])
    back = float(boxes["Read"]["x"]) + float(boxes["Read"]["width"])
    assert tips == [
        f"M{middle('Sum & add'):.1f} {row:.1f}",
        f"M{middle('Count'):.1f} {row:.1f}",
        f"M{back:.1f} {float(boxes['Read']['y']) + flow_chart.BOX / 2:.1f}",
    ]


def test_boxes_do_not_overlap_and_stay_inside(figure):
    rows = {}
    for box in figure.svg("rect"):
        start = float(box["x"])
        rows.setdefault(box["y"], []).append((start, start + float(box["width"])))
    for spans in rows.values():
        spans.sort()
        assert spans[0][0] >= 0
        assert spans[-1][1] <= flow_chart.WIDTH - flow_chart.RIGHT
        assert all(left[1] < right[0] for left, right in pairwise(spans))


def test_a_label_that_is_nowhere_fails_the_build(tmp_path):
    with pytest.raises(SphinxWarning, match="no label 'nowhere'"):
        build(tmp_path, PAGE.replace("Read: read", "Read: nowhere"))


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [(["A: a", "A -> B", "Why."], "no such box"), (["A: a", "B -> A", "Why."], "'B'")],
)
def test_an_arrow_at_a_box_that_is_not_there_is_refused(lines, complaint):
    with pytest.raises(ExtensionError, match=complaint):
        flow_chart.parse(lines)

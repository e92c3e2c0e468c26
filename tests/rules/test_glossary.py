"""Rule: the glossary holds the words that the published pages use, and no others."""

import re

import pytest
from notebook_files import ROOT
from sphinx_course.glossary_links import terms_of as linked_terms
from sphinx_course.glossary_links import with_roles

from tests.rules.published import markdown_of, report
from tests.rules.test_contents import published_files

GLOSSARY = ROOT / "book" / "glossary.md"
DIRECTIVE = re.compile(
    r"^(?P<fence>`{3,}|:{3,})\{glossary\}[^\n]*\n(?P<body>.*?)^(?P=fence) *$",
    re.DOTALL | re.MULTILINE,
)


def terms_of(markdown):
    """Return the English terms of a page's glossary, one per line that is not indented."""
    lines = [line for found in DIRECTIVE.finditer(markdown) for line in found["body"].split("\n")]
    return [line.strip() for line in lines if re.match(r"[^\s:]", line)]


def is_used(term, text):
    """Whether a text has the term as a word of its own, in singular or plural, in any case."""
    words = r"\s+".join(re.escape(word) for word in term.split())
    return re.search(rf"(?<![\w-]){words}(?:s|es)?(?![\w-])", text, re.IGNORECASE) is not None


def complaints_about(glossary, text):
    """Return a sentence for each term that the text does not use."""
    terms = terms_of(glossary)
    if not terms:
        return ["book/glossary.md: no terms were found in a {glossary} directive."]
    return [
        f"book/glossary.md: no published page uses the term {term!r}."
        for term in terms
        if not is_used(term, text)
    ]


def test_every_term_is_used_in_a_published_page():
    pages = [path for path in published_files() if path != GLOSSARY]
    text = "\n\n".join(part for path in pages for _, part in markdown_of(path))
    glossary = GLOSSARY.read_text(encoding="utf-8")
    report(complaints_about(glossary, with_roles(text, linked_terms(glossary))))


SAMPLE = """# Glossary

```{glossary}
:sorted:

hidden state
  <span lang="zh-Hans">隐状态</span>. What a network carries on.

bias
  A number that is added.
```
"""


def test_terms_are_found():
    assert terms_of(SAMPLE) == ["hidden state", "bias"]


@pytest.mark.parametrize("text", ["a Hidden\nstate, biases", "hidden states and a {term}`bias`"])
def test_the_rule_accepts_terms_in_use(text):
    assert complaints_about(SAMPLE, text) == []


@pytest.mark.parametrize(
    "text", ["a hidden state, biased", "hidden state; bias-free", "hidden state"]
)
def test_the_rule_sees_a_term_that_nothing_uses(text):
    assert complaints_about(SAMPLE, text) == [
        "book/glossary.md: no published page uses the term 'bias'."
    ]


def test_the_rule_sees_an_empty_glossary():
    assert "no terms were found" in complaints_about("# Glossary", "text")[0]

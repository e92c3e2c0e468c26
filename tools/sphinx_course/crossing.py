"""What crosses from page to page: titles, numbers, labels, entries, and the order of the pages.

Everything that one page can show of another has to be told here. What is told too much (a name
that no page shows) costs time, what is told too little leaves a page behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from docutils import nodes
from sphinx.environment import BuildEnvironment

KEPT = (
    "titles",
    "longtitles",
    "tocs",
    "toc_secnumbers",
    "toc_fignumbers",
    "toctree_includes",
    "numbered_toctrees",
    "proof_list",
)
# These say where something stands in its own page, or when its file was written.
ASIDE = {"line", "lineno", "mtime", "citation_ref_id"}
ADDRESS = " object at 0x"  # in the text of things that have no text of their own


def told(value: Any, ordered: bool = True) -> str:
    """Return a text that is the same for equal things, whatever the order of sets and keys."""
    if isinstance(value, nodes.Node):
        return value.pformat()
    if isinstance(value, Mapping):
        pairs = (f"{told(key)}: {told(value[key], ordered)}" for key in value)
        return "{" + ", ".join(sorted(pairs)) + "}"
    fields = getattr(value, "_fields", None) or getattr(value, "__dataclass_fields__", None)
    if fields:
        parts = [f"{name}={told(getattr(value, name))}" for name in fields if name not in ASIDE]
        return f"{type(value).__name__}({', '.join(parts)})"
    if isinstance(value, (list, tuple, set, frozenset)):
        told_parts = [told(part, ordered) for part in value]
        keep = isinstance(value, tuple) or (ordered and isinstance(value, list))
        return f"[{', '.join(told_parts if keep else sorted(told_parts))}]"
    text = repr(value)
    if ADDRESS in text and hasattr(value, "__dict__"):
        inside = {name: part for name, part in vars(value).items() if name not in ASIDE}
        return f"{type(value).__name__}({told(inside)})"
    return text


def _parts(env: BuildEnvironment) -> Iterator[str]:
    for name in KEPT:
        yield f"{name}: {told(getattr(env, name, None))}"
    for name, data in sorted(env.domaindata.items()):
        if name != "index":  # the page with the index is always written
            # Lists grow in the order in which pages happen to be read.
            yield f"{name}: {told(data, ordered=False)}"
    for page, metadata in sorted(env.metadata.items()):
        slugs = metadata.get("myst_slugs", {})
        yield f"{page}: {told({slug: place[1:] for slug, place in slugs.items()})}"
    for files in (env.images, env.dlfiles):  # files of the same name get different ones
        names = ((path, entry[1]) for path, entry in files.items())
        yield told({path: name for path, name in names if not path.endswith(name)})


def what_crosses(env: BuildEnvironment) -> str:
    """Return all of it as one text."""
    return "\n".join(_parts(env))

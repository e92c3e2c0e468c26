"""Has a page load the styles and scripts that it uses, and no script before the page is read.

Extensions add theirs to every page. Here each is dropped where nothing on the page needs it, and
scripts are deferred: the browser fetches them while it shows the page, and runs them in order.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.builders.html._assets import _JavaScript

TOGGLE = r'class="(?:[^"]* )?(?:toggle|admonition dropdown)[ "]'
CODE = r'class="highlight[ "]'
# The name of a file, and what the text of a page has to hold for the page to need it.
NEEDED = {
    r"clipboard|copybutton": CODE,
    r"togglebutton|^let toggle": TOGGLE,
    r"design-tabs": r'class="sd-tab-set',
    r"sphinx-design": r'class="(?:[^"]* )?sd-',
    r"mystnb": r'class="(?:[^"]* )?cell[ "_]',
    r"proof\.css": r'class="(?:[^"]* )?proof[ "]',
    r"^DOCUMENTATION_OPTIONS": r"(?!)",  # the theme's notes for what this site does not have
}


def is_needed(name: str, body: str) -> bool:
    """Whether a page with this text needs a file of this name, or a script of this text."""
    wanted = [pattern for names, pattern in NEEDED.items() if re.search(names, name)]
    return all(re.search(pattern, body) for pattern in wanted)


def name_of(asset: Any) -> str:
    """Return the name of a script or style sheet, or the text of a script without a file."""
    name = str(getattr(asset, "filename", asset) or "")
    return name or str(asset.attributes.get("body", ""))


def deferred(script: Any) -> Any:
    """Return a script that runs when the page has been read."""
    if not getattr(script, "filename", "") or {"defer", "async"} & set(script.attributes):
        return script
    return _JavaScript(
        script.filename, priority=script.priority, **{**script.attributes, "defer": "defer"}
    )


def choose(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Choose for one page."""
    body = context.get("body", "")
    for kind in ("css_files", "script_files"):
        files = [file for file in context[kind] if is_needed(name_of(file), body)]
        context[kind][:] = map(deferred, files) if kind == "script_files" else files


def setup(app: Sphinx) -> None:
    """Run last of all, when every extension has added its files."""
    app.connect("html-page-context", choose, priority=990)

"""Write the ``index.html`` at the site's root, which leads on to the start page.

sphinx_external_toc would write one too, but without language, title, or a link for those whose
browser does not follow.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

from sphinx.application import Sphinx

PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="0; url={address}">
<title>{title}</title>
</head>
<body><main><h1>{title}</h1><p><a href="{address}">Go to the start page</a></p></main></body>
</html>
"""


def write_front_door(app: Sphinx, error: Exception | None) -> None:
    """Write the page, if the build went well."""
    if error is None and app.builder.name == "html":
        address = app.builder.get_target_uri(app.config.root_doc)
        page = PAGE.format(address=escape(address), title=escape(app.config.project))
        (Path(app.outdir) / "index.html").write_text(page, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Write it when everything else is there."""
    app.connect("build-finished", write_front_door)

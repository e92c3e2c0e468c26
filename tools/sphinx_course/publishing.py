"""Write what only a public site has: canonical links, ``sitemap.xml`` and ``robots.txt``.

They follow from the address in ``course_site`` of ``_config.yml``: see ``tools/site_values.py``.
Without one there is none of them.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from docutils import nodes
from site_values import SiteValueError, SiteValues, site_values
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError

SITEMAP = """\
<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
{}
</urlset>
"""


def values_of(config: Config) -> SiteValues:
    """Return the values, or stop the build with what is wrong with them."""
    try:
        return site_values(config.course_site)
    except SiteValueError as error:
        raise ConfigError(str(error)) from None


def set_addresses(app: Sphinx, config: Config) -> None:
    """Tell Sphinx and sphinxext.opengraph where the site will be."""
    values = values_of(config)
    if values.address:
        config.html_baseurl = values.address
        if "ogp_site_url" in config:
            config.ogp_site_url = values.address


def drop_canonical(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Name no address for the page that stands at all addresses where there is none."""
    if pagename == "404":
        context["pageurl"] = None


def write_sitemap(app: Sphinx, error: Exception | None) -> None:
    """List the pages that somebody wrote; indexes and listings of code can be found from there."""
    if error is not None or app.builder.name != "html":
        return
    values, out = values_of(app.config), Path(app.outdir)
    for name in ("sitemap.xml", "robots.txt"):
        (out / name).unlink(missing_ok=True)
    if not values.address:
        return
    addresses = [
        values.address + quote(app.builder.get_target_uri(page))
        for page in sorted(app.env.found_docs)
    ]
    lines = "\n".join(f"<url><loc>{escape(address)}</loc></url>" for address in addresses)
    (out / "sitemap.xml").write_text(SITEMAP.format(lines), encoding="utf-8")
    if values.path == "/":  # robots read it at the root of a host only
        text = f"User-agent: *\nAllow: /\nSitemap: {values.address}sitemap.xml\n"
        (out / "robots.txt").write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register the values; the addresses have to stand before anybody asks for them."""
    app.add_config_value("course_site", {}, "html", types=frozenset({dict}))
    app.connect("config-inited", set_addresses, priority=400)
    app.connect("html-page-context", drop_canonical, priority=900)
    app.connect("build-finished", write_sitemap)

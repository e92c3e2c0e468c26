"""Where the site is published: the values ``course_site`` of ``_config.yml``, checked.

All are empty until the course has a public place, and what is empty leaves nothing behind in the
pages. A host can give each in its environment, which goes first: ``COURSE_SITE_ADDRESS=...``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = "COURSE_SITE_"
SWITCHES = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


class SiteValueError(ValueError):
    """A value that cannot be used; the message names it, and what was expected."""


class SiteValues(NamedTuple):
    """What a published site knows about its place."""

    address: str = ""  # where the pages are: https://example.org/course/
    repository: str = ""  # https://github.com/OWNER/NAME
    branch: str = "main"  # the one that launched notebooks come from
    colab: bool = False  # a link on chapters and exercises
    binder: bool = False
    report: str = ""  # where readers report errors: issues, mailto:..., or an address
    headers: bool = False  # write _headers, which Netlify and Cloudflare Pages read

    @property
    def path(self) -> str:
        """The path of the site on its host, / where there is no address."""
        return urlsplit(self.address).path if self.address else "/"

    def report_address(self, page: str, title: str) -> str:
        """Return where to report an error on a page, or an empty text."""
        where = f"{self.address}{page}"
        if self.report == "issues":
            asked = {"template": "error.yml", "title": f"Error: {title}", "page": where}
            return f"{self.repository}/issues/new?{urlencode(asked)}"
        if self.report.startswith("mailto:"):
            asked = {"subject": f"Error: {title}", "body": f"Page: {where}\n\n"}
            return f"{self.report}?{urlencode(asked).replace('+', '%20')}"
        return self.report


def _wrong(name: str, expected: str, got: object) -> SiteValueError:
    return SiteValueError(f"course_site: {name}: expected {expected}, got {got!r}.")


def _switch(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() not in SWITCHES:
        raise _wrong(name, "true or false", value)
    return SWITCHES[str(value).lower()]


def _web_address(name: str, value: str, expected: str) -> str:
    """Return an address without its last slash, if it is one on the web."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc or value != value.strip():
        raise _wrong(name, expected, value)
    if parts.query or parts.fragment or " " in value:
        raise _wrong(name, f"{expected}, without ? or #", value)
    return value.rstrip("/")


def check_address(value: str) -> str:
    """Return the address of the site, which ends in a slash."""
    expected = "the folder that the pages are in, such as 'https://example.org/course/'"
    address = _web_address("address", value, expected)
    if urlsplit(address).path.endswith((".html", ".htm")):
        raise _wrong("address", f"{expected}, not one page of it", value)
    return f"{address}/"


def check_repository(value: str) -> str:
    """Return the address of the repository: owner and name, and nothing behind them."""
    expected = "an address such as 'https://github.com/OWNER/NAME'"
    address = _web_address("repository", value, expected).removesuffix(".git")
    if urlsplit(address).path.count("/") != 2:
        raise _wrong("repository", expected, value)
    return address


def check_report(value: str) -> str:
    """Return where errors go: the word issues, a mail address, or one on the web."""
    if value == "issues" or (value.startswith("mailto:") and value.count("@") == 1):
        return value
    if not value.startswith("https://"):
        raise _wrong("report", "'issues', 'mailto:NAME@HOST' or an address https://...", value)
    return value


def site_values(given: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> SiteValues:
    """Return the values of the configuration, those of the environment first.

    Raises
    ------
    SiteValueError
        If a value is unknown, cannot be used, or needs another one that is missing.
    """
    known = SiteValues._fields
    found = {name: value for name, value in given.items() if value is not None}
    found |= {
        name.removeprefix(ENVIRONMENT).lower(): value
        for name, value in environ.items()
        if name.startswith(ENVIRONMENT)
    }
    for name in found:
        if name not in known:
            raise SiteValueError(f"course_site: unknown value {name!r}; known: {', '.join(known)}.")
    default = SiteValues()
    address, repository, report = (
        str(found.get(name) or "") for name in ("address", "repository", "report")
    )
    values = SiteValues(
        address=check_address(address) if address else "",
        repository=check_repository(repository) if repository else "",
        branch=str(found.get("branch") or default.branch),
        colab=_switch("colab", found.get("colab") or False),
        binder=_switch("binder", found.get("binder") or False),
        report=check_report(report) if report else "",
        headers=_switch("headers", found.get("headers") or False),
    )
    needy = [("colab", values.colab), ("binder", values.binder), ("report", report == "issues")]
    for name, wanted in needy:
        if wanted and not values.repository.startswith("https://github.com/"):
            expected = "a repository on GitHub, 'https://github.com/OWNER/NAME', because of"
            raise _wrong("repository", f"{expected} {name}", values.repository)
    return values


def configured(root: Path = ROOT) -> SiteValues:
    """Return the values that hold for the course in a folder."""
    import yaml

    text = (root / "_config.yml").read_text(encoding="utf-8")
    return site_values(yaml.safe_load(text)["sphinx"]["config"].get("course_site") or {})

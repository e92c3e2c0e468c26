"""Without a browser the site's tests say so: skipped on a laptop, failed in CI."""

import chromium as installed
import pytest

from tests.site import inspection


def outcome():
    """Start the browser and return the word pytest would show."""
    try:
        with inspection.chromium():
            return "started"
    except pytest.skip.Exception as word:
        return f"skipped: {word.msg}"
    except pytest.fail.Exception as word:
        return f"failed: {word.msg}"


@pytest.mark.parametrize(("ci", "word"), [("", "skipped: no browser"), ("1", "failed: no browser")])
def test_a_missing_browser_is_named(monkeypatch, ci, word):
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(installed, "NAMES", ("no-such-browser",))
    assert outcome().startswith(word)


def test_a_browser_that_does_not_start_fails(monkeypatch):
    monkeypatch.setattr(installed, "NAMES", ("false",))
    assert outcome().startswith("failed: ")
    assert "does not start" in outcome()

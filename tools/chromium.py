"""Find the Chromium that is installed: tools and tests print, measure and look at pages with it.

Only what Python itself brings is imported, because ``doctor.py`` runs without the environment.
"""

from __future__ import annotations

import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str | None:
    """Return the path of Chromium, None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)

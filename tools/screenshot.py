"""Draw the picture of the site that the README shows: ``make screenshot``.

Opens chapter 01 of the built site in headless Chromium, in light and in dark mode, and puts
the two side by side.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

from chromium import find_chromium
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "_build" / "html" / "book" / "01-recurrent-networks.html"
SECTION = "#elmans-choice"
PICTURE = ROOT / "book" / "site" / "screenshot.png"
WIDTH, HEIGHT = 820, 900


def photograph(browser: Browser, mode: str) -> Image.Image:
    """Return a picture of the section in one colour mode."""
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    context.add_init_script(
        f"localStorage.setItem('mode', '{mode}'); localStorage.setItem('theme', '{mode}')"
    )
    page = context.new_page()
    page.goto(PAGE.as_uri(), wait_until="load")
    page.evaluate(f"document.querySelector({SECTION!r}).scrollIntoView()")
    page.evaluate("document.fonts.ready")
    return Image.open(io.BytesIO(page.screenshot()))


def main() -> None:
    """Take both pictures, write them beside the old file and rename into place."""
    chromium = find_chromium()
    if chromium is None:
        raise SystemExit("screenshot: Chromium is needed and was not found; install it.")
    if not PAGE.exists():
        raise SystemExit("screenshot: the site is not built; call make book first.")
    with sync_playwright() as playwright:
        sandbox = [] if os.geteuid() else ["--no-sandbox"]
        browser = playwright.chromium.launch(executable_path=chromium, args=sandbox)
        light, dark = (photograph(browser, mode) for mode in ("light", "dark"))
        browser.close()
    both = Image.new("RGB", (2 * WIDTH, HEIGHT))
    both.paste(light, (0, 0))
    both.paste(dark, (WIDTH, 0))
    part = PICTURE.with_suffix(".part")
    both.quantize(128).save(part, format="PNG", optimize=True)
    part.replace(PICTURE)
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size // 1024} kB")


if __name__ == "__main__":
    main()

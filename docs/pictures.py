"""Makes the pictures of the first page: ``python docs/pictures.py`` (groups docs and browser).

``explain`` in a terminal is drawn as SVG; a test compares it with what the command prints now.
The report is photographed by Chromium: make it anew when its design has changed.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.cells import cell_len

ROOT = Path(__file__).parents[1]
STATIC = ROOT / "docs" / "_static"
EXPLAIN = (
    "chiiki-tsusho explain --month 2016-04 --minutes 150 --care-level 5 \\\n"
    "    --shortfall understaffed --with bathing"
)
WIDTH = 92
LINE_HEIGHT = 21
SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 {height}" font-size="15"
 font-family="Menlo, Consolas, 'Noto Sans Mono CJK JP', 'MS Gothic', monospace" fill="#e6e6e6">
<rect width="760" height="{height}" rx="8" fill="#16211e"/>
{lines}
</svg>
"""
LANGUAGES = {"": "C.UTF-8", ".ja": "ja_JP.UTF-8"}


def run(*words: str, locale: str) -> str:
    """Run the program of this checkout and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "chiiki_tsusho", *words],
        env={**os.environ, "LC_ALL": locale, "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return done.stdout


def explain_in_a_terminal(locale: str) -> str:
    """Draw the command and what it prints; places in the law are dimmed."""
    words = EXPLAIN.replace("\\\n", " ").split()[1:]
    lines = [(line, "command") for line in f"$ {EXPLAIN}".split("\n")]
    for line in run(*words, locale=locale).splitlines():
        place = re.search(r"  (\[[^\]]+\])$", line)
        if place is None or cell_len(line) <= WIDTH:
            lines.append((line, "step"))
        else:
            lines += [(line[: place.start()], "step"), (f"     {place[1]}", "step")]
    drawn = [
        f'<text x="18" y="{34 + LINE_HEIGHT * at}" xml:space="preserve">{_coloured(*line)}</text>'
        for at, line in enumerate(lines)
    ]
    return SVG.format(height=46 + LINE_HEIGHT * len(lines), lines="\n".join(drawn))


def _coloured(line: str, kind: str) -> str:
    """Dim the place in the law, and let the chain of units stand out."""
    text = escape(line)
    if kind == "command":
        return f'<tspan font-weight="bold">{text}</tspan>'
    text = re.sub(r"(\[[^\]]+\])$", r'<tspan fill="#8fa39d">\1</tspan>', text)
    return re.sub(r"(\d[\d.]*(?: → [\d.]+)+)", r'<tspan fill="#7cc9b3">\1</tspan>', text)


def photograph(page: Path, target: Path) -> None:
    """Photograph the top of a page as a small PNG."""
    from PIL import Image
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    for word in ("--headless=new", "--no-sandbox", "--hide-scrollbars", "--window-size=1180,960"):
        options.add_argument(word)
    options.binary_location = shutil.which("chromium") or ""
    browser = webdriver.Chrome(options, Service(shutil.which("chromedriver")))
    try:
        browser.get(page.as_uri())
        picture = Image.open(io.BytesIO(browser.get_screenshot_as_png()))
    finally:
        browser.quit()
    picture.convert("RGB").quantize(96).save(target, optimize=True)


def main() -> None:
    """Make all pictures."""
    for suffix, locale in LANGUAGES.items():
        (STATIC / f"explain{suffix}.svg").write_text(explain_in_a_terminal(locale), "utf-8")
        with TemporaryDirectory() as folder:
            files = [str(ROOT / "examples" / f"{one}.csv") for one in ("visits", "providers")]
            persons = str(ROOT / "examples" / "recipients.csv")
            run(
                *("claim", files[0], "--providers", files[1], "--recipients", persons),
                *("-o", f"{folder}/month"),
                locale=locale,
            )
            run("report", f"{folder}/month", locale=locale)
            photograph(Path(folder) / "month" / "report.html", STATIC / f"report{suffix}.png")


if __name__ == "__main__":
    main()

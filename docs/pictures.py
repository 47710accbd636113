"""Makes the pictures of the documents: ``python docs/pictures.py`` (groups docs and browser).

``explain`` in a terminal is drawn as SVG; a test compares it with what the command prints now.
Report and papers are photographed by Chromium: make them anew when their design has changed.
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
# A person whose month comes to more than planned, and who has no public funds.
SHOWN_PERSON = "0000100053"
LANGUAGES = {"": "C.UTF-8", ".ja": "ja_JP.UTF-8"}


def run(*words: str, locale: str) -> str:
    """Run the program of this checkout and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "chiiki_tsusho", *words],
        env={**os.environ, "LC_ALL": locale, "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    # 1: something is held.
    if done.returncode > 1:
        raise RuntimeError(done.stderr)
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


def photograph(page: Path, target: Path, paper: str = "") -> None:
    """Photograph the top of a page as a small PNG, or a paper of the person who is shown."""
    from PIL import Image
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    for word in ("--headless=new", "--no-sandbox", "--hide-scrollbars", "--window-size=1180,960"):
        options.add_argument(word)
    options.binary_location = shutil.which("chromium") or ""
    browser = webdriver.Chrome(options, Service(shutil.which("chromedriver")))
    try:
        if paper:
            # A whole sheet.
            browser.set_window_size(1000, 1400)
        browser.get(page.as_uri())
        shot = browser.get_screenshot_as_png()
        # The boxes of a statement part the signs of a number.
        for one in browser.find_elements("css selector", f"article.{paper}") if paper else ():
            if SHOWN_PERSON in "".join(str(one.get_property("textContent")).split()):
                shot = one.screenshot_as_png
        picture = Image.open(io.BytesIO(shot))
    finally:
        browser.quit()
    picture.convert("RGB").quantize(96).save(target, optimize=True)


def main() -> None:
    """Make all pictures."""
    for suffix, locale in LANGUAGES.items():
        (STATIC / f"explain{suffix}.svg").write_text(explain_in_a_terminal(locale), "utf-8")
        with TemporaryDirectory() as folder:
            for prefix, name in (("", "report"), ("faulty_", "report-held")):
                visits, providers, persons = (
                    str(ROOT / "examples" / f"{prefix}{one}.csv")
                    for one in ("visits", "providers", "recipients")
                )
                month = Path(folder) / name
                run(
                    *("claim", visits, "--providers", providers, "--recipients", persons),
                    *("-o", str(month)),
                    locale=locale,
                )
                run("report", str(month), locale=locale)
                photograph(month / "report.html", STATIC / f"{name}{suffix}.png")
            month, papers = Path(folder) / "report", Path(folder) / "papers.html"
            persons = str(ROOT / "examples" / "recipients.csv")
            run("statements", str(month), "--recipients", persons, "-o", str(papers), locale=locale)
            for paper in ("invoice", "statement"):
                photograph(papers, STATIC / f"{paper}{suffix}.png", paper)


if __name__ == "__main__":
    main()

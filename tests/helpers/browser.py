"""Chromium for the tests: it opens a page, says what sticks out of it, and prints it."""

from __future__ import annotations

import base64
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
WIDE = 1100
# What sticks out of the page, or of the box it is in, to the right.
STICKING_OUT = """
const width = arguments[0];
const found = [];
for (const element of document.body.querySelectorAll('*')) {
  const box = element.getBoundingClientRect();
  const name = element.outerHTML.slice(0, 90);
  if (box.width && box.height && box.right > width + 0.5) found.push([name, box.right]);
  const scrolls = element.scrollWidth > element.clientWidth + 1;
  if (element.clientWidth && scrolls) found.push([name, element.scrollWidth, element.clientWidth]);
}
return found;
"""


def chromium(profile: Path) -> Iterator[Chrome]:
    """Start the browser, and end it after the tests."""
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    programs = [shutil.which(name) for name in ("chromium", "chromedriver", "pdftotext")]
    assert None not in programs, "apt-get install chromium chromium-driver poppler-utils"
    options = ChromeOptions()
    options.binary_location = str(programs[0])
    for option in (*OPTIONS, f"--user-data-dir={profile}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = Chrome(options=options, service=Service(str(programs[1])))
    yield driver
    driver.quit()


def read_log(browser: Chrome, name: str) -> list[dict[str, Any]]:
    """Read what a log has had since it was last read."""
    entries: list[dict[str, Any]] = browser.get_log(name)  # type: ignore[no-untyped-call]
    return entries


def look_at(
    browser: Chrome, page: Path, width: int = WIDE, scheme: str = "light", medium: str = "screen"
) -> None:
    """Open a page in a window so wide."""
    emulate = browser.execute_cdp_cmd
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    emulate("Emulation.setDeviceMetricsOverride", size)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    emulate("Emulation.setEmulatedMedia", {"media": medium, "features": features})
    for log in ("browser", "performance"):
        read_log(browser, log)
    browser.get(page.as_uri())


def printed_words(browser: Chrome, folder: Path) -> str:
    """Print the page; return its sheets and words with their places, as pdftotext tells them."""
    printed = browser.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})
    path = folder / "page.pdf"
    path.write_bytes(base64.b64decode(printed["data"]))
    return subprocess.run(
        ["pdftotext", "-bbox", path, "-"], capture_output=True, encoding="utf-8", check=True
    ).stdout

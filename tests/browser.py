"""A window of Debian's Chromium on a page of the service: what it complains of, whom it asks, what axe finds there."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from loaders.resources import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# Kept by CI, not by git.
SCREENSHOTS = ROOT / "build" / "screenshots"
WIDE, PHONE, NARROW = (1200, 900), (390, 844), (320, 700)
_TALL = 3000
_AXE = ROOT / "service" / "npm" / "node_modules" / "axe-core" / "axe.min.js"
_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# It opens nothing but what a test tells it to, and asks nobody about itself.
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


def missing() -> str | None:
    """What a browser test needs and is not there, in one line; None when all is there."""
    if _CHROMIUM is None:
        return "no chromium here: pages are not looked at in a browser (install chromium)"
    if find_spec("playwright") is None:
        return "playwright is not installed: pages are not looked at in a browser"
    if not _AXE.is_file():
        return "axe-core is not installed: pages are not looked at in a browser (service/npm/install)"
    return None


def needed() -> None:
    """The module is skipped, in one line, where something is missing; it fails where CI says that all is there."""
    if absent := missing():
        assert "browser" not in os.environ.get("THIDUA_TEST_REQUIRE", ""), absent
        pytest.skip(absent, allow_module_level=True)


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """A browser of its own, without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=_CHROMIUM, headless=True, args=_FLAGS)


class Window:
    """A page of the service as someone sees it: in a language, so wide, in light or in the dark."""

    def __init__(
        self, browser: Browser, port: int, size: tuple[int, int] = WIDE, lang: str = "vi", **more: Any
    ) -> None:
        self.origin = f"http://127.0.0.1:{port}"
        width, height = size
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, locale=lang, base_url=self.origin, **more
        )
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(30_000)
        self.complaints: list[str] = []
        self.abroad: list[str] = []
        self.page.on("console", lambda message: self._heard(message.type, message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._asked(request.url))

    def _heard(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def _asked(self, address: str) -> None:
        if not address.startswith((f"{self.origin}/", "data:", "blob:")):
            self.abroad.append(address)

    def open(self, address: str) -> Window:
        """The page stands, and its scripts have begun."""
        self.page.goto(address, wait_until="load")
        return self

    def resize(self, size: tuple[int, int]) -> None:
        """The window is so wide and high."""
        width, height = size
        self.page.set_viewport_size({"width": width, "height": height})

    @property
    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def barriers(self) -> list[str]:
        """What axe calls serious or critical, with the places."""
        self.page.evaluate(_AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        return [
            f"{each['id']} ({each['impact']}): {json.dumps([node['target'] for node in each['nodes']][:5])}"
            for each in found
            if each["impact"] in ("serious", "critical")
        ]

    def keep(self, name: str) -> Path:
        """A picture of the page lies among the screenshots, of a long one the beginning."""
        path = SCREENSHOTS / f"{name}.png"
        root = "document.documentElement"
        width, height = self.page.evaluate(f"[{root}.clientWidth, {root}.scrollHeight]")
        clip = {"x": 0, "y": 0, "width": width, "height": min(height, _TALL)}
        self.page.screenshot(path=path, full_page=True, clip=clip)
        return path

    def close(self) -> None:
        """The window is closed."""
        self.context.close()

"""A page in headless Chromium, for tests of the HTML that the project writes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
"""What Debian and others call the browser; `AVCUR_CHROMIUM` names another file."""


@dataclass
class BrowserPage:
    """A page (`page` is Playwright's own), the errors on its console and the requests that left its own file."""

    page: Any
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    url: str = ""

    def open(self, path: Path) -> Any:
        """Load a file from disk, without a server; Playwright's page."""
        self.url = path.resolve().as_uri()
        self.page.goto(self.url)
        return self.page

    def assert_clean(self) -> None:
        """No error was logged or thrown, and nothing but the file itself was asked for."""
        assert self.errors == []
        assert self.requests == []

    def _on_console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    def _on_request(self, request: Any) -> None:
        # What is inlined (data:) or made by the page itself (blob:) is fetched from nowhere.
        if request.url.split("#")[0] != self.url.split("#")[0] and not request.url.startswith(("data:", "blob:")):
            self.requests.append(request.url)


def chromium() -> Path | None:
    """The installed browser; None where there is none."""
    named = os.environ.get("AVCUR_CHROMIUM")
    found = named or next((path for name in NAMES if (path := shutil.which(name))), None)
    return None if found is None else Path(found)


@contextmanager
def opened_page(width: int = 1280, height: int = 900, **context: Any) -> Iterator[BrowserPage]:
    """A fresh page; skips the test, saying so, where Playwright or Chromium is absent.

    `context` goes to Playwright's `new_context`: color_scheme="dark", is_mobile=True, permissions=[...].
    """
    with _browser() as browser:
        opened = browser.new_context(viewport={"width": width, "height": height}, **context)
        page = opened.new_page()
        watched = BrowserPage(page)
        page.on("console", watched._on_console)
        page.on("pageerror", lambda error: watched.errors.append(str(error)))
        page.on("request", watched._on_request)
        try:
            yield watched
        finally:
            opened.close()


_running: list[Any] = []
"""The browser while a page is open: Playwright starts but one at a time in a thread."""


@contextmanager
def _browser() -> Iterator[Any]:
    if _running:
        yield _running[0]
        return
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: pip install -e '.[dev]'")
    path = chromium()
    if path is None:
        pytest.skip("Chromium is not installed: apt-get install chromium, or AVCUR_CHROMIUM names it")
    with api.sync_playwright() as playwright:
        # Containers run as root, where Chromium's sandbox does not start; pages are the project's own.
        arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
        _running.append(playwright.chromium.launch(executable_path=str(path), headless=True, args=arguments))
        try:
            yield _running[0]
        finally:
            _running.pop().close()


@pytest.fixture
def browser_page() -> Iterator[BrowserPage]:
    """A page of 1280 px; a test module imports the fixture by name."""
    with opened_page() as watched:
        yield watched

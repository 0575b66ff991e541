"""A browser for the tests of pages: open a page, watch what it asks for, note what is on it.

Needs a Chromium: `apt-get install chromium`, or name one in the environment variable CHROMIUM.
"""

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SWITCHES = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-sync"]
SWITCHES += ["--disable-background-networking", "--disable-component-update"]
FLAT = ["--disable-gpu", "--disable-3d-apis"]  # no WebGL
SOLID = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]  # WebGL by the processor
INNER = ("data:", "blob:", "about:")  # addresses that ask no one
AXE = Path(__file__).parent / "vendor" / "axe.js"

FACTS = """() => ({
  pictures: [...document.querySelectorAll("article :is(img, svg[role=img], canvas)")].map(
    one => (one.tagName == "IMG" ? one.alt : one.getAttribute("aria-label")) ?? ""),
  uncaptioned: [...document.querySelectorAll("article img")].filter(
    one => !one.closest("figure")?.querySelector("figcaption")?.textContent.trim()).length,
  levels: [...document.querySelectorAll("article :is(h1, h2, h3, h4, h5, h6)")].map(
    one => Number(one.tagName[1])),
  ids: [...document.querySelectorAll("[id]")].map(one => one.id),
  links: [...document.querySelectorAll("a[href]")].map(one => one.getAttribute("href")),
  badFormulas: document.querySelectorAll("mjx-merror").length,
  formulas: document.querySelectorAll("mjx-container").length,
  rawFormulas: document.querySelectorAll("article .math:not(:has(mjx-container))").length,
  waiting: document.querySelectorAll(
    ":is(.course-explore, .course-stack, .reveal, .check):not([data-ready])").length,
  changedGreys: [...document.querySelectorAll("article .cell_output img")].filter(one => {
    const style = getComputedStyle(one);
    return style.filter != "none" || style.backgroundColor != "rgb(255, 255, 255)";
  }).length,
  width: document.documentElement.scrollWidth,
})"""
AXE_RUN = """async (rules) => {
  const found = await axe.run(document, {resultTypes: ["violations"], ...(rules ? {runOnly: rules} : {})});
  return found.violations.filter(one => ["serious", "critical"].includes(one.impact)).map(
    one => `${one.id}: ${one.help}: ` + one.nodes.slice(0, 3).map(node => node.target.join(" ")).join(" | "));
}"""


@dataclass(kw_only=True)
class Visit:
    """What was seen of one page."""

    name: str
    outside: list[str] = field(default_factory=list)  # addresses asked for that are not the book's
    lost: list[str] = field(default_factory=list)  # addresses of the book that did not come
    errors: list[str] = field(default_factory=list)  # of scripts
    facts: dict = field(default_factory=dict)
    narrow: dict = field(default_factory=dict)  # facts on a phone, in the dark
    barriers: dict[str, list[str]] = field(default_factory=dict)  # by axe-core, "light" and "dark"
    megabytes: float = 0


def chromium() -> str:
    """The program, or a skipped test."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("needs Chromium: apt-get install chromium, or name one in CHROMIUM")
    return program


@pytest.fixture(scope="module")
def launch() -> Iterator[Callable]:
    """A function that starts a browser with more switches; import it into a test module."""
    program = chromium()
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        running = []

        def start(*more: str):
            running.append(playwright.chromium.launch(executable_path=program, args=[*SWITCHES, *more]))
            return running[-1]

        yield start
        for browser in running:
            browser.close()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *arguments):
        """Stay quiet."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder over http on this machine; gives its address."""
    handler = functools.partial(QuietHandler, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def patient(page):
    """Let a page take its time on a machine that others use as well."""
    page.set_default_timeout(120_000)
    return page


def dark(page) -> None:
    """Switch the theme, as its button does."""
    page.evaluate("() => { document.documentElement.dataset.theme = 'dark'; }")


def settled(page) -> None:
    """Wait for the formulas and the scripts that come late."""
    page.wait_for_function(
        "() => !window.MathJax?.startup || window.MathJax.startup.promise.then(() => true)"
    )
    page.wait_for_load_state("load")


def barriers(page, *, rules: list[str] | None = None) -> list[str]:
    """What axe-core calls serious or critical, in one line each."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    return page.evaluate(AXE_RUN, rules)


def visit(browser, folder: Path, address: str, name: str) -> Visit:
    """Open a page over http, look at it light and wide, dark and narrow, then once more from its file."""
    seen = Visit(name=name, megabytes=(folder / name).stat().st_size / 1e6)
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = patient(context.new_page())
    starts = (address, folder.as_uri() + "/")

    def note(url: str, *, came: bool) -> None:
        if not url.startswith((*starts, *INNER)):
            seen.outside.append(url)
        elif not came and not url.startswith("file:"):  # from file:// the theme's font preloads are refused
            seen.lost.append(url)

    page.on("response", lambda response: note(response.url, came=response.status < 400))
    page.on("requestfailed", lambda request: note(request.url, came=False))
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.goto(address + name)
    settled(page)
    seen.facts = page.evaluate(FACTS)
    seen.barriers["light"] = barriers(page)
    dark(page)
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(150)  # colours change over a moment
    seen.narrow = page.evaluate(FACTS)
    seen.barriers["dark"] = barriers(page, rules=["color-contrast", "scrollable-region-focusable"])
    page.goto(starts[1] + name)
    settled(page)
    context.close()
    return seen


@contextmanager
def fresh_page(browser, path: Path) -> Iterator:
    """A page from its file with a fresh memory; a script error on it fails the test."""
    context = browser.new_context(accept_downloads=True)
    page = patient(context.new_page())
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(path.as_uri())
    yield page
    context.close()
    assert problems == []

"""Comments: offered only where they are wanted, and nothing is asked of anyone before a click."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from browsing import FLAT, launch, patient  # noqa: F401  (a fixture)
from comments import offer_comments

SCRIPT = Path(__file__).parents[2] / "book" / "_assets" / "comments.js"


def offered(*, address, wanted=True, chapter=True):
    """What is put below a page, and the scripts that it loads."""
    scripts = []
    app = SimpleNamespace(
        config=SimpleNamespace(html_theme_options={"repository_url": address}, course_comments=wanted),
        env=SimpleNamespace(metadata={"02_audit": {"file_format": "mystnb"} if chapter else {}}),
        add_js_file=lambda name, loading_method: scripts.append(name),
    )
    context = {"body": "page"}
    offer_comments(app, "02_audit", "page.html", context, object())
    return context["body"].removeprefix("page"), scripts


@pytest.mark.parametrize(
    "given",
    [
        {"address": ""},
        {"address": None},
        {"address": "https://gitlab.com/a/b"},
        {"address": "https://github.com/a/b", "wanted": False},
        {"address": "https://github.com/a/b", "chapter": False},
    ],
)
def test_nothing_is_offered_without_address_wish_or_chapter(given):
    assert offered(**given) == ("", [])


@pytest.mark.slow
def test_nothing_is_loaded_before_the_click_and_then_this_pages_comments(launch, tmp_path):  # noqa: F811
    section, scripts = offered(address="https://github.com/nobody/course.git")
    assert scripts == ["comments.js"]
    page_file = tmp_path / "page.html"
    text = SCRIPT.read_text(encoding="utf-8")
    page_file.write_text(f"<!doctype html><body>{section}<script>{text}</script>", encoding="utf-8")
    page = patient(launch(*FLAT).new_page())
    asked = []
    page.on("request", lambda one: asked.append(one.url))
    page.route("https://utteranc.es/**", lambda route: route.abort())
    page.goto(page_file.as_uri())
    page.wait_for_timeout(300)
    assert asked == [page_file.as_uri()]
    said = page.locator(".comments").inner_text()
    assert "utteranc.es" in said and "Nothing of them is loaded" in said.replace("\n", " ")
    with page.expect_request("https://utteranc.es/client.js"):
        page.evaluate("""() => {
          new MutationObserver(seen => { for (const {addedNodes} of seen) for (const one of addedNodes)
            if (one.src) window.made = ["repo", "issue-term"].map(name => one.getAttribute(name)); }
          ).observe(document.querySelector(".comments"), {childList: true});
          document.querySelector(".comments button").click(); }""")
    page.get_by_role("button", name="They did not come").wait_for()  # refused here; the reader can try again
    assert page.evaluate("window.made") == ["nobody/course", "02_audit"]

"""The labs of chapters 8, 9, 10 and 13 on a telephone, in the dark, offline, for whoever sees no picture."""

import re

import pytest
from browsing import barriers, dark, launch  # noqa: F401 (launch is a fixture)
from lab_pages import ASSETS, book_lab

pytestmark = [pytest.mark.book, pytest.mark.slow]

LABS = {
    "cleaning": "08_clean_mask",
    "measuring": "09_measuring",
    "bagging": "10_bagging",
    "clinic": "13_silent_bugs",
}


@pytest.mark.parametrize("lab", LABS)
def test_a_lab_is_for_everybody(launch, tmp_path, lab):  # noqa: F811
    page = book_lab(launch, tmp_path, lab, viewport={"width": 390, "height": 844})
    dark(page)
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    nameless = "one => !(one.labels?.length || one.getAttribute('aria-label') || one.textContent.trim())"
    controls = "[...document.querySelectorAll('.lab :is(input, select, button, canvas)')]"
    assert page.evaluate(f"{controls}.filter({nameless}).length") == 0
    asked = page.evaluate("performance.getEntriesByType('resource').map(one => one.name)")
    assert [one for one in asked if not one.startswith(("file:", "blob:"))] == []
    loaded = page.evaluate("[...document.scripts].map(one => one.src.split('_assets/')[1])")
    assert f"labs/{lab}.js" in loaded
    assert max((ASSETS / name).stat().st_size for name in loaded) < 300_000
    assert page.errors == []


@pytest.mark.parametrize(("lab", "chapter"), LABS.items())
def test_without_scripts_there_is_a_picture(lab, chapter):
    text = (ASSETS.parent / f"{chapter}.md").read_text(encoding="utf-8")
    block = re.search(rf'<div class="lab" data-lab="{lab}" data-question="[^"]+".*?</div>', text, re.DOTALL)[
        0
    ]
    assert f'src="_static/stills/{lab}.png"' in block and re.search(r'alt="[^"]{40,}"', block)
    assert "with scripts" in block
    assert 5_000 < (ASSETS / "stills" / f"{lab}.png").stat().st_size < 60_000

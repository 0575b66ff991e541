"""Draw what the labs of chapters 8, 9, 10 and 13 show in print and without scripts: book/_assets/stills/.

    nice python tools/lab_shots.py         seconds; needs Chromium, as the tests of pages do

Each lab is opened in a browser, a few of its controls are set, and its canvases are put side by side.
"""

import base64
import io
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page, sync_playwright

ASSETS = Path(__file__).resolve().parents[1] / "book" / "_assets"
PAGE = """<!doctype html>
<script src="{assets}/network.js"></script><script src="{assets}/labs.js" defer></script>
<div class="lab" data-lab="{lab}" data-question="">"""
STEPS = {  # what is done before the picture is taken: a control's selector and its value; None clicks it
    "cleaning": [("select[name=scan]", "1"), ("input[name=radius]", 2), ("input[name=largest]", None)],
    "measuring": [*[("canvas", "Shift+ArrowRight")] * 4, ("canvas", " ")],
    "bagging": [("select[name=slice]", "3"), ("text=All five", None)],
    "clinic": [("text=Show the switches", None), ("input[name=twice]", None)],
}
HIGH = 300  # pixels
SLOW = 120_000  # milliseconds, on a machine that others use as well


def act(page: Page, selector: str, value: str | int | None) -> None:
    """Do one step, and wait for the lab's answer if it gives one."""
    before = int(page.get_attribute(".lab", "data-shown") or 0)
    control = page.locator(selector).first
    if value is None:
        control.click()
    elif selector.startswith("select"):
        control.select_option(str(value))
    elif isinstance(value, int):
        move = "(one, value) => { one.value = value; one.dispatchEvent(new Event('input')); }"
        control.evaluate(move, value)
    else:
        control.press(value)
        if value != " ":
            return
    page.wait_for_function(f"Number(document.querySelector('.lab').dataset.shown) > {before}")


def picture(page: Page) -> Image.Image:
    """The lab's two canvases, equally high, side by side."""
    shots = page.evaluate("[...document.querySelectorAll('.lab canvas')].map((one) => one.toDataURL())")
    panels = []
    for shot in shots:
        canvas = Image.open(io.BytesIO(base64.b64decode(shot.split(",")[1]))).convert("RGB")
        panels.append(canvas.resize((round(canvas.width * HIGH / canvas.height), HIGH)))
    between = np.full((HIGH, 8, 3), 255, np.uint8)
    both = Image.fromarray(np.concatenate([panels[0], between, panels[1]], axis=1))
    return both.quantize(160, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)


def main() -> None:
    """Write them all."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        for lab, steps in STEPS.items():
            path = Path(folder) / f"{lab}.html"
            path.write_text(PAGE.format(assets=ASSETS.as_uri(), lab=lab), encoding="utf-8")
            page = browser.new_page()
            page.set_default_timeout(SLOW)
            page.goto(path.as_uri())
            page.click(".lab button")
            page.wait_for_selector(".lab[data-shown]")
            for selector, value in steps:
                act(page, selector, value)
            picture(page).save(ASSETS / "stills" / f"{lab}.png", optimize=True)
        browser.close()


if __name__ == "__main__":
    main()

"""A page with one lab, in a folder as a reader without a server has it; its networks are small ones.

For the tests of labs: `lab_folder` makes the folder, `open_lab` opens a page of it and starts the lab;
`book_lab` does both with the book's own networks and data, and `changes` waits for a lab's answer.
"""

import json
import shutil
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import numpy as np
import page_networks
import torch
from browsing import FLAT, patient
from torch import nn

from atriacourse.network.unet import MultiTaskUNet, NetworkConfig

ASSETS = Path(__file__).parents[2] / "book" / "_assets"
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Lab</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="_assets/course.css">
<script src="_assets/network.js"></script><script src="_assets/labs.js" defer></script></head><body><main>
<h1>Lab</h1><div class="lab" {attributes}><p>A sentence.</p></div>{more}</main></body></html>"""
SMALL = NetworkConfig(inputs=3, encoder=(4, 8, 24), decoder=(16, 4), grids=(3, 1), label_stage=2, hidden=5)


def random_network(config: NetworkConfig = SMALL, seed: int = 0) -> MultiTaskUNet:
    """Weights and running statistics as a training might leave them."""
    torch.manual_seed(seed)
    network = MultiTaskUNet(config).eval()
    for part in network.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.uniform_(-0.3, 0.3)
            part.running_var.uniform_(0.5, 1.5)
            part.weight.data.uniform_(0.5, 1.5)
            part.bias.data.uniform_(-0.3, 0.3)
    return network


def lab_slice(says: str, *, height: int, width: int, seed: int) -> dict:
    """A bright ellipse in noise, as tools/page_networks.py writes it; `voxels` and `mask` are the test's."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    mask = ((y - height / 2) / (height / 4)) ** 2 + ((x - width / 2.2) / (width / 3)) ** 2 < 1
    voxels = (rng.integers(0, 90, (3, height, width)) + 100 * mask).astype(np.uint8)
    return {
        "says": says,
        **{"channels": 3, "height": height, "width": width, "spacing_mm": [2.0, 1.5, 1.0]},
        "grey": b64encode(voxels.tobytes()).decode(),
        "truth": b64encode(mask.astype(np.uint8).tobytes()).decode(),
        **{"voxels": voxels, "mask": mask},
    }


def lab_folder(folder: Path, slices: list[dict], networks: dict[str, MultiTaskUNet]) -> Path:
    """The book's own scripts and styles, with these slices and networks."""
    shutil.copytree(ASSETS, folder / "_assets", ignore=shutil.ignore_patterns("mathjax", "networks"))
    (folder / "_assets" / "networks").mkdir()
    given = [{key: one[key] for key in one if key not in ("voxels", "mask")} for one in slices]
    texts = {name: page_networks.page_network(name, network) for name, network in networks.items()}
    texts["slices"] = f"self.atriaSlices = {json.dumps(given)};"
    for name, text in texts.items():
        (folder / "_assets" / "networks" / f"{name}.js").write_text(text, encoding="utf-8")
    return folder


def write_page(folder: Path, lab: str, more: str = "", **data: str) -> str:
    """A page with this lab; `data`: question and choices. Returns its address."""
    data = {"lab": lab, "question": "What will it be?", **data}
    attributes = " ".join(f'data-{key}="{value}"' for key, value in data.items())
    (folder / f"{lab}.html").write_text(PAGE.format(attributes=attributes, more=more), encoding="utf-8")
    return (folder / f"{lab}.html").as_uri()


def open_lab(browser, address: str, guess: str = "", **context):
    """A page on which the lab is started with a guess; `errors` has what its scripts failed with."""
    page = patient(browser.new_context(**context).new_page())
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.goto(address)
    if guess:
        page.fill(".lab input", guess)
    page.get_by_role("button", name="Start the lab").click()
    page.wait_for_selector(".lab canvas")
    return page


def book_lab(launch: Callable, folder: Path, lab: str, guess: str = "", **context):
    """A page with the lab as the book has it, started with a guess, after its first answer."""
    if not (folder / "_assets").exists():
        shutil.copytree(ASSETS, folder / "_assets", ignore=shutil.ignore_patterns("vendor", "stills"))
    page = open_lab(launch(*FLAT), write_page(folder, lab), guess, **context)
    page.wait_for_selector(".lab[data-shown='1']")
    return page


def changes(lab, act: Callable) -> None:
    """Do something and wait until the lab has answered."""
    before = int(lab.get_attribute(".lab", "data-shown"))
    act()
    lab.wait_for_function(f"Number(document.querySelector('.lab').dataset.shown) > {before}")


def pictures(lab) -> list[str]:
    """What stands on each of its canvases."""
    return lab.evaluate("[...document.querySelectorAll('.lab canvas')].map(one => one.toDataURL())")


def slide(lab, name: str, value: float) -> None:
    """Move a slider as a hand does."""
    script = "(one, value) => { one.value = value; one.dispatchEvent(new Event('input', {bubbles: true})); }"
    changes(lab, lambda: lab.locator(f".lab input[name={name}]").evaluate(script, value))

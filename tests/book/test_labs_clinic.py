"""The lab of the clinic: its symptoms are those of the same faults in Python, and tell the faults apart."""

import base64
import json
import zlib

import numpy as np
import page_bag
import pytest
import torch
from browsing import launch  # noqa: F401 (a fixture)
from lab_pages import book_lab, changes, pictures
from page_networks import OUT
from torch.nn import functional

from atriacourse.evaluation.overlap import dice
from atriacourse.inference.predict import network_input

pytestmark = [pytest.mark.book, pytest.mark.slow]

FAULTS = ("padding", "flipped", "twice", "linear")


@pytest.fixture(scope="module")
def lab(launch, tmp_path_factory):  # noqa: F811
    return book_lab(launch, tmp_path_factory.mktemp("clinic"), "clinic", guess="1")


@pytest.fixture(scope="module")
def sick():
    """A function that runs the pipeline with faults on an input of the lab, in Python."""
    network = page_bag.opened((OUT / "bag-4.js").read_text(encoding="utf-8"))
    text = (OUT / "bag-slices.js").read_text(encoding="utf-8")
    slices = []
    for one in json.loads(text[text.index("= ") + 2 : text.rindex(";")])["slices"][:2]:
        flat = [
            np.frombuffer(zlib.decompress(base64.b64decode(one[key])), np.uint8) for key in ("grey", "truth")
        ]
        slices.append([torch.tensor(part.reshape(one["height"], -1)).float() for part in flat])
    slices.append([255 * slices[0][1], slices[0][1]])

    def run(number, faults):
        grey, truth = slices[number]
        if "flipped" in faults:
            grey = grey.flip(-1)
        if "linear" in faults:
            coarse = functional.avg_pool2d(truth[None, None], 2)
            fine = functional.interpolate(coarse, scale_factor=2, mode="bilinear", align_corners=False)
            truth = (fine[0, 0] > 0).float()
        edge = 24 if "padding" in faults else 0
        inside = np.s_[edge : edge + len(grey), edge : edge + len(grey)]
        shown, _ = network_input(functional.pad(grey, [edge] * 4)[None], [0], offsets=(0,), multiple=8)
        with torch.no_grad():
            atrium = torch.softmax(network(shown).mask_logits, 1)[0, 1][inside]
        if "twice" in faults:
            atrium = torch.softmax(torch.stack([1 - atrium, atrium]), 0)[1]
        seen = shown[0, 0][inside]
        return {
            "mean": float(seen.mean()),
            "sd": float(seen.std(correction=0)),
            "least": float(atrium.min()),
            "most": float(atrium.max()),
            "area": float(truth.sum()),
            "wrong": float((truth != (grey > 127)).sum()) if number == 2 else np.nan,
            "dice": dice(truth.numpy()[None], (atrium > 0.5).numpy()[None]),
        }

    return run


def symptoms(lab):
    rows = lab.evaluate(
        "[...document.querySelectorAll('.lab td[data-cell]')].map(one => [one.dataset.cell, one.textContent])"
    )
    return {name: float("nan" if text in ("–", "none") else text) for name, text in rows}


def choose(lab, name, place):
    changes(lab, lambda: lab.select_option(f".lab select[name={name}]", str(place)))


def diagnosis(lab):
    """What a reader concludes from the numbers alone: its place among the answers."""
    choose(lab, "input", 2)
    own = symptoms(lab)
    choose(lab, "input", 0)
    found = symptoms(lab)
    if abs(found["mean"]) > 0.01:
        return 1
    if found["least"] > 0.2:
        return 3
    if own["wrong"] == 0:
        return 0
    return 4 if own["area"] > 1.2 * (own["area"] - own["wrong"]) and found["dice"] > 0.5 else 2


def test_each_pipeline_is_told_by_its_symptoms(lab):
    """A wrong answer is refused with a reason, the right one opens the next; all five come, once each."""
    answered = []
    assert lab.locator(".lab input[type=checkbox]:visible").count() == 0  # the faults are hidden
    for number in range(5):
        assert f"Pipeline {number + 1} of 5" in lab.inner_text(".lab")
        place = diagnosis(lab)
        lab.select_option(".lab select[name=answer]", str((place + 1) % 5))
        lab.get_by_role("button", name="Say so").click()
        assert lab.inner_text(".lab-verdict").startswith("Not so. It would mean: ")
        assert lab.get_by_role("button", name="Next pipeline").is_disabled()
        lab.select_option(".lab select[name=answer]", str(place))
        lab.get_by_role("button", name="Say so").click()
        assert lab.inner_text(".lab-verdict").startswith("Right: ")
        changes(lab, lambda: lab.get_by_role("button", name="Next pipeline").click())
        answered.append(place)
    assert sorted(answered) == [0, 1, 2, 3, 4]
    assert lab.locator(".lab input[type=checkbox]:visible").count() == 4


def test_every_switch_does_what_the_same_fault_does_in_python(lab, sick):
    """After all five the switches are there: none, each, and two at once, on each input."""
    if lab.get_by_role("button", name="Show the switches").is_visible():
        changes(lab, lambda: lab.get_by_role("button", name="Show the switches").click())
    seen = set()
    for faults in [(), *((name,) for name in FAULTS), ("padding", "twice"), ("flipped", "linear")]:
        for name in FAULTS:
            if lab.is_checked(f".lab input[name={name}]") != (name in faults):
                changes(lab, lambda name=name: lab.click(f".lab input[name={name}]"))
        for number in range(3):
            if lab.input_value(".lab select[name=input]") != str(number):
                choose(lab, "input", number)
            found, wanted = symptoms(lab), sick(number, faults)
            for key, value in wanted.items():
                assert found[key] == pytest.approx(value, abs=0.0101, nan_ok=True), (faults, number, key)
            seen.add("".join(pictures(lab)))
    assert len(seen) == 21  # no two look the same
    assert lab.errors == []


def test_the_text_of_the_chapter_holds(sick):
    """On slice one: one fault ruins the Dice, one lowers it, one leaves it, one raises it."""
    sound = sick(0, ())["dice"]
    after = {name: sick(0, (name,))["dice"] for name in FAULTS}
    assert after["padding"] > sound and after["twice"] == sound
    assert after["flipped"] < 0.5 < after["linear"] < sound

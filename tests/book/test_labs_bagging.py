"""The lab on bagging: its networks are those of the record, and it says of them what PyTorch says."""

import base64
import json
import re
import zlib

import numpy as np
import page_bag
import pytest
import torch
from browsing import launch  # noqa: F401 (a fixture)
from lab_pages import book_lab, changes, pictures, slide
from page_networks import OUT

from atriacourse.augment.gamma import apply_gamma
from atriacourse.data.phantom import PhantomConfig, make_phantom
from atriacourse.data.phantom.write import plan_cases
from atriacourse.evaluation.overlap import dice
from atriacourse.inference.predict import network_input
from atriacourse.network.unet import MultiTaskUNet

pytestmark = [pytest.mark.book, pytest.mark.slow]

MEMBERS = [f"bag-{k}" for k in range(page_bag.MEMBERS)]
OTHER = "bag-other"


@pytest.fixture(scope="module")
def networks():
    """Those in the page, in PyTorch."""
    return {
        name: page_bag.opened((OUT / f"{name}.js").read_text(encoding="utf-8")) for name in [*MEMBERS, OTHER]
    }


@pytest.fixture(scope="module")
def record():
    return json.loads(page_bag.RECORD.read_text(encoding="utf-8"))


def test_a_network_comes_back_from_its_script():
    """`opened` against the network that was written, whose weights are rounded to a part in a hundred."""
    torch.manual_seed(1)
    network = MultiTaskUNet(page_bag.config().network).eval()
    images = torch.rand(1, 1, 32, 32)
    with torch.no_grad():
        wanted = network(images).mask_logits
        found = page_bag.opened(page_bag.page_networks.page_network("t", network))(images).mask_logits
    torch.testing.assert_close(found, wanted, atol=0.02, rtol=0.02)


def test_the_record_is_of_these_networks(networks, record):
    """A held-out phantom of each site, made anew from the record's seeds, scores what is recorded."""
    assert record["command"] == "page_bag.py" and not record["commit"].endswith("+")
    assert record["settings"] == list(page_bag.SETTINGS)
    for site, name in (("A", "bag-4"), ("B", OTHER)):
        made = record["phantoms"][site]
        planned = plan_cases(cases=made["cases"], config=PhantomConfig(**made["config"]), seed=made["seed"])
        rows = record["held_out"][site][name]
        case = next(one for one in planned if one.name in rows)
        assert not any(case.name in names for names in record["trained_on"].values())
        phantom = make_phantom(case.config, seed=case.seed)
        found = page_bag.dice_of([networks[name]], phantom.image, phantom.mask)
        assert found == pytest.approx(rows[case.name], abs=0.002)


def test_members_are_bootstraps_of_one_split(record):
    held_out = set(record["held_out"]["A"]["mean"])
    for name in MEMBERS:
        drawn = set(record["trained_on"][name])
        assert 1 < len(drawn) < page_bag.CASES - len(held_out) and not drawn & held_out
    assert len({tuple(sorted(record["trained_on"][name])) for name in MEMBERS}) > 1


def test_the_pages_numbers_follow_from_the_record(record):
    text = (OUT / "bag-slices.js").read_text(encoding="utf-8")
    assert text == page_bag.page_slices(record)
    assert sum((OUT / f"{name}.js").stat().st_size for name in [*MEMBERS, OTHER, "bag-slices"]) < 510_000


def test_the_lab_on_bagging_says_what_pytorch_says(launch, tmp_path, networks, record):  # noqa: F811
    """Every control is moved; Dice, the mean and the three terms of the identity are computed alongside."""
    lab = book_lab(launch, tmp_path, "bagging", guess="1")
    text = (OUT / "bag-slices.js").read_text(encoding="utf-8")
    slices = json.loads(text[text.index("= ") + 2 : text.rindex(";")])["slices"]

    def holds(number, gamma, chosen):
        one = slices[number]
        grey, truth = (
            np.frombuffer(zlib.decompress(base64.b64decode(one[key])), np.uint8).reshape(
                one["height"], one["width"]
            )
            for key in ("grey", "truth")
        )
        shown = apply_gamma(torch.tensor(grey)[None, None] / 255, torch.tensor([gamma]))[0]
        images, padding = network_input(255 * shown, [0], offsets=(0,), multiple=8)
        with torch.no_grad():
            atria = {
                name: padding.undo(torch.softmax(network(images).mask_logits, 1)[:, 1])[0].numpy()
                for name, network in networks.items()
            }

        def scored(p):
            return dice(truth[None], (p > 0.5)[None])

        picked = [atria[name] for name in chosen]
        wanted = {name: scored(p) for name, p in atria.items()}
        wanted["members"] = np.mean([scored(p) for p in picked]) if picked else np.nan
        wanted["mean"] = scored(np.mean(picked, axis=0)) if picked else np.nan
        cells = "[...document.querySelectorAll('.lab td[data-cell]')]"
        rows = lab.evaluate(f"{cells}.map(one => [one.dataset.cell, one.textContent])")
        found = {name: float("nan" if value == "none" else value) for name, value in rows}
        for name, value in wanted.items():
            assert found[f"{name} here"] == pytest.approx(value, abs=0.011, nan_ok=True), name
        terms = [float(word) for word in re.findall(r"\d+\.\d+", lab.inner_text(".lab-sum"))]
        if picked:
            mean = np.mean(picked, axis=0)
            squares = [np.mean((mean - truth) ** 2)]
            squares += [np.mean([np.mean((p - to) ** 2) for p in picked]) for to in (truth, mean)]
            assert terms == pytest.approx([1000 * square for square in squares], abs=0.03)
            assert terms[0] == pytest.approx(terms[1] - terms[2], abs=0.011)
        return found

    found = holds(0, 1, MEMBERS[:1])
    for site in "AB":
        for name in [*MEMBERS, "mean", OTHER]:
            recorded = np.mean(list(record["held_out"][site][name].values()))
            assert found[f"{name} {site}"] == pytest.approx(recorded, abs=0.0051)
    before = pictures(lab)
    for k in range(1, 5):
        changes(lab, lambda k=k: lab.check(f".lab input[name=bag-{k}]"))
        assert pictures(lab)[0] != before[0] and pictures(lab)[1] == before[1]
    home = holds(0, 1, MEMBERS)
    assert home["mean here"] > home["members here"]
    changes(lab, lambda: lab.select_option(".lab select", "3"))
    abroad = holds(3, 1, MEMBERS)  # what the chapter's text says of it
    assert abroad["mean here"] < abroad["members here"] and abroad[f"{OTHER} here"] > abroad["bag-4 here"]
    slide(lab, "gamma", 0.8)
    holds(3, 2**0.8, MEMBERS)
    for k in range(5):
        changes(lab, lambda k=k: lab.uncheck(f".lab input[name=bag-{k}]"))
    holds(3, 2**0.8, [])
    assert "Tick a member" in lab.inner_text(".lab-sum")
    changes(lab, lambda: lab.get_by_role("button", name="All five").click())
    holds(3, 2**0.8, MEMBERS)
    assert lab.errors == []

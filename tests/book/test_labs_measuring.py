"""The labs on measuring and cleaning: what the page computes is the library's, in a real browser."""

import base64
import json
import zlib
from functools import cache

import numpy as np
import page_volumes
import pytest
from browsing import FLAT, launch  # noqa: F401 (launch is a fixture)
from lab_pages import ASSETS, book_lab, changes, pictures, slide

from atriacourse.evaluation.case_row import score_case
from atriacourse.evaluation.distances import surface_voxels
from atriacourse.inference.postprocess import (
    PostprocessConfig,
    ball_runs,
    close_mask,
    largest_component,
    postprocess,
)
from atriacourse.pages.bench.sandbox import HUMAN

pytestmark = [pytest.mark.book, pytest.mark.slow]

MASKS = ASSETS / "labs" / "masks.js"
SCORES = ("dice", "jaccard", "hd_mm", "hd95_mm", "assd_mm", "truth_ml", "guess_ml", "volume_difference_ml")


@pytest.fixture(scope="module")
def page(launch):  # noqa: F811
    """An empty page with the computations in it."""
    opened = launch(*FLAT).new_page()
    opened.add_script_tag(path=MASKS)
    return opened


def in_page(page, expression, *masks, **given):
    """What an expression gives in the page; `a`, `b` are the masks, infinities and nan come as words."""
    sent = [{"data": mask.astype(int).ravel().tolist(), "shape": mask.shape} for mask in masks]
    return page.evaluate(
        """([expression, sent, given]) => {
          const act = new Function("masks", "a", "b", ...Object.keys(given), `return ${expression}`);
          const bytes = sent.map((one) => ({...one, data: Uint8Array.from(one.data)}));
          const found = act(atriaMasks(), bytes[0], bytes[1], ...Object.values(given));
          return found.data ? Array.from(found.data) : found;
        }""",
        [expression, sent, given],
    )


def blobs(rng, shape, share=0.4):
    """Random lumps with holes and loose pieces, some of them at the volume's edge."""
    coarse = rng.random([-(-size // 2) for size in shape])
    fine = coarse.repeat(2, 0).repeat(2, 1).repeat(2, 2)[tuple(map(slice, shape))]
    return fine + 0.3 * rng.random(shape) > 1.3 - share


def pairs():
    rng = np.random.default_rng(4)
    for shape, spacing in (((7, 9, 11), (2.5, 1, 0.7)), ((1, 8, 6), (5, 2, 1)), ((5, 1, 9), (1, 1, 1))):
        for share in (0.3, 0.6, 0.9):
            yield blobs(rng, shape, share), blobs(rng, shape, 0.4), spacing
    empty, full = np.zeros((3, 4, 5), bool), np.ones((3, 4, 5), bool)
    dot = empty.copy()
    dot[0, 3, 4] = True
    for a, b in ((empty, empty), (empty, dot), (dot, empty), (full, full), (full, dot), (dot, dot)):
        yield a, b, (1.25, 0.625, 0.625)


def test_every_metric_is_the_librarys(page):
    """Anisotropic spacing, single slices, masks at the volume's edge, empty and full ones."""
    for truth, guess, spacing in pairs():
        wanted = score_case("", truth, guess, spacing)
        found = in_page(page, "masks.score(a, b, spacing)", truth, guess, spacing=spacing)
        assert [found[key] for key in SCORES] == pytest.approx([wanted[key] for key in SCORES], nan_ok=True)
        edge = in_page(page, "masks.border(a)", truth)
        assert edge == np.ravel_multi_index(surface_voxels(truth).T, truth.shape).tolist()


def test_a_distance_by_hand(page):
    """Chapter 9's grid: rows of 2 mm, columns of 1 mm; HD 4, means 0.5 and 1.2, so ASSD 0.85."""
    truth, guess = np.zeros((1, 6, 5), bool), np.zeros((1, 6, 5), bool)
    truth[0, 1:3, 1:3] = guess[0, 1:3, 2:4] = guess[0, 4, 2] = True
    found = in_page(page, "masks.score(a, b, [5, 2, 1])", truth, guess)
    # nine distances, 0 0 0 0 1 1 1 1 4: rank 8 * 0.95 = 7.6 lies between 1 and 4
    assert (found["hd_mm"], found["assd_mm"], found["hd95_mm"]) == pytest.approx((4, 0.85, 1 + 0.6 * 3))


@pytest.mark.parametrize("radius", [0, 1, 2, 3, 5])
def test_closing_is_the_librarys(page, radius):
    assert in_page(page, "masks.ball(r).length", r=radius) == sum(
        2 * half + 1 for half in ball_runs(radius, "itk").values()
    )
    rng = np.random.default_rng(radius)
    for shape in ((9, 12, 14), (1, 9, 9), (4, 5, 3)):
        for share in (0.0, 0.3, 0.6, 2.0):
            mask = blobs(rng, shape, share)
            found = in_page(page, "masks.close(a, r)", mask, r=radius)
            assert found == close_mask(mask, radius=radius).ravel().tolist(), (shape, share)


def test_the_largest_piece_is_the_librarys(page):
    rng = np.random.default_rng(9)
    for share in (0.0, 0.15, 0.3, 0.5, 2.0):
        mask = blobs(rng, (6, 9, 8), share)
        found = in_page(page, "masks.largestPiece(a).mask", mask)
        assert found == largest_component(mask).ravel().tolist()
    twins = np.zeros((2, 2, 2), bool)
    twins[0, 0, 0] = twins[1, 1, 1] = True  # they share a corner, which joins nothing; the first is kept
    assert in_page(page, "masks.largestPiece(a).mask", twins) == [1] + 7 * [0]
    assert in_page(page, "masks.largestPiece(a).pieces", twins) == 2
    assert in_page(page, "masks.largestPiece(a).pieces", np.zeros((1, 2, 2), bool)) == 0


def test_the_cleaning_in_a_row_is_the_papers(page):
    rng = np.random.default_rng(1)
    for share in (0.1, 0.2, 0.35):
        mask = blobs(rng, (8, 14, 13), share)
        found = in_page(page, "masks.largestPiece(masks.close(a, 2)).mask", mask)
        assert found == largest_component(close_mask(mask)).ravel().tolist()
        assert PostprocessConfig() == PostprocessConfig(closing_radius=2, ball="itk", connectivity=6)


# The volumes of the labs ------------------------------------------------------------------------------------


@cache
def committed(name):
    """What the page has of a volume: {"shape", "spacing_mm", "grey", "atrium", "truth"}."""
    text = (ASSETS / "networks" / f"volume-{name}.js").read_text(encoding="utf-8")
    assert len(text) < 500_000
    held = json.loads(text[text.index("] = ") + 4 : text.rindex(";")])
    for key in ("grey", "atrium", "truth"):
        flat = np.frombuffer(zlib.decompress(base64.b64decode(held[key])), np.uint8)
        held[key] = flat.reshape(held["shape"])
    return held


def test_the_volumes_are_a_phantom_and_what_a_network_says_of_it():
    """Made anew: the phantom to the voxel, the probabilities to the rounding of another processor."""
    made, there = page_volumes.lab_volume("two"), committed("two")
    assert np.array_equal(made.truth, there["truth"]) and np.array_equal(made.grey, there["grey"])
    assert np.abs(made.atrium.astype(int) - there["atrium"]).max() <= 1
    assert made.spacing_mm == tuple(there["spacing_mm"]) == page_volumes.PHANTOM.spacing_mm
    human = (ASSETS / "networks" / "human.js").read_text(encoding="utf-8")
    assert human == page_volumes.page_human()


def test_cleaning_the_part_is_cleaning_the_whole():
    """The cut lies farther from any mask than the largest ball reaches, or at the edge of the scan."""
    for name in page_volumes.SEEDS:
        voxels = committed(name)["atrium"] > 0
        whole = len(voxels) == page_volumes.PHANTOM.slices
        assert whole or not voxels[:5].any()
        assert not any(
            part.any() for part in (voxels[:, :5], voxels[:, -5:], voxels[..., :5], voxels[..., -5:])
        )


# The lab on cleaning ----------------------------------------------------------------------------------------


def cells(lab, column):
    """The numbers of a column of the lab's table, by metric."""
    found = lab.evaluate(
        "[...document.querySelectorAll('.lab td[data-cell]')].map(one => [one.dataset.cell, one.textContent])"
    )
    return {key.split()[0]: float(text) for key, text in found if key.endswith(column)}


def test_the_lab_on_cleaning_cleans_as_the_library(launch, tmp_path):  # noqa: F811
    """Every control is moved; the numbers are postprocess's and score_case's on the same probabilities."""
    lab = book_lab(launch, tmp_path, "cleaning", guess="20")
    assert "You said: 20" in lab.inner_text(".lab-guess")

    def holds(name, threshold, radius, largest):
        volume = committed(name)
        raw = volume["atrium"] > 255 * threshold
        config = PostprocessConfig(closing_radius=radius, largest_component=largest)
        for column, mask in (("raw", raw), ("clean", postprocess(raw, config))):
            wanted = score_case("", volume["truth"], mask, volume["spacing_mm"])
            found = cells(lab, column)
            assert found["dice"] == pytest.approx(wanted["dice"], abs=6e-4)
            assert found["hd_mm"] == pytest.approx(wanted["hd_mm"], abs=0.06)
            assert found["volume_difference_ml"] == pytest.approx(wanted["volume_difference_ml"], abs=0.06)
        return found

    several = holds("one", 0.5, 0, largest=False)
    assert several["pieces"] > 1
    changes(lab, lambda: lab.check(".lab input[name=largest]"))
    alone = holds("one", 0.5, 0, largest=True)
    assert alone["pieces"] == 1 and alone["hd_mm"] < several["hd_mm"]
    slide(lab, "radius", 2)
    bridged = holds("one", 0.5, 2, largest=True)  # the trap: the ball joins a wrong piece to the atrium
    assert bridged["hd_mm"] > alone["hd_mm"] and bridged["dice"] > alone["dice"]
    slide(lab, "threshold", 0.3)
    holds("one", 0.3, 2, largest=True)
    changes(lab, lambda: lab.select_option(".lab select[name=scan]", "1"))
    changes(lab, lambda: lab.get_by_role("button", name="The paper's cleaning").click())
    lost = holds("two", 0.5, 2, largest=True)
    assert lost["hd_mm"] > cells(lab, "raw")["hd_mm"]  # a vein that had been found is gone

    flat, solid = pictures(lab)
    changes(lab, lambda: lab.select_option(".lab select[name=plane]", "1"))
    across = pictures(lab)
    assert across[0] != flat and across[1] == solid
    slide(lab, "slice", 0.3)
    assert pictures(lab)[0] != across[0]
    slide(lab, "turn", 90)
    assert pictures(lab)[1] != solid
    depth, _, width = committed("two")["shape"]
    size = lab.evaluate("(({width, height}) => [width, height])(document.querySelector('.lab canvas'))")
    assert size == [3 * width, 3 * depth]  # seen from the front
    assert "coronal slice" in lab.get_attribute(".lab canvas >> nth=0", "aria-label")
    assert lab.errors == []


# The lab on measuring ---------------------------------------------------------------------------------------

NAMES = ("dice", "jaccard", "hd_mm", "hd95_mm", "assd_mm", "volume_difference_ml")


def measured(lab):
    """What the lab says of each metric, in its own words, and whether that is as near as two people."""
    words = lab.evaluate(
        "[...document.querySelectorAll('.lab td[data-cell]')].map(one => one.textContent)",
    )
    verdicts = lab.evaluate(
        "[...document.querySelectorAll('.lab td[data-verdict]')].map(one => one.textContent)"
    )
    return dict(zip(NAMES, words, strict=True)), dict(zip(NAMES, verdicts, strict=True))


def test_the_lab_on_measuring_measures_as_the_library(launch, tmp_path):  # noqa: F811
    """Painted and erased by key and by mouse; the numbers are score_case's on a mask drawn alongside."""
    lab = book_lab(launch, tmp_path, "measuring", guess="12")
    volume = committed("one")
    truth, spacing, mask = volume["truth"] > 0, volume["spacing_mm"], volume["truth"] > 0
    depth, height, width = truth.shape
    z, y, x = depth // 2, height // 2, width // 2  # where the brush begins
    grid = np.stack(np.indices(truth.shape))

    def ball(radius):
        squares = sum((axis - centre) ** 2 for axis, centre in zip(grid, (z, y, x), strict=True))
        return squares <= radius**2 + radius

    def holds():
        wanted = score_case("", truth, mask, spacing)
        found, verdicts = measured(lab)
        for name in NAMES:
            # to the last digit that is shown
            shown = len(found[name].partition(".")[2])
            assert float(found[name]) == pytest.approx(wanted[name], abs=0.51 * 10**-shown), name
            human = HUMAN["difference_ml" if name == "volume_difference_ml" else name]
            near = wanted[name] >= human if name in ("dice", "jaccard") else abs(wanted[name]) <= human
            assert verdicts[name] == ("yes" if near else "no"), name
        return found

    assert holds()["dice"] == "1.000"
    lab.focus(".lab-worksheet")
    for _ in range(4):
        lab.keyboard.press("Shift+ArrowRight")
    x = width - 1 if x + 40 > width - 1 else x + 40
    lab.keyboard.press("ArrowLeft")
    x -= 1
    before = pictures(lab)
    changes(lab, lambda: lab.keyboard.press(" "))
    mask = mask | ball(2)
    far = holds()
    assert float(far["dice"]) > 0.99 and far["hd95_mm"] == "0.00"  # an island: HD alone notices
    assert float(far["hd_mm"]) > HUMAN["hd_mm"]
    assert all(now != then for now, then in zip(pictures(lab), before, strict=True))

    changes(lab, lambda: lab.keyboard.press("PageDown"))
    z -= 1
    changes(lab, lambda: lab.select_option(".lab select[name=tool]", "1"))
    changes(lab, lambda: lab.select_option(".lab select[name=brush]", "2"))
    y, x = height // 2, width // 2
    box = lab.locator(".lab-worksheet").bounding_box()
    at = (box["x"] + (x + 0.5) * box["width"] / width, box["y"] + (y + 0.5) * box["height"] / height)
    lab.mouse.move(*at)
    changes(lab, lambda: (lab.mouse.down(), lab.mouse.up()))
    mask = mask & ~ball(5)
    assert float(holds()["volume_difference_ml"]) < 0

    changes(lab, lambda: lab.select_option(".lab select[name=brush]", "0"))
    slide(lab, "slice", z + 4)
    z += 4
    lab.focus(".lab-worksheet")
    changes(lab, lambda: lab.keyboard.press("Enter"))
    mask = mask & ~ball(0)
    holds()
    solid = pictures(lab)[1]
    slide(lab, "turn", 100)
    assert pictures(lab)[1] != solid

    changes(lab, lambda: lab.get_by_role("button", name="Begin with what a network found").click())
    mask = volume["atrium"] > 127
    holds()
    changes(lab, lambda: lab.get_by_role("button", name="Begin with nothing").click())
    found, verdicts = measured(lab)
    assert (found["dice"], found["hd_mm"], verdicts["assd_mm"]) == ("0.000", "infinite", "no")
    changes(lab, lambda: lab.get_by_role("button", name="Begin with the truth").click())
    mask = truth
    holds()
    assert lab.errors == []

"""The metrics and the cleaning that run in a page against the library's, in a real browser."""

from pathlib import Path

import numpy as np
import pytest
from browsing import FLAT, launch  # noqa: F401 (launch is a fixture)

from atriacourse.evaluation.case_row import score_case
from atriacourse.evaluation.distances import surface_voxels
from atriacourse.inference.postprocess import PostprocessConfig, ball_runs, close_mask, largest_component

pytestmark = [pytest.mark.book, pytest.mark.slow]

MASKS = Path(__file__).parents[2] / "book" / "_assets" / "labs" / "masks.js"
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

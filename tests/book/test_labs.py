"""The labs of the front page and of the chapters 4 to 6, worked by hand in a browser.

Small networks of random weights, small slices; the oracle of every number is the library or PyTorch.
"""

import lab_stills
import numpy as np
import pytest
import torch
from browsing import FLAT, barriers, launch  # noqa: F401 (launch is a fixture)
from lab_pages import ASSETS, lab_folder, lab_slice, open_lab, random_network, write_page
from skimage.draw import line, polygon

from atriacourse.augment.gamma import apply_gamma
from atriacourse.augment.geometry import Geometry, resample
from atriacourse.data.phantom import PhantomConfig
from atriacourse.data.phantom.write import plan_cases
from atriacourse.evaluation.distances import hausdorff_mm, surface_distances
from atriacourse.evaluation.overlap import dice
from atriacourse.inference.predict import network_input
from atriacourse.network.unet import MultiTaskUNet
from atriacourse.runs.folder import open_model
from atriacourse.runs.shipped import commoner, read_card

pytestmark = [pytest.mark.book, pytest.mark.slow]

SLICES = [lab_slice(word, height=40, width=52, seed=k) for k, word in enumerate(("one", "two"))]
TRUTH, SPACING = SLICES[0]["mask"], tuple(SLICES[0]["spacing_mm"])


@pytest.fixture(scope="module")
def network() -> MultiTaskUNet:
    """One that finds an atrium on part of the slice, not on all, and whose label head hears the slice."""
    loud = random_network(seed=1)
    for convolution in (part for block in loud.encoder for part in (block[0], block[3])):
        convolution.weight.data *= 3
    return loud


@pytest.fixture(scope="module")
def folder(tmp_path_factory, network):
    return lab_folder(tmp_path_factory.mktemp("labs"), SLICES, {"phantom-gamma": network})


@pytest.fixture(scope="module")
def browser(launch):  # noqa: F811
    return launch(*FLAT)


def pictures(page):
    return page.evaluate("[...document.querySelectorAll('.lab canvas')].map(one => one.toDataURL())")


def status(page):
    return page.inner_text(".lab [role=status]")


def settled(page):
    """Nothing is being computed, and what a reader sees then: pictures and status."""
    page.wait_for_selector(".lab[data-shown]:not([data-busy])")
    return pictures(page), status(page)


def pressed(page, name, key="ArrowRight", times=1):
    page.focus(f".lab [name={name}]")
    for _ in range(times):
        page.keyboard.press(key)
    return settled(page)


def filled(points):
    """Inside of the polygon and its sides, by scikit-image; points are (y, x)."""
    mask = np.zeros(TRUTH.shape, bool)
    mask[polygon(*np.transpose(points), shape=TRUTH.shape)] = True
    for a, b in zip(points, [*points[1:], points[0]], strict=True):
        mask[line(*a, *b)] = True
    return mask


def scores(mask):
    """Dice and Hausdorff distance as the lab writes them."""
    guess, truth = mask[None], TRUTH[None]
    return [
        f"{dice(truth, guess):.2f}",
        f"{hausdorff_mm(surface_distances(truth, guess, SPACING)):.1f}",
    ]


def rows(page):
    return page.locator(".lab-results tbody tr").all_inner_texts()


HUMANS = '<p class="lab-humans">Dice <a class="claim" href="#">0.927</a></p>'


def to(page, y, x, at):
    """Walk the cursor there from `at`, with long steps where they fit."""
    for wanted, here, more, less in ((y, at[0], "Down", "Up"), (x, at[1], "Right", "Left")):
        key = f"Arrow{more if wanted > here else less}"
        far, near = divmod(abs(wanted - here), 10)
        for _ in range(far):
            page.keyboard.press(f"Shift+{key}")
        for _ in range(near):
            page.keyboard.press(key)
    return y, x


def test_an_outline_by_keyboard_is_scored_as_the_library_does(browser, folder, network):
    page = open_lab(browser, write_page(folder, "outline", HUMANS), "0.8")
    page.focus(".lab-worksheet")
    page.keyboard.press("Enter")
    assert "three points or more" in status(page)
    blank, at = pictures(page), (20, 26)
    corners = [(11, 12), (9, 33), (28, 30), (25, 10)]  # slanted sides
    for corner in corners:
        at = to(page, *corner, at)
        assert f"Cursor {corner[1]} across, {corner[0]} down" in status(page)
        page.keyboard.press("Space")
    assert "4 points" in status(page) and pictures(page) != blank
    page.keyboard.press("Backspace")
    assert "3 points" in status(page)
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    assert rows(page) == ["\t".join(["You", *scores(filled(corners))])]
    assert "You had said 0.8" in status(page)
    alone = pictures(page)
    page.get_by_role("button", name="Now the network").click()
    page.wait_for_selector(".lab-results tr:nth-child(2)")
    wanted = found_by(network, SLICES[0]["voxels"])
    assert 0 < wanted.sum() < wanted.size
    assert rows(page)[1:] == ["\t".join(["The network", *scores(wanted)]), "Two people, one scan\t0.927\t"]
    assert pictures(page) != alone
    page.get_by_role("button", name="Undo").click()
    assert rows(page) == [] and "4 points" in status(page)
    page.get_by_role("button", name="Clear").click()
    before = pictures(page)
    page.select_option(".lab select", "1")
    assert pictures(page) != before
    assert page.errors == [] and barriers(page) == []


def found_by(network, voxels):
    """The network's mask by PyTorch; the slice needs no padding."""
    images, _ = network_input(torch.from_numpy(voxels), [1], offsets=(-1, 0, 1), multiple=4)
    with torch.no_grad():
        logits = network(images).mask_logits[0]
    return (logits[1] > logits[0]).numpy()


def test_an_outline_by_mouse_closes_when_the_stroke_ends(browser, folder):
    page = open_lab(browser, write_page(folder, "outline"))
    box = page.locator(".lab-worksheet").bounding_box()
    angles = np.linspace(0, 1.9 * np.pi, 40)
    points = [(int(20 + 9 * np.sin(angle)), int(24 + 15 * np.cos(angle))) for angle in angles]
    for k, (y, x) in enumerate(points):
        page.mouse.move(box["x"] + (x + 0.5) * box["width"] / 52, box["y"] + (y + 0.5) * box["height"] / 40)
        if k == 0:
            page.mouse.down()
    page.mouse.up()
    (row,) = rows(page)
    shown, wanted = (float(text) for text in (row.split("\t")[1], scores(filled(points))[0]))
    assert shown == pytest.approx(wanted, abs=0.02)  # a side through the corner of a pixel may take either
    assert page.errors == []


def test_an_outline_by_finger_on_a_phone(browser, folder):
    address = write_page(folder, "outline")
    page = open_lab(browser, address, viewport={"width": 390, "height": 844}, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(".lab-worksheet").scroll_into_view_if_needed()
    box = page.locator(".lab-worksheet").bounding_box()
    for y, x in ((0.2, 0.3), (0.2, 0.7), (0.8, 0.5)):
        page.touchscreen.tap(box["x"] + x * box["width"], box["y"] + y * box["height"])
    assert "3 points" in status(page)
    page.get_by_role("button", name="Close the outline").click()
    assert len(rows(page)) == 1 and page.errors == []


RESAMPLE = """([images, drawn, crop, padding]) => {
  const { resample } = atriaTransforms();
  return Array.from(resample({ ...images, data: Float32Array.from(images.data) }, drawn, crop, padding).data);
}"""


@pytest.mark.parametrize("padding", ["mirror", "zero", "edge"])
def test_the_page_resamples_as_the_library_does(browser, folder, padding):
    page = browser.new_page()
    page.goto(write_page(folder, "geometry"))
    page.add_script_tag(path=ASSETS / "labs" / "transforms.js")
    images = torch.rand(2, 13, 18, generator=torch.Generator().manual_seed(1))
    shown = {"data": images.flatten().tolist(), "channels": 2, "height": 13, "width": 18}
    cases = [  # turned, zoomed, shifted, flipped; crops smaller, larger and odd
        (0.0, (1.0, 1.0), (0.0, 0.0), (False, False), (8, 12)),
        (0.6, (1.0, 1.0), (0.0, 0.0), (False, False), (16, 16)),
        (-2.1, (0.5, 1.4), (0.2, -0.3), (True, False), (31, 40)),
        (3.0, (1.3, 0.8), (-0.1, 0.25), (False, True), (9, 7)),
    ]
    for angle, zoom, shift, flip, crop in cases:
        drawn = Geometry(
            torch.tensor([angle]), torch.tensor([zoom]), torch.tensor([shift]), torch.tensor([flip])
        )
        wanted, _ = resample(images[None], torch.tensor([[13, 18]]), drawn, crop, padding=padding)
        given = {"angle": angle, "zoom": zoom, "shift": shift, "flip": flip}
        found = torch.tensor(page.evaluate(RESAMPLE, [shown, given, crop, padding]))
        differences = (found - wanted.flatten()).abs()
        # a position on the very border of the slice may be rounded to either side of it
        assert (differences > 1e-4).sum() <= (2 if padding == "zero" else 0)
    page.close()


def test_every_control_of_the_geometry_moves_the_picture(browser, folder):
    page = open_lab(browser, write_page(folder, "geometry"))
    rest, _ = settled(page)
    for name in ("angle", "down", "across", "zoom"):
        now, _ = pressed(page, name, times=2)
        assert now[0] != rest[0], name
        page.get_by_role("button", name="As it was").click()
        assert settled(page)[0] == rest, name
    for name in ("upDown", "leftRight"):
        now, _ = pressed(page, name, "Space")
        assert now[0] != rest[0], name
        pressed(page, name, "Space")
    assert settled(page)[0] == rest
    smaller, _ = pressed(page, "crop", "ArrowUp")
    assert smaller[0] != rest[0]
    mirrored, _ = pressed(page, "crop", "ArrowDown", 2)
    zeros, _ = pressed(page, "padding", "ArrowDown")
    edges, _ = pressed(page, "padding", "ArrowDown")
    assert len({mirrored[0], zeros[0], edges[0], rest[0]}) == 4
    other, said = pressed(page, "slice", "ArrowDown")
    assert other[0] != edges[0] and said.startswith("Dice")
    page.get_by_role("button", name="As it was").click()
    pressed(page, "crop", "Home")
    framed = pressed(page, "zoom", "End")[0][1]  # now the crop's frame lies within the slice
    pressed(page, "down", "End")
    assert pressed(page, "across", "End")[0][1] != framed
    assert page.errors == [] and barriers(page) == []


def test_the_cover_reaches_as_far_as_the_layers_say(browser, folder):
    page = open_lab(browser, write_page(folder, "network"))
    first, said = settled(page)
    # two 3x3 convolutions reach two pixels to either side of the 16 that are covered
    assert "level 0" in said and "changes 20 x 20 pixels" in said
    page.focus(".lab-worksheet")
    page.keyboard.press("ArrowLeft")
    moved, _ = settled(page)
    assert moved[0] != first[0] and moved[1] != first[1] and moved[2] != first[2]
    page.locator(".lab-worksheet").hover(position={"x": 9, "y": 9})
    assert settled(page)[0] == moved, "a hand that only passes over it moves nothing"
    page.locator(".lab-worksheet").click(position={"x": 60, "y": 60})
    clicked, _ = settled(page)
    assert clicked[0] != moved[0]
    for name in ("size", "when", "shown", "slice"):
        before, _ = settled(page)
        now, said = pressed(page, name, "ArrowRight" if name == "size" else "ArrowDown")
        assert now[{"shown": 2}.get(name, 0)] != before[{"shown": 2}.get(name, 0)], name
    for level in range(1, 5):  # down 1 and 2, up 1 and 0, of this network
        before, now = now, pressed(page, "level", "ArrowDown")[0]
        assert now[2] != before[2] and now[:2] == before[:2], level
    pressed(page, "size", "Home")
    pressed(page, "when", "ArrowUp")
    _, said = settled(page)
    assert said.startswith("0 pixels of the mask") and "changes nothing" in said
    assert page.errors == [] and barriers(page) == []


def test_the_probability_moves_with_all_that_is_done_to_the_slice(browser, folder):
    page = open_lab(browser, write_page(folder, "label"), "0.5")
    first, said = settled(page)
    assert f"After ablation: {page.inner_text('.lab-score')} (one; scars painted: 0)" in said
    for name, key, times in (("gamma", "ArrowLeft", 6), ("flip", "Space", 1)):
        now, other = pressed(page, name, key, times)
        assert now[0] != first[0] and now[1] != first[1] and other != said, name
        pressed(page, name, {"ArrowLeft": "ArrowRight"}.get(key, key), times)
        assert settled(page) == (first, said), name
    now, other = pressed(page, "grid", "ArrowDown")
    assert now[0] == first[0] and now[1] != first[1] and "Loudest of 1 x 1" in other
    pressed(page, "grid", "ArrowUp")
    page.focus(".lab-worksheet")
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Space")
    painted, other = settled(page)
    assert painted[1] != first[1] and "scars painted: 1" in other
    page.locator(".lab-worksheet").click(position={"x": 60, "y": 40})
    assert "scars painted: 2" in settled(page)[1]
    page.get_by_role("button", name="Wipe the scars").click()
    cleaned, other = settled(page)
    assert cleaned[1] == first[1] and other == said
    assert pressed(page, "slice", "ArrowDown")[0][0] != cleaned[0]
    assert page.errors == [] and barriers(page) == []


def test_a_scar_lies_where_it_was_painted_when_the_slice_is_upside_down(browser, folder):
    """Painted upright and then flipped, or flipped and painted at the mirrored place: the same picture."""

    def cells(*acts):
        page = open_lab(browser, write_page(folder, "label"))
        for act in acts:
            if act == "flip":
                pressed(page, "flip", "Space")
            else:
                page.focus(".lab-worksheet")
                for key in act:
                    page.keyboard.press(key)
        return settled(page)[0][1]

    # from row 20 of 40 up by one and down by nothing: rows 19 and 20 are mirror images
    assert cells(["ArrowUp", "Space"], "flip") == cells("flip", ["Space"])


def test_what_the_chapters_say_of_the_labs_network_is_so():
    geometry = open_model("phantom-gamma").config.augmentation.geometry
    assert geometry.flip_up_down == geometry.flip_left_right == 0 < geometry.rotation_degrees <= 10
    card = read_card("phantom-gamma")
    assert card["held_out"]["all"]["label_right"] <= commoner(card)
    config = PhantomConfig(**card["phantoms"]["config"])
    planned = plan_cases(cases=card["phantoms"]["cases"], config=config, seed=card["phantoms"]["seed"])
    after = {one.name: one.config.post_ablation for one in planned}
    assert np.mean([after[name] for name in card["trained_on"]]) == pytest.approx(0.6)  # "sixty per cent"


def test_the_still_pictures_show_what_their_captions_say():
    """Of the networks and the slice that the labs have; the pictures themselves are committed."""
    gamma, plain = (
        open_model(name).load(0, torch.device("cpu")).eval() for name in ("phantom-gamma", "phantom-plain")
    )
    images, truth = lab_stills.first_slice()
    whole, dark = (
        lab_stills.shown(images),
        lab_stills.shown(apply_gamma(images[None], torch.tensor([0.4]))[0]),
    )
    upside_down = lab_stills.shown(images.flip(1))

    def scored(mask):
        return dice(truth[None], mask[None])

    assert scored(lab_stills.found(gamma, dark)) > 0.8 > 0.5 > scored(lab_stills.found(plain, dark))
    assert scored(lab_stills.found(gamma, whole)) > 0.9
    assert lab_stills.found(gamma, upside_down).sum() < 10
    covered, (y, x) = whole.clone(), (side // 2 for side in truth.shape)
    covered[:, :, y - 8 : y + 8, x - 8 : x + 8] = 0
    lost = lab_stills.found(gamma, whole).sum() - lab_stills.found(gamma, covered).sum()
    assert lost > 2 * 16 * 16
    row, column = np.unravel_index(lab_stills.votes(gamma, upside_down).argmax(), (8, 8))
    assert row < 3 and 2 < column < 5  # the spine is at the top then, the atrium in rows 3 and 4
    pictures = {path.stem for path in (ASSETS / "stills").glob("*.png")}
    assert pictures >= {"contrast", "geometry", "network", "label"}

"""The phantom as a whole: the same every time, an atrium as it should be, and no gift to a threshold."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from atriacourse.data.phantom import PhantomConfig, make_phantom
from atriacourse.data.phantom.anatomy import draw_anatomy
from atriacourse.data.phantom.atrium import VEIN_SETS
from atriacourse.data.phantom.paint import paint, voxel_axes
from atriacourse.data.phantom.phantom_config import SITES
from atriacourse.data.phantom.signal import draw_scan
from atriacourse.data.statistics import best_threshold_dice
from atriacourse.errors import InputError

FINE = PhantomConfig(matrix=160, slices=44, field_mm=200.0)  # 1.25 mm voxels


@pytest.fixture(scope="module")
def ten():
    """Ten phantoms at the default size."""
    return [make_phantom(PhantomConfig(), seed=seed) for seed in range(10)]


def drawn(seed, *, post=True, config=FINE):
    rng = np.random.default_rng(seed)
    anatomy = draw_anatomy(config, site=SITES["A"], post_ablation=post, rng=rng)
    return anatomy, draw_scan(SITES["A"], post_ablation=post, rng=rng).tissues


def value_at(volume, config, anatomy, point):
    """The voxel of a (z, y, x) volume nearest to (x, y, z) mm from the middle of the atrium."""
    x, y, z = (
        int(np.abs(axis - p).argmin()) for axis, p in zip(voxel_axes(anatomy, config), point, strict=True)
    )
    return volume[z, y, x]


def test_what_a_phantom_is(ten):
    for phantom in ten:
        assert phantom.image.shape == phantom.mask.shape == (44, 144, 144)
        assert phantom.image.dtype == np.uint8
        assert phantom.mask.dtype == phantom.wall.dtype == phantom.scar.dtype == bool
        assert phantom.spacing_mm == (1.25, 2.5, 2.5)
        assert not np.any(phantom.mask & phantom.wall)
        assert not np.any(phantom.scar & ~phantom.wall)
        assert phantom.site in ("A", "B") and phantom.veins in (2, 3, 4, 5)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_patient(ten):
    again = make_phantom(PhantomConfig(), seed=3)
    assert again.image.tobytes() == ten[3].image.tobytes()
    assert np.array_equal(again.mask, ten[3].mask)
    assert not np.array_equal(ten[3].mask, ten[4].mask)


@pytest.mark.slow
def test_the_number_of_threads_does_not_matter():
    script = (
        "import hashlib; from atriacourse.data.phantom import *\n"
        "p = make_phantom(PhantomConfig(matrix=200), seed=1)\n"
        "print(hashlib.sha256(p.image.tobytes() + p.mask.tobytes()).hexdigest())"
    )

    def digest(threads):
        limits = {name: threads for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
        return subprocess.run(
            [sys.executable, "-c", script],
            env=os.environ | limits,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    assert digest("1") == digest("2")


@pytest.mark.slow
def test_the_patient_does_not_depend_on_the_matrix():
    coarse = make_phantom(PhantomConfig(matrix=100, slices=22, field_mm=200.0), seed=5)
    fine = make_phantom(PhantomConfig(matrix=300, slices=66, field_mm=200.0), seed=5)
    # every coarse voxel has the middle of a block of 3 x 3 x 3 fine ones as its middle
    # (all but a voxel or two that hang on to the cavity at one size only)
    assert np.sum(fine.mask[1::3, 1::3, 1::3] ^ coarse.mask) <= 2
    assert np.sum(fine.wall[1::3, 1::3, 1::3] ^ coarse.wall) <= 2
    assert (fine.site, fine.post_ablation, fine.veins) == (coarse.site, coarse.post_ablation, coarse.veins)


def test_the_field_of_view_cuts_and_does_not_move_the_patient():
    narrow = make_phantom(PhantomConfig(matrix=100, slices=22, field_mm=250.0), seed=5)
    wide = make_phantom(PhantomConfig(matrix=140, slices=22, field_mm=350.0), seed=5)
    assert narrow.mask.any() and np.array_equal(wide.mask[:, 20:-20, 20:-20], narrow.mask)


@pytest.mark.parametrize("changes", [{"veins": 2}, {"post_ablation": False}, {"site": "B"}])
def test_fixing_one_thing_leaves_the_rest_of_the_patient(changes):
    free, fixed = make_phantom(FINE, seed=8), make_phantom(replace(FINE, **changes), seed=8)
    differing = np.mean(free.mask ^ fixed.mask) / np.mean(free.mask)
    assert differing < (0.35 if "veins" in changes else 1e-9)


def test_the_atrium_is_one_piece_in_some_slices_only_and_of_a_human_size(ten):
    for phantom in ten:
        assert ndimage.label(phantom.mask)[1] == 1
        shown = phantom.mask.any(axis=(1, 2))
        assert 20 <= shown.sum() <= 40 and not shown[0]
        assert 20 < phantom.mask.sum() * np.prod(phantom.spacing_mm) / 1000 < 130


def test_every_number_of_veins_can_be_had():
    for count, names in VEIN_SETS.items():
        anatomy, tissues = drawn(4, config=replace(FINE, veins=count))
        assert [vein.name for vein in anatomy.veins] == list(names) and len(names) == count
        painted = paint(anatomy, tissues, FINE)
        for vein in anatomy.veins:
            # the warp moves it by a voxel or two, so look in a small neighbourhood
            grown = ndimage.binary_dilation(painted.cavity, iterations=3)
            if vein.stump.nodes[1][2] < 20:  # not cut off by the top of the slab
                assert value_at(grown, FINE, anatomy, vein.stump.nodes[1]), vein.name


def test_the_truth_is_cut_at_the_mitral_plane_and_the_blood_goes_on():
    for seed in range(5):
        anatomy, tissues = drawn(seed)
        painted = paint(anatomy, tissues, FINE)
        point, normal = np.array(anatomy.mitral_point), np.array(anatomy.mitral_normal)
        before, after = point - 6 * normal, point + 6 * normal
        assert value_at(painted.cavity, FINE, anatomy, before)
        assert not value_at(painted.cavity, FINE, anatomy, after)
        assert not value_at(painted.wall, FINE, anatomy, after)
        assert value_at(painted.signal, FINE, anatomy, before) == pytest.approx(1)
        assert value_at(painted.signal, FINE, anatomy, after) == pytest.approx(1, abs=0.06)


def test_the_patient_lies_as_in_the_challenge():
    """Image right is the patient's left: the aorta lies right of the spine, the ventricle right and front."""
    for seed in range(5):
        anatomy, _ = drawn(seed)
        spine = next(organ for organ in anatomy.far if organ.tissue == "marrow").solids[0]
        aorta = anatomy.near[-1].solids[0]
        assert aorta.nodes[0][0] > spine.centre[0] and spine.centre[1] > 20
        assert anatomy.ventricle.centre[0] > 20 and anatomy.ventricle.centre[1] < 0
        assert anatomy.appendage.nodes[-1][1] < anatomy.appendage.nodes[0][1]  # it points forward
        ascending = anatomy.near[-2].solids[0]
        assert ascending.nodes[-1][1] < 0 < aorta.nodes[0][1]


@pytest.mark.slow
def test_scar_is_what_ablation_leaves_around_the_ostia():
    for seed in range(4):
        shares, bright = {}, {}
        for post in (False, True):
            anatomy, tissues = drawn(seed, post=post)
            painted = paint(anatomy, tissues, FINE)
            shares[post] = painted.scar.sum() / painted.wall.sum()
            inner = painted.scar & ndimage.binary_dilation(painted.cavity)
            bright[post] = painted.signal[inner].mean() if inner.any() else 0.0
        assert shares[True] > 0.04 and shares[False] < 0.03
        assert bright[True] > 1.05  # brighter than the blood, edges included


def test_the_two_sites_differ_in_grey_level():
    greys = {
        site: [
            (p := make_phantom(PhantomConfig(matrix=64, slices=16, site=site), seed=s)).image[p.mask].mean()
            for s in range(8)
        ]
        for site in SITES
    }
    assert np.median(greys["A"]) > 1.5 * np.median(greys["B"])


def test_a_threshold_does_not_solve_it(ten):
    """Best of 16 global thresholds + largest component, chosen with the truth in hand.

    In the window of data/statistics.py the real cases reach 0.23 to 0.79 (median 0.46); see realism.csv.
    """
    scores = [best_threshold_dice(phantom.image, phantom.mask) for phantom in ten[:5]]
    assert max(scores) < 0.7 and np.median(scores) < 0.5


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"matrix": 16}, "from 32 to 1280 .*veins vanish.*, got 16"),
        ({"slices": 4}, "from 8 to 352 .*veins vanish.*, got 4"),
        ({"matrix": 1280, "slices": 352}, "576,716,800 voxels are more than 72,089,600"),
        ({"field_mm": 100.0}, "from 200 to 600"),
        ({"slab_mm": 10.0}, "from 40 to 80"),
        ({"veins": 6}, "from 2 to 5"),
        ({"site": "C"}, "must be one of"),
        ({"post_fraction": 1.5}, "from 0 to 1 .*got 1.5"),
    ],
)
def test_a_wrong_setting_is_refused_with_the_way_out(changes, said):
    with pytest.raises(InputError, match=said):
        PhantomConfig(**changes)

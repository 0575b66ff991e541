"""Statistics of a cohort: values worked out by hand, an offset that may not matter, the recorded table."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from realism import data_hash, main

import atriacourse.data.phantom
from atriacourse.data.cohort import open_cohort
from atriacourse.data.phantom import PhantomConfig, make_phantom, write_phantom_cohort
from atriacourse.data.phantom.write import plan_cases
from atriacourse.data.statistics import (
    MEANINGS,
    best_threshold_dice,
    case_statistics,
    cohort_statistics,
    compare_statistics,
)
from atriacourse.errors import InputError

REALISM = Path(atriacourse.data.phantom.__file__).with_name("realism.csv")
RECORDED = pd.read_csv(REALISM, comment="#", index_col="statistic")


def box_scan(*, blood=100.0, around=40.0, noise=0.0):
    """A 20 x 20 x 20 mm box of blood in the middle of 40 x 40 x 40 mm, 1 mm voxels, some noise."""
    rng = np.random.default_rng(0)
    mask = np.zeros((40, 40, 40), bool)
    mask[10:30, 10:30, 10:30] = True
    return np.where(mask, blood, around) + noise * rng.standard_normal(mask.shape), mask


def test_shape_of_a_box_by_hand():
    image, mask = box_scan()
    found = case_statistics(image, mask, (2.0, 1.0, 0.5))
    assert found["volume_ml"] == pytest.approx(8.0)  # 8000 voxels of 1 mm3
    assert found["extent_mm"] == 40 and found["bottom_mm"] == 20  # 20 and 10 slices, 2 mm apart
    assert found["area_max_mm2"] == 200  # 400 voxels of 0.5 mm2
    assert (found["width_mm"], found["depth_mm"]) == (10, 20)
    assert (found["area_25"], found["area_50"], found["area_75"]) == (1, 1, 1)
    assert found["split_slices"] == 0


def test_a_cone_has_its_quarter_areas_and_a_fork_its_split_slices():
    mask = np.zeros((33, 60, 60), bool)
    for z in range(33):  # the area grows with height: 10 x (z + 1) voxels
        mask[z, 10:20, 10 : 11 + z] = True
    mask[30:33, 15, :] = False  # the top three slices fall into two parts
    found = case_statistics(np.where(mask, 9.0, 1.0), mask, (1.0, 1.0, 1.0))
    # largest: slice 29 with 300 voxels; heights 4, 8 and 12 hold 50, 90 and 130: mean 90
    assert found["area_25"] == pytest.approx(90 / 300)
    assert found["area_50"] == pytest.approx(170 / 300)
    assert found["area_75"] == pytest.approx(250 / 300)
    assert found["split_slices"] == pytest.approx(3 / 33)


def test_contrast_of_a_flat_box_by_hand():
    image, mask = box_scan(blood=100, around=40)
    found = case_statistics(image, mask, (1.0, 1.0, 1.0))
    # window: 32 ^ 3 voxels, 8000 of them blood, a share p = 0.2441; SD = 60 * sqrt(p (1 - p)) = 25.77
    assert found["blood_minus_ring"] == found["blood_minus_wall"] == pytest.approx(60 / 25.77, abs=1e-3)
    assert found["auc_blood_ring"] == 1.0
    assert found["grey_range"] == 60 and found["noise"] == pytest.approx(0, abs=1e-6)
    assert found["shading"] == pytest.approx(0, abs=1e-6)
    assert found["threshold_dice"] == 1.0


def test_the_unknown_offset_does_not_matter():
    image, mask = box_scan(noise=10)
    plain, shifted = (case_statistics(scan, mask, (1.0, 1.0, 1.0)) for scan in (image, image + 31))
    assert shifted == pytest.approx(plain, rel=1e-4, abs=1e-4)


def test_noise_is_measured_over_the_blood_and_roughness_tells_white_from_smooth():
    image, mask = box_scan(blood=100, around=0, noise=5)
    found = case_statistics(image, mask, (1.0, 1.0, 1.0))
    # the blood stands about 110 above the first percentile (-11); a little is lost with the smoothed image
    assert found["noise"] == pytest.approx(5 / 110, rel=0.1)
    # second differences along two axes, over 6, of white noise: SD sqrt(6 * 6) / 6 = 1 times its SD
    assert found["roughness"] == pytest.approx(1.0, rel=0.1)
    assert found["auc_blood_ring"] == pytest.approx(1.0)


def test_histogram_overlap_is_one_half_for_equal_tissue():
    image, mask = box_scan(blood=50, around=50, noise=5)
    found = case_statistics(image, mask, (1.0, 1.0, 1.0))
    assert found["auc_blood_ring"] == pytest.approx(0.5, abs=0.03)
    # P(normal > mean + 1 SD) = 0.159
    assert found["bright_wall"] == pytest.approx(0.159, abs=0.03)


def test_best_threshold_keeps_the_largest_piece():
    grey, truth = np.zeros((3, 9, 9)), np.zeros((3, 9, 9), bool)
    truth[1, 1:4, 1:4] = True
    grey[truth] = 10
    grey[1, 6:8, 6:8] = 20  # brighter, smaller, elsewhere
    assert best_threshold_dice(grey, truth) == 1.0
    grey[1, 4, 2:7] = 15  # now a bridge to it: 9 + 5 + 4 voxels, Dice 2 * 9 / (18 + 9), or the 4 alone, 0
    grey[1, 5, 6] = 15  # (19 voxels)
    assert best_threshold_dice(grey, truth) == pytest.approx(2 * 9 / (19 + 9))


def test_a_mask_without_blood_is_refused():
    image, mask = box_scan()
    with pytest.raises(InputError, match="mask is empty"):
        case_statistics(image, np.zeros_like(mask), (1.0, 1.0, 1.0))
    thin = np.zeros_like(mask)
    thin[20, 20, 20] = True
    with pytest.raises(InputError, match="no voxel further than"):
        case_statistics(image, thin, (1.0, 1.0, 1.0))


def test_comparison_says_what_is_inside():
    real = pd.DataFrame({"a": np.arange(101.0), "b": np.arange(101.0), "c": np.arange(101.0)})
    phantom = pd.DataFrame({"c": [2.0, 3.0, 50.0], "a": [10.0, 50.0, 90.0], "b": [50.0, 60.0, 101.0]})
    table = compare_statistics(real, phantom)
    assert list(table.index) == ["a", "b", "c"]
    assert table.loc["a", "real_min":"real_max"].tolist() == [0, 5, 50, 95, 100]
    assert table.loc["a", "phantom_min":"phantom_max"].tolist() == [10, 50, 90]
    assert table.median_inside.tolist() == [True, True, False]  # 3 lies below the 5 % of c
    assert table.all_inside.tolist() == [True, False, True]  # 101 lies above the maximum of b


def test_one_sum_names_a_data_set_in_any_order(tmp_path):
    (tmp_path / "SHA256SUMS").write_text("bb  10  two.h5\naa  20  one file.h5\n", encoding="utf-8")
    below = tmp_path / "data"
    below.mkdir()
    first = data_hash(below)
    (tmp_path / "SHA256SUMS").write_text("aa  20  one file.h5\nbb  10  two.h5\n", encoding="utf-8")
    assert data_hash(tmp_path) == first and len(first) == 64
    assert data_hash(Path(tmp_path.anchor)) == "none"


def test_the_script_prints_and_writes_the_table(tmp_path, capsys):
    config = PhantomConfig(matrix=100, slices=22, field_mm=200.0)
    for name, seed in (("one", 1), ("two", 2)):
        write_phantom_cohort(tmp_path / name, cases=2, config=config, seed=seed)
    calls = []
    table = cohort_statistics(open_cohort(tmp_path / "one"), progress=lambda *done: calls.append(done))
    assert calls == [(1, 2), (2, 2)] and list(table.columns) == list(MEANINGS)
    main(
        [
            "--real",
            str(tmp_path / "one"),
            "--phantom",
            str(tmp_path / "two"),
            "--out",
            str(tmp_path / "t.csv"),
        ]
    )
    assert "volume_ml" in capsys.readouterr().out
    text = (tmp_path / "t.csv").read_text(encoding="utf-8")
    assert "# phantom cases: 2" in text and '"seed": 2' in text and "# real data: none" in text
    written = pd.read_csv(tmp_path / "t.csv", comment="#", index_col="statistic")
    assert written.loc["volume_ml", "real_max"] == pytest.approx(table.volume_ml.max(), abs=1e-3)


def test_the_recorded_table_says_that_the_phantoms_are_like_the_real_scans():
    assert list(RECORDED.index) == list(MEANINGS)
    assert RECORDED.median_inside.all() and RECORDED.all_inside.all()
    told = dict(
        line[2:].strip().split(": ", 1)
        for line in REALISM.read_text(encoding="utf-8").splitlines()
        if line.startswith("# ")
    )
    assert set(told) == {"command", "real cases", "real data", "phantom cases", "phantom settings", "date"}
    assert told["real cases"] == "80" and len(told["real data"]) == 64


def test_phantoms_of_the_recorded_cohort_still_lie_inside_the_real_ranges():
    """Two of them, at the recorded voxel size but in a smaller field (a third of the work)."""
    for case in plan_cases(cases=3, config=PhantomConfig(matrix=320, slices=88, field_mm=200.0), seed=2018)[
        1:
    ]:
        phantom = make_phantom(replace(case.config), seed=case.seed)
        assert phantom.spacing_mm == (0.625, 0.625, 0.625)
        found = pd.Series(case_statistics(phantom.image, phantom.mask, phantom.spacing_mm))
        outside = (found < RECORDED.real_min) | (found > RECORDED.real_max)
        assert not outside.any(), found[outside].to_dict()


# Cases of the mirror that hold recorded extremes: computed again they must give them again.
REAL_EXTREMES = {
    "A4R1S23KR0KU2WSYHK2X": {"blood_minus_ring": "real_min", "noise": "real_max", "window_p50": "real_min"},
    "4EPVTT1HPA8U60CDUKXE": {
        "blood_minus_ring": "real_max",
        "noise": "real_min",
        "threshold_dice": "real_max",
    },
    "GSC9KNY0VEZXFSGWNF25": {"volume_ml": "real_min", "area_max_mm2": "real_min"},
}


@pytest.mark.real
@pytest.mark.parametrize("name", REAL_EXTREMES)
def test_real_cases_give_the_recorded_ranges(real_data, name):
    case = open_cohort(real_data / "la2018").case(name)
    found = pd.Series(case_statistics(case.image().voxels, case.mask().voxels, case.mask().spacing_mm)).round(
        4
    )
    assert found.between(RECORDED.real_min, RECORDED.real_max).all()
    for statistic, end in REAL_EXTREMES[name].items():
        assert found[statistic] == pytest.approx(RECORDED.loc[statistic, end], abs=1e-3)

"""One case, one row; a table survives the way to disk and back."""

import numpy as np
import pandas as pd
import pytest

from atriacourse.errors import InputError
from atriacourse.evaluation.case_row import read_table, score_case, write_table
from atriacourse.evaluation.metrics import METRICS, volume_ml

SPACING = (2.0, 0.5, 0.25)


def boxes():
    """A box of 2x3x4 voxels and the same one row further, in a volume of 6x8x9."""
    truth, guess = np.zeros((2, 6, 8, 9), dtype=bool)
    truth[2:4, 1:4, 2:6] = True
    guess[2:4, 2:5, 2:6] = True
    return truth, guess


def test_a_row_by_hand():
    row = score_case("a", *boxes(), SPACING, spacing_source="file")
    # 24 voxels each, 2 * 2 * 4 = 16 shared: dice 32 / 48, jaccard 16 / 32
    assert row["dice"] == pytest.approx(2 / 3)
    assert row["jaccard"] == pytest.approx(1 / 2)
    # both boxes are two planes thick in z, so all 24 voxels are border; of each, one row of 8 lies one
    # row off (0.5 mm) and 16 coincide: mean 8 * 0.5 / 24 both ways
    assert row["hd_mm"] == pytest.approx(0.5)
    assert row["hd95_mm"] == pytest.approx(0.5)
    assert row["assd_mm"] == pytest.approx(1 / 6)
    assert row["hd_voxels"] == pytest.approx(1)
    assert row["hd95_voxels"] == pytest.approx(1)
    assert row["assd_voxels"] == pytest.approx(1 / 3)
    # 24 voxels of 2 * 0.5 * 0.25 = 0.25 mm cubed = 6 mm cubed = 0.006 mL
    assert row["truth_ml"] == row["guess_ml"] == pytest.approx(0.006)
    assert row["volume_difference_ml"] == 0
    assert [row[f"spacing_{axis}_mm"] for axis in "zyx"] == list(SPACING)
    assert row["spacing_source"] == "file"
    assert (row["truth_empty"], row["guess_empty"]) == (False, False)
    assert set(METRICS) < set(row)
    assert {type(row[metric]) for metric in METRICS} == {float}


def test_pooled_assd_is_an_option():
    truth, guess = np.zeros((2, 3, 9, 3), dtype=bool)
    truth[1, 0, 1] = True
    guess[1, [0, 4], 1] = True
    # truth to guess: 0; guess to truth: 0 and 4 * 0.5 = 2. Directed means 0 and 1; all three: 2/3
    assert score_case("a", truth, guess, SPACING)["assd_mm"] == pytest.approx(0.5)
    assert score_case("a", truth, guess, SPACING, pooled_assd=True)["assd_mm"] == pytest.approx(2 / 3)
    assert score_case("a", truth, guess, SPACING, pooled_assd=True)["assd_voxels"] == pytest.approx(4 / 3)


def test_empty_masks_give_a_row_all_the_same():
    truth, none = boxes()[0], np.zeros((6, 8, 9), dtype=bool)
    missed = score_case("a", truth, none, SPACING)
    assert (missed["dice"], missed["jaccard"]) == (0, 0)
    assert missed["hd_mm"] == missed["hd95_mm"] == missed["assd_mm"] == missed["assd_voxels"] == np.inf
    assert (missed["truth_empty"], missed["guess_empty"]) == (False, True)
    assert missed["volume_difference_ml"] == pytest.approx(-0.006)  # guess minus truth
    neither = score_case("a", none, none, SPACING)
    assert all(np.isnan(neither[f"{metric}_mm"]) for metric in ("hd", "hd95", "assd"))
    assert np.isnan(neither["dice"])
    assert neither["truth_ml"] == 0


def test_an_error_names_the_case():
    truth, guess = boxes()
    with pytest.raises(InputError, match="case scan 7: truth is"):
        score_case("scan 7", truth, guess[1:], SPACING)
    with pytest.raises(InputError, match="case scan 7: spacing_mm is"):
        score_case("scan 7", truth, guess, (1, 1))


def test_volume():
    # 1.25 mm of slice thickness instead of 0.625 doubles it: the spacing conflict of LA2018
    mask = np.ones((10, 20, 30))
    assert volume_ml(mask, (0.625, 0.625, 0.625)) == pytest.approx(6000 * 0.244140625 / 1000)
    assert volume_ml(mask, (1.25, 0.625, 0.625)) == 2 * volume_ml(mask, (0.625, 0.625, 0.625))
    assert volume_ml(np.zeros((1, 2, 3)), (1, 1, 1)) == 0


def test_a_table_comes_back_as_it_was(tmp_path):
    truth, guess = boxes()
    none = np.zeros_like(truth)
    rows = [
        score_case("007", truth, guess, SPACING),  # stays text
        score_case("NA", truth, none, SPACING),  # a name that pandas would take for a missing value; inf
        score_case("neither", none, none, SPACING),  # nan
    ]
    path = write_table(tmp_path / "new folder" / "cases.csv", rows)
    pd.testing.assert_frame_equal(read_table(path), pd.DataFrame(rows), check_dtype=False, rtol=1e-14)
    assert [entry.name for entry in path.parent.iterdir()] == ["cases.csv"]


def test_a_table_is_replaced_whole(tmp_path):
    path = tmp_path / "cases.csv"
    write_table(path, [{"name": "a", "dice": 0.5}, {"name": "b", "dice": 0.75}])
    write_table(path, pd.DataFrame([{"name": "c", "dice": 0.25}]))
    assert read_table(path).to_dict("records") == [{"name": "c", "dice": 0.25}]


def test_refuses_tables_that_are_none(tmp_path):
    path = tmp_path / "cases.csv"
    with pytest.raises(InputError, match="there is no table"):
        read_table(path)
    with pytest.raises(InputError, match="at least one row"):
        write_table(path, [])
    with pytest.raises(InputError, match="more than one row for a;"):
        write_table(path, [{"name": "a"}, {"name": "a"}, {"name": "b"}])
    assert not path.exists()
    path.write_text("dice\n0.5\n")
    with pytest.raises(InputError, match="column `name`"):
        read_table(path)
    path.write_text("name,dice\na,0.5\n,0.6\n")
    with pytest.raises(InputError, match="filled in each"):
        read_table(path)
    path.write_text("")
    with pytest.raises(InputError, match="is not a CSV table"):
        read_table(path)
    path.write_text('name,dice\na,"0.5\n')
    with pytest.raises(InputError, match="is not a CSV table"):
        read_table(path)
    path.write_bytes(b"\x89HDF\r\n\xff\xfe\x00")
    with pytest.raises(InputError, match="is not a CSV table"):
        read_table(path)


@pytest.mark.real
def test_real_atria_have_the_volume_of_real_atria(real_data):
    # at 0.625 mm the 100 training masks have a median of 49 mL; here are 80 of them
    h5py = pytest.importorskip("h5py")
    volumes = []
    for path in sorted((real_data / "la2018").glob("*/*/mri_norm2.h5")):
        with h5py.File(path) as file:
            volumes.append(volume_ml(file["label"][:], (0.625, 0.625, 0.625)))
    assert np.median(volumes) == pytest.approx(49, abs=2)

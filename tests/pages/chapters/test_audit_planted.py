"""Every trouble that the answer key names is in the files, and no other."""

import nrrd
import numpy as np
import pytest

from atriacourse.data.audit import audit
from atriacourse.data.cohort import open_cohort
from atriacourse.errors import InputError
from atriacourse.pages.chapters.audit_planted import (
    TROUBLES,
    answer_key,
    answers_of,
    found_table,
    write_planted_cohort,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_planted_cohort(tmp_path_factory.mktemp("planted") / "clinic", cases=14, seed=3)


@pytest.fixture(scope="module")
def key(folder):
    return answer_key(folder)


@pytest.fixture(scope="module")
def report(folder):
    return audit(open_cohort(folder))


def raw(folder, name, file="lgemri"):
    return nrrd.read(str(folder / "Training Set" / name / f"{file}.nrrd"), index_order="C")


def test_a_student_s_function_may_say_nothing_or_stop():
    arguments = {"one": (1,), "zero": (0,)}
    assert answers_of(lambda number: 1 / number, arguments) == {"one": 1}
    assert answers_of(lambda _: None, arguments) == {}
    assert answers_of(bool, arguments) == {"one": True, "zero": False}


def test_each_kind_once(folder, key):
    assert set(key) == set(TROUBLES)
    names = open_cohort(folder).names
    assert names == tuple(f"scan-{number:02d}" for number in range(1, 15))
    assert sorted(name for cases in key.values() for name in cases) == list(names)  # each has one trouble
    pairs = {"exact copy", "changed copy", "same patient"}
    assert all(len(cases) == (2 if kind in pairs else 1) for kind, cases in key.items())


def test_what_the_library_finds(key, report):
    pairs = {tuple(sorted(pair[:2])) for pair in report.duplicates}
    assert pairs == {tuple(key["exact copy"]), tuple(key["changed copy"])}
    assert {tuple(sorted(pair[:2])) for pair in report.lookalikes} >= {tuple(key["same patient"])}
    assert sorted(report.unreadable) == sorted(key["nan"] + key["smeared mask"])
    assert list(report.empty_masks) == key["empty mask"]
    table = report.table.set_index("name")
    assert list(table.index[table.spacing_x_mm == 1]) == key["1 mm header"]
    assert list(table.index[table.spacing_z_mm > 4]) == key["thick header"]
    assert list(table.index[table.label_values == "0, 1"]) == key["labels 0, 1"]
    assert list(table.index[table.post_ablation.isna()]) == key["no label"]


def test_copies(folder, key):
    one, two = (raw(folder, name)[0] for name in key["exact copy"])
    np.testing.assert_array_equal(one, two)
    one, two = sorted((raw(folder, name)[0] for name in key["changed copy"]), key=np.size)
    assert one.shape == (24, 88, 88) and two.shape == (24, 96, 96)
    assert np.corrcoef(one.ravel(), two[:, 4:-4, 4:-4].ravel())[0, 1] > 0.99


def test_damaged_voxels(folder, key):
    assert np.isnan(raw(folder, key["nan"][0])[0]).sum() == 40
    values = np.unique(raw(folder, key["smeared mask"][0], "laendo")[0])
    assert values.min() == 0 and values.max() == 255 and len(values) > 3
    assert not raw(folder, key["empty mask"][0], "laendo")[0].any()


def test_the_turned_scan_is_turned(folder, key):
    """The other scans resemble it more once it is turned back."""
    turned = raw(folder, key["turned"][0])[0].astype(float)
    kinds = ("exact copy", "1 mm header", "thick header", "empty mask")  # their images are as they were
    whole = [raw(folder, key[kind][0])[0].astype(float) for kind in kinds]
    as_is, back = (
        np.mean([np.corrcoef(scan.ravel(), one.ravel())[0, 1] for one in whole])
        for scan in (turned, turned[..., ::-1])
    )
    assert back > as_is


def test_it_is_written_once_and_the_same_for_a_seed(folder, tmp_path):
    assert write_planted_cohort(folder, cases=14, seed=3) == folder
    again = write_planted_cohort(tmp_path / "again", cases=14, seed=3)
    assert answer_key(again) == answer_key(folder)
    for file in sorted(again.rglob("*.nrrd")):
        np.testing.assert_array_equal(
            *(nrrd.read(str(one))[0] for one in (file, folder / file.relative_to(again)))
        )
    with pytest.raises(InputError, match="too few for every trouble; give 14"):
        write_planted_cohort(tmp_path / "few", cases=5, seed=0)
    with pytest.raises(InputError, match=r"has no planted\.json"):
        write_planted_cohort(tmp_path, cases=14, seed=0)


@pytest.mark.parametrize("text", ["", "[]", "null", '{"a": 1}', '{"a": [1]}', '{"a": "b"}', "[" * 100_000])
def test_a_damaged_key_is_named(tmp_path, text):
    (tmp_path / "planted.json").write_text(text)
    with pytest.raises(InputError, match=r"planted\.json is damaged: .*plant the cohort again"):
        answer_key(tmp_path)


def test_found_table():
    key = {"a": ["1", "2"], "b": ["3"]}
    table = found_table(key, you={"1"}, audit={"1", "2", "9"})
    assert table["a"] == {"cases": "1, 2", "you": "some", "audit": "all"}
    assert table["b"] == {"cases": "3", "you": "none", "audit": "none"}

"""Splits by word, as the command line gives them."""

from dataclasses import replace

import pytest

from atriacourse.data import fingerprint
from atriacourse.data.cohort import open_cohort
from atriacourse.errors import InputError
from atriacourse.runs import splitting
from atriacourse.runs.splitting import make_split


@pytest.fixture
def cohort(phantom_folder):
    return open_cohort(phantom_folder)


def test_holdout_keeps_a_fifth(cohort):
    split = make_split(cohort, "holdout", seed=0)
    assert (split.kind, len(split.train), len(split.test)) == ("holdout", 5, 1)
    assert split == make_split(cohort, "holdout", seed=0)
    assert len({make_split(cohort, "holdout", seed=seed).test for seed in range(5)}) > 1


def test_folds_share_the_cases_out(cohort):
    folds = [make_split(cohort, f"fold:{k}/3", seed=0) for k in (1, 2, 3)]
    assert sorted(name for fold in folds for name in fold.test) == sorted(cohort.names)
    assert all(set(fold.train) == set(cohort.names) - set(fold.test) for fold in folds)


def test_all_holds_nothing_out(cohort):
    split = make_split(cohort, "all", seed=0)
    assert split.train == cohort.names and split.test == ()


def test_the_datasets_own_list(cohort):
    with pytest.raises(InputError, match="no test list"):
        make_split(cohort, "list", seed=0)
    train, test = cohort.names[:4], cohort.names[4:]
    listed = replace(cohort, lists={"train": train, "test": test})
    split = make_split(listed, "list", seed=0)
    assert (split.kind, split.train, split.test) == ("list", train, test)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("random", "split must be holdout, list, fold:K/N or all, got 'random'"),
        ("fold", "got 'fold'"),
        ("fold:2", "got 'fold:2'"),
        ("fold:0/3", "K of fold:K/N must be a whole number from 1 .*, got 0"),
        ("fold:4/3", "K from 1 to N"),
        ("fold:1/1", "N of fold:K/N must be a whole number from 2 .*, got 1"),
        ("fold:1/" + "9" * 5000, "N of fold:K/N must be .* got 'x?999.*\\.\\.\\."),
        ("fold:1/99", "at most the 6 groups"),
        ("fold:-1/3", "K of fold:K/N must be .* got -1"),
    ],
)
def test_other_words_are_refused(cohort, kind, said):
    with pytest.raises(InputError, match=said):
        make_split(cohort, kind, seed=0)


def test_cases_without_a_mask_are_left_out(cohort):
    first = replace(cohort.cases[0], mask_path=None)
    split = make_split(replace(cohort, cases=(first, *cohort.cases[1:])), "all", seed=0)
    assert split.train == cohort.names[1:]


def test_a_cohort_without_masks_is_refused(cohort):
    bare = replace(cohort, cases=tuple(replace(case, mask_path=None) for case in cohort))
    with pytest.raises(InputError, match="no case has a mask"):
        make_split(bare, "holdout", seed=0)


def test_going_on_reads_no_scan_again_but_does_not_take_one_split_for_another(cohort, tmp_path, monkeypatch):
    saved = tmp_path / "split.json"
    first = make_split(cohort, "holdout", seed=0, saved=saved)  # nothing there yet
    first.save(saved)

    def read_again(cohort):
        raise AssertionError("the scans were read again")

    monkeypatch.setattr(splitting, "scan_groups", read_again)
    assert make_split(cohort, "holdout", seed=0, saved=saved) == first
    # Asked for another split, that is what comes back: the run's folder then refuses it.
    assert make_split(cohort, "fold:1/3", seed=0, saved=saved) != first
    assert make_split(cohort, "all", seed=0, saved=saved) != first
    monkeypatch.setattr(splitting, "scan_groups", fingerprint.scan_groups)
    more = replace(cohort, cases=(*cohort.cases, replace(cohort.cases[0], name="ZZ")))
    assert "ZZ" in make_split(more, "all", seed=0, saved=saved).train


@pytest.mark.real
def test_copies_and_lookalikes_of_real_scans_stay_on_one_side(real_data):
    cohort = open_cohort(real_data / "la2018")
    # The copy, and two lookalikes (mask Dice 0.909 and 0.901) that `atriacourse audit` lists, and two others.
    pairs = [
        ("0RZDK210BSMWAA6467LU", "CMPXO4J23G58J53Q98SZ"),
        ("9DCM2IB45SK6YKQNYUQY", "BXJWOUYP2J3EN4U92517"),
        ("23X6SY44VT9KFHR7S7OC", "4498CA6DZWELOXCBRYRF"),
    ]
    few = cohort.subset([*(name for pair in pairs for name in pair), *cohort.names[:6]])
    for seed in range(3):
        test = set(make_split(few, "holdout", seed=seed).test)
        assert all((one in test) == (other in test) for one, other in pairs)

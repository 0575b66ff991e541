"""Splits: no scan and no copy on both sides, the labels' mix kept, the same draw for the same seed."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atriacourse.data.cohort import Case, Cohort
from atriacourse.data.splits import Split, bootstrap_subsets, fold_splits, holdout_split, list_split
from atriacourse.errors import InputError


def cohort_of(labels, lists=None):
    """A cohort that exists on paper only: splits with given groups read no file."""
    cases = tuple(
        Case(name=name, image_path=Path(f"{name}.nii"), post_ablation=post) for name, post in labels.items()
    )
    return Cohort(name="paper", layout="images", root=Path("."), cases=cases, lists=lists or {})


def alone(cohort):
    return {name: name for name in cohort.names}


def la2018_like():
    """80 cases, 49 post and 31 pre, one pair of copies: the development set's numbers."""
    cohort = cohort_of({f"c{index:02}": index < 49 for index in range(80)})
    return cohort, alone(cohort) | {"c07": "c03"}


@st.composite
def cohorts(draw, least=4):
    """Any labels, unknown ones included, any groups (also across labels), in any order on disk."""
    size = draw(st.integers(least, 25))
    names = [f"case{index}" for index in range(size)]
    labels = draw(st.lists(st.sampled_from([True, False, None]), min_size=size, max_size=size))
    group_of = draw(st.lists(st.integers(0, size // 2 + 1), min_size=size, max_size=size))
    order = draw(st.permutations(range(size)))
    cohort = cohort_of({names[index]: labels[index] for index in order})
    return cohort, {names[index]: f"g{group_of[index]}" for index in order}


seeds = st.integers(0, 2**32 - 1)


@given(cohorts(), seeds, st.floats(0.1, 0.9))
def test_holdout_keeps_groups_and_loses_nobody(drawn, seed, fraction):
    cohort, groups = drawn
    try:
        split = holdout_split(cohort, seed=seed, fraction=fraction, groups=groups)
    except InputError as error:
        assert "cannot give a hold-out" in str(error)
        return
    assert sorted(split.train + split.test) == sorted(cohort.names)
    assert not {groups[name] for name in split.train} & {groups[name] for name in split.test}
    assert 1 <= len(split.test) <= max(1, round(fraction * len(cohort)))


@given(cohorts(least=6), seeds)
def test_folds_hold_everybody_out_once(drawn, seed):
    cohort, groups = drawn
    folds = min(5, len(set(groups.values())))
    if folds < 2:
        return
    splits = fold_splits(cohort, seed=seed, folds=folds, groups=groups)
    assert all(split.test for split in splits)
    assert Counter(name for split in splits for name in split.test) == Counter(cohort.names)
    for split in splits:
        assert sorted(split.train + split.test) == sorted(cohort.names)
        assert not split.straddling


@given(cohorts(), seeds)
def test_bootstraps_draw_whole_groups_and_keep_the_rest_out_of_the_bag(drawn, seed):
    cohort, groups = drawn
    size = Counter(groups.values())
    for split in bootstrap_subsets(cohort, seed=seed, count=3, groups=groups):
        assert set(split.train) | set(split.test) == set(cohort.names)
        assert not set(split.train) & set(split.test) and not split.straddling
        times = Counter(split.train)
        for name in split.train:  # copies come together, equally often
            assert {times[other] for other in groups if groups[other] == groups[name]} == {times[name]}
        # as many draws as groups
        assert sum(times[name] / size[groups[name]] for name in times) == pytest.approx(len(size))


@given(cohorts(), seeds, st.randoms())
def test_the_order_on_disk_does_not_matter(drawn, seed, random):
    cohort, groups = drawn
    shuffled = list(cohort.cases)
    random.shuffle(shuffled)
    again = replace(cohort, cases=tuple(shuffled))
    regrouped = dict(random.sample(sorted(groups.items()), len(groups)))
    assert bootstrap_subsets(cohort, seed=seed, groups=groups) == bootstrap_subsets(
        again, seed=seed, groups=regrouped
    )


class TestNumbers:
    """On a cohort with the development set's numbers."""

    def test_holdout(self):
        cohort, groups = la2018_like()
        split = holdout_split(cohort, seed=0, groups=groups)
        # 80 x 0.2 = 16 held out: 49/80 of them post, 9.8, and 31/80 pre, 6.2
        assert (len(split.train), len(split.test)) == (64, 16)
        assert sum(cohort.case(name).post_ablation for name in split.test) == 10
        assert (split.kind, split.cohort, split.seed) == ("holdout", "paper", 0)

    def test_folds(self):
        cohort, groups = la2018_like()
        splits = fold_splits(cohort, seed=0, groups=groups)
        assert [len(split.test) for split in splits] == [16] * 5
        assert {sum(cohort.case(name).post_ablation for name in split.test) for split in splits} == {9, 10}
        assert [split.member for split in splits] == [0, 1, 2, 3, 4]

    def test_bootstraps(self):
        cohort, groups = la2018_like()
        for split in bootstrap_subsets(cohort, seed=0, groups=groups):
            posts = sum(cohort.case(name).post_ablation for name in split.train)
            assert 47 <= posts <= 50  # 48 groups, one of them a pair
            assert 18 <= len(split.test) <= 40  # about 37 % of 80 are never drawn

    def test_seeds_differ_and_repeat(self):
        cohort, groups = la2018_like()
        first, again, other = (holdout_split(cohort, seed=seed, groups=groups) for seed in (1, 1, 2))
        assert first == again and first.test != other.test

    def test_a_member_does_not_depend_on_how_many_there_are(self):
        cohort, groups = la2018_like()
        two, five = (bootstrap_subsets(cohort, seed=4, count=count, groups=groups) for count in (2, 5))
        assert two == five[:2] and len({split.train for split in five}) == 5

    def test_bootstraps_of_a_training_side_never_see_the_other(self):
        cohort, groups = la2018_like()
        split = holdout_split(cohort, seed=0, groups=groups)
        for inner in bootstrap_subsets(cohort, seed=0, names=split.train, groups=groups):
            assert not set(inner.train + inner.test) & set(split.test)

    def test_recorded_draw(self):
        """As drawn when this was written: a change here changes the split behind every published number."""
        cohort = cohort_of({f"c{index}": index % 2 == 0 for index in range(10)})
        assert holdout_split(cohort, seed=7, groups=alone(cohort)).test == ("c0", "c5")


class TestRefusals:
    """What cannot be split says why."""

    @pytest.mark.parametrize("fraction", [0, 1, -0.2, 1.5])
    def test_fraction(self, fraction):
        cohort, groups = la2018_like()
        with pytest.raises(InputError, match="fraction must lie between 0 and 1"):
            holdout_split(cohort, seed=0, fraction=fraction, groups=groups)

    def test_one_group(self):
        cohort = cohort_of({"a": True, "b": True})
        with pytest.raises(InputError, match="2 cases in 1 groups cannot give a hold-out of 20%"):
            holdout_split(cohort, seed=0, groups={"a": "a", "b": "a"})

    @pytest.mark.parametrize("folds", [0, 1, 81])
    def test_folds(self, folds):
        cohort, groups = la2018_like()
        with pytest.raises(InputError, match=f"at most the 79 groups of scans; got {folds}"):
            fold_splits(cohort, seed=0, folds=folds, groups=groups)

    def test_count(self):
        cohort, groups = la2018_like()
        with pytest.raises(InputError, match=r"count must be a whole number from 1 .*, got 0"):
            bootstrap_subsets(cohort, seed=0, count=0, groups=groups)

    def test_groups_for_everybody(self):
        cohort, groups = la2018_like()
        del groups["c05"]
        with pytest.raises(InputError, match="groups must name every case; c05 missing"):
            holdout_split(cohort, seed=0, groups=groups)

    def test_both_sides(self):
        common = {"kind": "holdout", "cohort": "x", "seed": 0, "groups": {"a": "a", "b": "b", "c": "a"}}
        with pytest.raises(InputError, match="both sides of the split: a"):
            Split(train=("a", "b"), test=("a",), **common)
        with pytest.raises(InputError, match="both sides of the split: a"):
            Split(train=("a", "b"), test=("c",), **common)
        with pytest.raises(InputError, match="no group is known for d"):
            Split(train=("a", "d"), test=("b",), **common)
        with pytest.raises(InputError, match="at least one case to train on"):
            Split(train=(), test=("b",), **common)


class TestPublishedList:
    """The mirror's own division."""

    def test_listed_and_present(self):
        cohort = cohort_of(dict.fromkeys("abcd"), {"train": ("d", "b", "x"), "test": ("a", "y")})
        split = list_split(cohort, groups=alone(cohort))
        assert (split.kind, split.seed, split.train, split.test) == ("list", None, ("d", "b"), ("a",))
        assert split.absent == ("x", "y")

    def test_it_may_straddle_and_says_so(self):
        cohort = cohort_of(dict.fromkeys("ab"), {"train": ("a",), "test": ("b",)})
        assert list_split(cohort, groups={"a": "a", "b": "a"}).straddling == ("a",)

    def test_no_list(self):
        cohort = cohort_of(dict.fromkeys("ab"), {"train": ("a",)})
        with pytest.raises(InputError, match=r"has no test list \(found: train\); fetch"):
            list_split(cohort, groups=alone(cohort))
        with pytest.raises(InputError, match=r"has no train list \(found: none\)"):
            list_split(cohort_of(dict.fromkeys("ab")), groups=alone(cohort))

    def test_nobody_of_the_list_is_there(self):
        cohort = cohort_of(dict.fromkeys("ab"), {"train": ("a",), "test": ("x", "y")})
        with pytest.raises(InputError, match="none of the 2 cases of its test list is on disk"):
            list_split(cohort, groups=alone(cohort))


class TestFile:
    """Saved with the run."""

    @given(cohorts(), seeds)
    def test_round_trip(self, tmp_path_factory, drawn, seed):
        cohort, groups = drawn
        path = tmp_path_factory.mktemp("split") / "deeper" / "split.json"
        for split in bootstrap_subsets(cohort, seed=seed, count=1, groups=groups):
            assert Split.load(split.save(path)) == split
            assert [file.name for file in path.parent.iterdir()] == ["split.json"]

    def test_content(self, tmp_path):
        cohort, groups = la2018_like()
        content = json.loads(
            holdout_split(cohort, seed=3, groups=groups).save(tmp_path / "s.json").read_text()
        )
        assert (content["kind"], content["seed"], content["cohort"]) == ("holdout", 3, "paper")
        assert len(content["train"]) == 64 and content["groups"]["c07"] == "c03"

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "{",
            "[]",
            '{"kind": "holdout"}',
            '{"surprise": 1}',
            "\x00\xff",
            '{"train": 3}',
            "null",
            "[" * 10_000,
            "7",
            '{"kind": "list", "cohort": "c", "seed": 1e99, "train": ["a"], "test": [], "groups": {"a": "a"}}',
            '{"kind": "list", "cohort": "c", "seed": 1, "train": ["a"], "test": [], "groups": {"a": 3}}',
            '{"kind": "list", "cohort": "c", "seed": 1, "train": "a", "test": [], "groups": {"a": "a"}}',
            '{"kind": "list", "cohort": "c", "seed": 1, "train": [], "test": [], "groups": {}}',
        ],
    )
    def test_anything_else_is_refused(self, tmp_path, text):
        (tmp_path / "s.json").write_text(text, encoding="latin-1")
        with pytest.raises(InputError, match=r"s\.json is damaged: .*; make the split again"):
            Split.load(tmp_path / "s.json")
        with pytest.raises(InputError, match=r"there is no .*gone\.json"):
            Split.load(tmp_path / "gone.json")

    def test_a_tampered_split_is_refused(self, tmp_path):
        cohort, groups = la2018_like()
        path = holdout_split(cohort, seed=3, groups=groups).save(tmp_path / "s.json")
        content = json.loads(path.read_text())
        content["test"].append(content["train"][0])
        path.write_text(json.dumps(content))
        with pytest.raises(InputError, match="both sides"):
            Split.load(path)

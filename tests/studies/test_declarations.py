"""Studies as data: declarations, scales, cells and splits."""

from dataclasses import replace

import numpy as np
import pytest

from atriacourse.data.case import Case, Cohort
from atriacourse.data.splits import Split
from atriacourse.errors import InputError
from atriacourse.studies.catalogue import STUDIES, TABLE_1, TABLE_2, study
from atriacourse.studies.cells import Cell, cells_of, plan_study, variant_config
from atriacourse.studies.data import StudyData, fingerprint, member_split, training_split
from atriacourse.studies.declare import Study, Variant
from atriacourse.studies.identity import shaping_settings
from atriacourse.studies.readings import combined, keep_probabilities, mask_of, read_probabilities
from atriacourse.studies.scales import SCALES, apply, scale


@pytest.mark.parametrize("name", SCALES)
def test_every_variant_fits_every_scale(name):
    assert len(STUDIES) >= 16
    for one in STUDIES.values():
        base = variant_config(one, Variant(name="base", label=""), scale_name=name)
        assert base.minutes is None, "a cell must come out the same on any day"


@pytest.mark.parametrize("name", SCALES)
def test_variants_of_a_study_differ(name):
    for one in STUDIES.values():
        seen = set()
        for variant in one.variants:
            config = variant_config(one, variant, scale_name=name)
            what = (str(shaping_settings(config)), variant.split, variant.members, variant.subsets)
            seen.add((*what, variant.combine, variant.reading))
        assert len(seen) == len(one.variants), one.name


def test_the_papers_tables_share_a_network():
    keys = {}
    for one in (TABLE_1, TABLE_2, study("curriculum"), study("bagging"), study("label_loss")):
        for unit in plan_study(one, scale_name="atlas", data="d", seeds=(1,)):
            keys[unit.study, unit.variant] = unit.key
    assert keys["table1", "gamma_augmentation"] == keys["table2", "deep"] == keys["curriculum", "growing"]
    assert keys["table2", "multi_task"] == keys["table2", "post_processing"] == keys["bagging", "single"]
    assert keys["table2", "multi_task"] == keys["label_loss", "sigmoid_bce"]
    assert keys["table2", "vanilla"] != keys["table2", "deep"]


def test_a_key_is_of_what_shapes_the_network_alone():
    config = scale("atlas").settings()
    cell = Cell(config=config, data="d", split="safe", subsets=None, member=0, seed=1)
    cleaned = replace(config, postprocessing=replace(config.postprocessing, closing_radius=9), profile="x")
    assert replace(cell, config=cleaned).key == cell.key
    for change in ({"seed": 2}, {"data": "e"}, {"split": "share:0.5"}, {"subsets": "folds"}):
        assert replace(cell, **change).key != cell.key
    other = apply(config, ["augmentation.gamma.probability=0.5"])
    assert replace(cell, config=other).key != cell.key
    bag = replace(cell, subsets="bootstrap")
    assert replace(bag, member=1).training_seed != bag.training_seed


def test_all_variants_of_a_seed_come_before_the_next():
    units = plan_study(TABLE_1, scale_name="smoke", data="d", seeds=(1, 2))
    assert [unit.seed for unit in units] == [1] * 4 + [2] * 4
    assert len(list(cells_of(units))) == 8


def test_the_words_of_scales():
    config = scale("paper").settings()
    shallow = apply(config, ["network.poolings=4"]).network
    assert shallow.encoder == (64, 128, 256, 512, 512) and shallow.decoder == (256, 128, 64, 64)
    assert apply(config, ["epochs*=2"]).epochs == 2 * config.epochs
    assert apply(config, ["epochs*=1.25"]).epochs == 2500
    folded = apply(config, ["network.folded=2"]).network
    assert (folded.fold, folded.encoder, folded.multiple) == (2, (128, 256, 512, 512, 512), 32)
    with pytest.raises(InputError, match="the base has 5"):
        apply(config, ["network.poolings=6"])
    with pytest.raises(InputError, match="smoke, class, atlas, laptop, paper"):
        scale("huge")


def test_declarations_say_what_they_lack():
    a, b = Variant(name="a", label="a"), Variant(name="b", label="b")
    with pytest.raises(InputError, match="two variants"):
        Study(name="s", question="?", variants=(a, a))
    with pytest.raises(InputError, match="compares c"):
        Study(name="s", question="?", variants=(a, b), pairs=(("a", "c"),))
    with pytest.raises(InputError, match="better and worse"):
        Study(name="s", question="?", variants=(a, b), metric="truth_ml")
    with pytest.raises(InputError, match="need `subsets`"):
        Variant(name="bag", label="bag", members=5)
    with pytest.raises(InputError, match="3 members of folds"):
        Variant(name="bag", label="bag", members=3, subsets="folds")
    with pytest.raises(InputError, match="table1"):
        study("table3")


def test_what_is_set_applies_in_the_order_given(tiny_extra):
    def epochs(*texts):
        return variant_config(study("training_size"), Variant(name="v", label="v", set=texts), **at).epochs

    at = {"scale_name": "smoke", "extra": ["epochs=4"]}
    assert epochs() == 4 and epochs("epochs*=2") == 8 and epochs("epochs*=2", "epochs=3") == 3
    # a caller's widths, then the study's fewer poolings: they are taken from the caller's
    wide = [
        "network.encoder=[8,16,16,16,16,16]",
        "network.decoder=[16,16,16,8,8]",
    ]
    units = plan_study(
        TABLE_2, scale_name="smoke", data="d", seeds=(1,), variants=("vanilla", "deep"), extra=wide
    )
    vanilla, deep = (unit.cells[0].config.network for unit in units)
    assert (vanilla.encoder, deep.encoder) == ((8, 16, 16, 16, 16), (8, 16, 16, 16, 16, 16))
    for wrong in (
        "epochs*=x",
        "epochs*=0",
        "epochs*=",
        "epochs*=²",
        "network.poolings=x",
        "network.poolings=9",
    ):
        with pytest.raises(InputError, match=r"must be a (whole )?number from"):
            epochs(wrong)


@pytest.fixture
def twins(tmp_path):
    """Ten cases; 0 and 1 look alike, 2 and 3 too; sites A and B by turns, three of A among the trained."""
    names = [f"c{n}" for n in range(10)]
    cases = tuple(Case(name=n, image_path=tmp_path / n, site="AB"[k % 2]) for k, n in enumerate(names))
    groups = {n: {"c1": "c0", "c3": "c2"}.get(n, n) for n in names}
    split = Split(
        kind="holdout",
        cohort="made",
        seed=0,
        train=tuple(n for n in names if n not in ("c8", "c9")),
        test=("c8", "c9"),
        groups=groups,
    )
    cohort = Cohort(name="made", layout="phantom", root=tmp_path, cases=cases)
    return StudyData(cohort=cohort, fingerprint="f", split=split)


def test_words_of_splits(twins):
    assert training_split(twins, "safe") == twins.split
    half, quarter = (set(training_split(twins, f"share:{part}").train) for part in (0.5, 0.25))
    assert len(half) == 4 and len(quarter) == 2 and quarter < half
    site_a, site_b = training_split(twins, "site:A"), training_split(twins, "site:B")
    assert len(site_a.train) == len(site_b.train) == 4 and not set(site_a.train) & set(site_b.train)
    out, inside = training_split(twins, "twins:out"), training_split(twins, "twins:in")
    assert out.test == inside.test == ("c0", "c2")
    assert len(out.train) == len(inside.train) == 6
    assert {"c1", "c3"} <= set(inside.train) and not {"c1", "c3"} & set(out.train)
    for word in ("half", "twins:both", "site:C"):
        with pytest.raises(InputError):
            training_split(twins, word)


def test_members_keep_the_hold_out(twins):
    boot = [member_split(twins, twins.split, member=m, subsets="bootstrap", seed=1) for m in range(3)]
    assert len({one.train for one in boot}) == 3
    for one in boot:
        assert one.test == twins.split.test and set(one.train) <= set(twins.split.train)
    folds = [member_split(twins, twins.split, member=m, subsets="folds", seed=1) for m in range(5)]
    left_out = [set(twins.split.train) - set(one.train) for one in folds]
    assert set().union(*left_out) == set(twins.split.train)  # each case is left out by one member


def test_the_fingerprint_is_of_the_voxels(tmp_path):
    from atriacourse.data.cohort import open_cohort
    from atriacourse.data.phantom import PhantomConfig, write_phantom_cohort

    made = []
    for place, file_format, seed in (("a", "nrrd", 0), ("b", "nrrd", 0), ("c", "nrrd", 1)):
        config = PhantomConfig(matrix=32, slices=8)
        folder = write_phantom_cohort(
            tmp_path / place / "phantom", cases=2, config=config, seed=seed, file_format=file_format
        )
        made.append(fingerprint(open_cohort(folder)))
    assert made[0] == made[1] != made[2]


def test_probabilities_are_kept_in_thousandths(tmp_path, rng):
    atrium = rng.uniform(size=(3, 8, 8)).astype(np.float32)
    kept = keep_probabilities(tmp_path / "one.npz", atrium)
    assert np.array_equal(kept, read_probabilities(tmp_path / "one.npz"))
    assert np.abs(kept - atrium).max() <= 0.0005 + 1e-6
    with pytest.raises(InputError, match="cannot be read"):
        read_probabilities(tmp_path / "two.npz")


def test_mean_and_vote_of_members():
    # one voxel, three members: 0.9, 0.4, 0.4; the mean 0.567 says atrium, two of three say no
    members = [np.full((1, 1, 1), p, np.float32) for p in (0.9, 0.4, 0.4)]
    assert mask_of(combined(members, "mean"), "raw").all()
    assert not mask_of(combined(members, "vote"), "raw").any()
    for how in ("mean", "vote"):
        assert np.array_equal(combined(members[:1], how), members[0])  # a bag of one is its member


def test_readings_of_a_mask():
    atrium = np.zeros((9, 24, 24), np.float32)
    atrium[3:6, 6:12, 6:12] = 1
    atrium[3:6, 8, 8] = 0  # a hole that closing fills
    atrium[1, 20, 20] = 1  # a loose voxel
    raw, zero, two = (mask_of(atrium, word) for word in ("raw", "closing:0", "closing:2"))
    assert raw[1, 20, 20] and not zero[1, 20, 20] and not zero[4, 8, 8]
    assert two[4, 8, 8] and np.array_equal(two, mask_of(atrium, "clean"))
    with pytest.raises(InputError, match="closing:<radius>"):
        mask_of(atrium, "closing:two")

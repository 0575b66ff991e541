"""The curriculum: which crop when, every case once a pass, and the seed alone decides."""

from collections import Counter

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from atriacourse.errors import InputError
from atriacourse.training.curriculum import ORDERS, CurriculumConfig, epoch_steps, stage_sizes

PAPER = (256, 384, 480, 512, 576, 640)


def steps_of(config, *, cases=80, progress=0.0, seed=1, epoch=0):
    return epoch_steps(config, depths=[88] * cases, progress=progress, seed=seed, epoch=epoch)


def test_the_authors_epoch_has_480_slices_of_80_patients():
    steps = steps_of(CurriculumConfig(order="every_epoch"))
    assert sum(len(step.cases) for step in steps) == 480
    # 80 slices at each size, smallest first, in batches of 8, 8, 4, 4, 4 and 2
    batches = Counter(step.crop for step in steps)
    assert batches == {256: 10, 384: 10, 480: 20, 512: 20, 576: 20, 640: 40}
    assert [step.crop for step in steps] == sorted(step.crop for step in steps)
    sizes = {step.crop: len(step.cases) for step in steps}
    assert sizes == {256: 8, 384: 8, 480: 4, 512: 4, 576: 4, 640: 2}


def test_the_papers_crops_grow_over_the_training():
    # 12 epochs: two at each of six sizes
    crops = [{step.crop for step in steps_of(CurriculumConfig(), progress=epoch / 12)} for epoch in range(12)]
    assert crops == [{size} for size in PAPER for _ in range(2)]


@pytest.mark.parametrize("epochs", [6, 12, 30, 49, 100, 600, 2000])
def test_each_size_has_its_share_of_the_epochs(epochs):
    stages = Counter(
        stage_sizes(CurriculumConfig(), epoch / epochs, np.random.default_rng(0))[0]
        for epoch in range(epochs)
    )
    assert sorted(stages) == list(range(6))
    assert max(stages.values()) - min(stages.values()) <= 1


@pytest.mark.parametrize(
    ("order", "start", "end"),
    [
        ("growing", [0, 0, 0, 0], [2, 2, 2, 2]),
        ("shrinking", [2, 2, 2, 2], [0, 0, 0, 0]),
        ("largest", [2, 2, 2, 2], [2, 2, 2, 2]),
        ("every_epoch", [0, 1, 2, 0], [0, 1, 2, 0]),
    ],
)
def test_the_orders(order, start, end):
    config = CurriculumConfig(sizes=(64, 96, 128), batch_sizes=(4, 4, 4), order=order, passes=4)
    rng = np.random.default_rng(0)
    assert stage_sizes(config, 0.0, rng) == start
    assert stage_sizes(config, 0.999, rng) == end
    assert stage_sizes(config, 1.0, rng) == end


def test_random_order_uses_every_size():
    config = CurriculumConfig(order="random", passes=600)
    seen = Counter(stage_sizes(config, 0.0, np.random.default_rng(0)))
    assert sorted(seen) == list(range(6))
    assert min(seen.values()) > 60  # 100 expected, standard deviation 9


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(ORDERS),
    st.lists(st.integers(1, 9), min_size=1, max_size=20),
    st.integers(1, 4),
    st.integers(1, 3),
    st.floats(0, 1),
    st.integers(0, 2**32),
)
def test_every_case_comes_equally_often_in_each_pass(order, depths, passes, slices_per_case, progress, seed):
    config = CurriculumConfig(
        sizes=(32, 64), batch_sizes=(5, 3), order=order, passes=passes, slices_per_case=slices_per_case
    )
    steps = epoch_steps(config, depths=depths, progress=progress, seed=seed, epoch=2)
    cases = [case for step in steps for case in step.cases]
    assert len(cases) == passes * slices_per_case * len(depths)
    for start in range(0, len(cases), slices_per_case * len(depths)):  # one pass after the other
        one_pass = Counter(cases[start : start + slices_per_case * len(depths)])
        assert one_pass == dict.fromkeys(range(len(depths)), slices_per_case)
    for step in steps:
        assert len(step.slices) == len(step.cases) <= {32: 5, 64: 3}[step.crop]
        assert all(0 <= z < depths[case] for case, z in zip(step.cases, step.slices, strict=True))


def test_the_seed_and_the_epoch_alone_decide():
    config = CurriculumConfig(order="random")
    first = steps_of(config, epoch=3)
    np.random.default_rng().random(5)
    assert steps_of(config, epoch=3) == first
    assert steps_of(config, epoch=4) != first
    assert steps_of(config, epoch=3, seed=2) != first
    assert len({step.seed for step in first}) == len(first)  # every batch has random numbers of its own


def test_slices_are_uniform_over_the_volume():
    config = CurriculumConfig(sizes=(64,), batch_sizes=(8,), passes=1)
    seen = Counter(
        z for epoch in range(300) for step in steps_of(config, cases=10, epoch=epoch) for z in step.slices
    )
    assert sorted(seen) == list(range(88))
    assert max(seen.values()) < 60  # 3000 / 88 = 34 expected, standard deviation 6
    order = [steps_of(config, cases=10, epoch=epoch)[0].cases for epoch in range(5)]
    assert any(cases != order[0] for cases in order)  # shuffled anew


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"sizes": (256,)}, "one batch size for each crop size, got 6 for 1"),
        ({"sizes": (), "batch_sizes": ()}, "got 0 for 0"),
        ({"sizes": (64, 32), "batch_sizes": (1, 1)}, r"must ascend, got \(64, 32\); choose the order with"),
        ({"passes": 0}, "passes must be a whole number from 1 to 1000 .*, got 0"),
        ({"slices_per_case": 0}, "slices_per_case must be .* from 1 to 1000 .*, got 0"),
        ({"passes": 500, "slices_per_case": 500}, "500 passes of 500 slices are more than 10000"),
        ({"order": "up"}, "order must be one of growing, every_epoch, .* got 'up'"),
    ],
)
def test_bad_settings_are_refused(settings_, message):
    with pytest.raises(InputError, match=message):
        CurriculumConfig(**settings_)

"""The clinic: every fault does damage in silence, the worked checks find all of them and nothing else."""

import inspect
from dataclasses import fields

import numpy as np
import pytest
import torch

from atriacourse.clinic import (
    FAULTS,
    casebook,
    faulty,
    grade_checks,
    healthy,
    try_check,
    worked_checks,
)
from atriacourse.clinic.board import board
from atriacourse.clinic.checks import TOLERANCES
from atriacourse.clinic.inputs import Echo, file_of, shown, slices_of
from atriacourse.clinic.pipeline import Pipeline, draw_settings
from atriacourse.clinic.scoring import CLEAN
from atriacourse.clinic.study import TrainedNetwork, report, train
from atriacourse.errors import InputError
from atriacourse.network.unet import MultiTaskOutput, MultiTaskUNet

PARTS = {"data", "augmentation", "network", "training", "inference", "metrics"}


def test_at_least_fourteen_faults_over_all_parts_of_the_method():
    assert len(FAULTS) >= 14
    assert {fault.part for fault in FAULTS.values()} == PARTS
    stages = {part.name for part in fields(Pipeline)}
    assert all(fault.stage in stages for fault in FAULTS.values())


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_does_measurable_damage_and_no_other_stage_is_touched(name, capsys):
    fault = FAULTS[name]
    tolerance = TOLERANCES[fault.probe]
    for seed in (0, 1):
        assert fault.probe(healthy(seed)) <= tolerance
        assert fault.probe(faulty(name, seed)) > max(2 * tolerance, 0.01)
    changed = [
        part.name
        for part in fields(Pipeline)
        if callable(getattr(faulty(name), part.name))
        and not _same(getattr(faulty(name), part.name), getattr(healthy(), part.name))
    ]
    assert changed == [fault.stage]
    assert capsys.readouterr() == ("", "")


def _same(one, other) -> bool:
    """Whether two stages are one function with the same settings."""
    return getattr(one, "func", one) == getattr(other, "func", other) and getattr(
        one, "keywords", None
    ) == getattr(other, "keywords", None)


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_says_what_it_is_and_where_it_was_seen(name):
    fault = FAULTS[name]
    page = casebook([name])
    assert inspect.getdoc(fault.broken) in page
    assert fault.symptom in page and fault.story in page and fault.seen
    assert all(source.url.startswith("https://") or "our " in source.text or "LA2018" in source.text
               for source in fault.seen)  # fmt: skip
    assert page.count("<details>") == page.count("</details>") == 1


@pytest.mark.slow
def test_the_worked_checks_catch_everything_without_a_false_alarm():
    scores = grade_checks(worked_checks(), seeds=range(5))
    assert scores.missed == ()
    assert scores.false_alarms == 0
    assert scores.score == 1
    assert not scores.errors
    assert repr(scores).startswith("25 of 25 faults caught, false alarms in 0 of 5 sound runs: score 1.00")
    figure = board(scores)
    assert len(figure.axes[0].get_yticks()) == len(FAULTS) + 1


# ---- the score ----------------------------------------------------------------------------------


def silent(pipeline):
    return False


def crying(pipeline):
    return "something is wrong"


def coin(pipeline):
    return pipeline.seed % 2


def rate_is_halved(pipeline):
    settings = pipeline.settings
    return abs(pipeline.rate(settings.halve_every) / settings.base_rate - 0.5) > 1e-9


def test_silence_and_constant_alarm_are_worth_nothing():
    few = ("schedule_six_times", "chosen_on_test")
    assert grade_checks([silent], faults=few).score == 0
    assert grade_checks([crying], faults=few).score == 0
    # seeds 0..3: alarms in two of the four sound runs, and in seeds 1 and 3 of every fault
    tossed = grade_checks([coin], faults=few, seeds=range(4), fault_seeds=range(4))
    assert tossed.score == 0
    assert tossed.caught.tolist() == [0.5, 0.5]
    assert repr(tossed).startswith("2 of 2 faults caught (in 50% of their runs), false alarms in 2 of 4")


def test_one_catch_of_two_faults_is_worth_one_half_and_false_alarms_take_it_away():
    few = ("schedule_six_times", "chosen_on_test")
    one = grade_checks([rate_is_halved], faults=few, seeds=range(5))  # one run a fault: seeds 0 and 1
    assert one.score == 0.5
    assert one.missed == ("chosen_on_test",)
    # with the coin: seeds 1 and 3 of five sound runs alarm; the fault runs are at seed 0, where it does not
    both = grade_checks([rate_is_halved, coin], faults=few, seeds=range(5), fault_seeds=(0,))
    assert both.score == pytest.approx(0.5 - 2 / 5)
    assert both.by_check.loc["rate_is_halved"].tolist() == [1, 0, ""]
    assert both.by_check.loc["coin"].tolist() == [0, 2, ""]
    assert "X" in [line.get_marker() for line in board(both).axes[0].lines]


def test_an_assert_is_a_suspicion_and_a_crash_an_alarm_with_its_error():
    def asserting(pipeline):
        assert pipeline.rate(0) == pipeline.settings.base_rate
        assert pipeline.rate(pipeline.settings.halve_every) == pipeline.settings.base_rate / 2

    def broken(pipeline):
        return pipeline.no_such_stage

    few = ("schedule_six_times",)
    assert grade_checks([asserting], faults=few).score == 1
    scores = grade_checks([broken], faults=few)
    assert scores.score == 0
    assert "AttributeError" in scores.errors["broken"]
    assert "broken died: AttributeError" in repr(scores)


def test_a_check_cannot_tell_a_stage_by_its_name():
    def by_name(pipeline):
        names = [getattr(getattr(pipeline, part.name), "__name__", "") for part in fields(pipeline)]
        return "eval_forgotten" in str(names) or "func" in str(vars(pipeline.predict))

    assert grade_checks([by_name], faults=["eval_forgotten"]).score == 0


def test_the_verdict_on_one_check_says_what_is_missing():
    right = try_check(rate_is_halved, faults=["schedule_six_times"])
    assert right.passed
    assert repr(right) == "Right: 1 of 1 faults caught, false alarms in 0 of 5 sound runs."
    none = try_check(silent, faults=["schedule_six_times"], hint="Look at the rate.")
    assert not none.passed and "missed: schedule_six_times. Look at the rate." in none.message
    assert "false alarms in 5 of 5" in try_check(crying, faults=["chosen_on_test"]).message
    assert "TypeError" in try_check(lambda: True, faults=["chosen_on_test"]).message


def test_grading_refuses_what_it_cannot_count():
    with pytest.raises(InputError, match="at least one check"):
        grade_checks([])
    with pytest.raises(InputError, match="at least one check, one fault and one seed"):
        grade_checks([silent], seeds=())
    with pytest.raises(InputError, match="there is no fault 'gremlin'; choose one of image_flipped"):
        grade_checks([silent], faults=["gremlin"])
    with pytest.raises(InputError, match="same name"):
        grade_checks([silent, silent])
    with pytest.raises(InputError, match="there is no fault"):
        faulty("gremlin")


def test_sound_runs_differ_from_seed_to_seed():
    assert len({repr(draw_settings(seed)) for seed in range(8)}) > 4
    one, other = healthy(0), healthy(1)
    assert not np.array_equal(one.files[0].image.voxels, other.files[0].image.voxels)
    assert healthy(0).settings == one.settings


def test_a_check_that_changes_the_scans_does_not_change_the_next_run():
    healthy(0).files[0].image.voxels[:] = 0
    assert healthy(0).files[0].image.voxels.any()


# ---- what checks are made of --------------------------------------------------------------------


def test_echo_shows_what_the_network_is_shown():
    grey = np.random.default_rng(1).integers(0, 200, (2, 32, 64)).astype(np.uint8)
    picture = shown(healthy().predict(Echo(), grey).atrium)
    expected = grey / 255 - (grey / 255).mean(axis=(1, 2), keepdims=True)
    expected /= (grey / 255).std(axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(picture, expected, atol=1e-4)


def test_made_up_files_and_slices_keep_what_they_are_given():
    grey, mask = np.full((4, 8, 8), 7, dtype=np.uint8), np.zeros((4, 8, 8), dtype=bool)
    mask[1, 2, 3] = True
    scan = healthy().load(file_of(grey, mask, spacing_mm=(3, 2, 1)))
    assert scan.spacing_mm == (3, 2, 1) and scan.mask[1, 2, 3] and (scan.grey == 7).all()
    raw = slices_of(grey, mask)
    assert raw.canvas.shape == (4, 2, 8, 8)
    assert raw.canvas[1, 1, 2, 3] == 1 and raw.canvas[:, 1].sum() == 1


def test_the_fresh_network_is_the_librarys_and_leaves_the_callers_random_numbers_alone():
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    model = healthy(3).network()
    assert isinstance(model, MultiTaskUNet)
    assert torch.equal(before, torch.random.get_rng_state())


# ---- end to end ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained():
    return train(healthy(0), epochs=2)


def test_a_sound_run_goes_from_files_to_a_report(trained):
    outcome = report(healthy(0), trained)
    assert 0 <= outcome.reported <= 1 and 0 <= outcome.honest <= 1
    assert len(outcome.new_rows) == 9
    assert trained.losses[1] < trained.losses[0]
    assert set(outcome.rows["name"]) == {scan.name for scan in trained.test}


def test_a_report_leaves_the_network_as_it_was(trained):
    # batch normalisation in training mode updates its running statistics with every prediction
    before = {name: tensor.clone() for name, tensor in trained.model.state_dict().items()}
    report(faulty("eval_forgotten"), trained)
    assert all(torch.equal(before[name], tensor) for name, tensor in trained.model.state_dict().items())


class Blind(torch.nn.Module):
    """A network that never finds anything."""

    def __init__(self) -> None:
        super().__init__()
        self.config, self.nothing = healthy().settings.network, torch.nn.Parameter(torch.zeros(()))

    def forward(self, images):
        logits = torch.zeros(len(images), 2, *images.shape[-2:])
        logits[:, 0] = 5
        return MultiTaskOutput(logits, None)


def test_a_flattering_metric_changes_the_report_and_not_the_truth():
    test = tuple(healthy().load(file) for file in healthy().files[:3])
    blind = TrainedNetwork(model=Blind(), losses=(), test=test)
    sound, flattered = (report(pipeline, blind) for pipeline in (healthy(), faulty("dice_over_slices")))
    assert sound.reported == sound.honest == flattered.honest == 0
    # averaged over slices, each slice without atrium counts as perfect, each other one as 0
    empty = np.mean([np.mean(~scan.mask.any(axis=(1, 2))) for scan in test])
    assert flattered.reported == pytest.approx(empty) and empty > 0.2


@pytest.mark.parametrize("name", ["image_flipped", "decoder_in_a_list", "same_epoch_again", "chosen_on_test"])
def test_a_faulty_run_ends_without_an_error(name):
    pipeline = faulty(name)
    outcome = report(pipeline, train(pipeline, epochs=1))
    assert CLEAN not in outcome.rows.columns
    assert np.isfinite(outcome.reported)

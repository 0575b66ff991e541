"""Work: the facts' numbers for the paper, and a sum over the steps that are really taken."""

import pytest

from atriacourse.data.cohort import open_cohort
from atriacourse.errors import InputError
from atriacourse.runs.config import override
from atriacourse.runs.flops import at_work, epoch_tflop, training_tflop
from atriacourse.runs.profiles import profile
from atriacourse.runs.splitting import inner_split, make_split
from atriacourse.training.curriculum import ORDERS, epoch_steps
from atriacourse.training.schedule import Plan


def test_an_epoch_of_the_paper():
    # 66 + 148 + 232 + 264 + 334 + 412 GFLOP a slice at the six sizes, 80 cases, three times: 349 TFLOP
    assert epoch_tflop(profile("paper"), cases=80) == pytest.approx(349, rel=0.01)


@pytest.mark.parametrize("order", ORDERS)
def test_it_is_the_sum_over_the_steps_of_the_training(order):
    config = override(profile("smoke"), [f"training.curriculum.order={order}"])
    plan, depths = Plan(knots=((0, 0.0), (2, 0.2), (5, 1.0))), [7, 7, 7]  # bent, as minutes bend it
    steps = [
        step
        for epoch in range(plan.epochs)
        for step in epoch_steps(
            config.training.curriculum, depths=depths, progress=plan.progress(epoch), seed=5, epoch=epoch
        )
    ]
    by_hand = sum(3 * len(step.cases) * config.network.forward_flops(step.crop) for step in steps) / 1e12
    assert training_tflop(config, cases=3, plan=plan, seed=5) == pytest.approx(by_hand, rel=1e-9)


def test_the_epochs_that_a_work_allows(phantom_folder):
    cohort = open_cohort(phantom_folder)
    split = make_split(cohort, "holdout", seed=0)
    config = profile("smoke")
    cases = len(inner_split(cohort, split, fraction=config.validation, seed=0).train)
    one = epoch_tflop(config, cases=cases)
    for tflop, epochs in ((one / 9, 1), (one * 3.5, 3), (one * 40.01, 40)):
        chosen = at_work(config, tflop, cohort=cohort, split=split, seed=0)
        assert (chosen.epochs, chosen.minutes) == (epochs, None)
        if epochs > 1:
            assert training_tflop(chosen, cases=cases, plan=Plan.straight(epochs)) <= tflop
    with pytest.raises(InputError, match="epochs"):
        at_work(config, 1e6, cohort=cohort, split=split, seed=0)

"""Work: what a training computes, in TFLOP, the same number on every machine.

After runs/config.py, before runs/describe.py and runs/train.py. Minutes buy more on one machine than on
another, and an epoch of a wider network is more than one of a narrower; networks are compared at equal work.
Counted are multiplications and additions of the network, three times forward for a step (forward, and
backward to inputs and to weights); augmentation, validation and optimiser are not: a few parts in a hundred
of the time, but for Muon on small crops, which takes a tenth or more of a step on a CPU.
"""

from dataclasses import replace

import numpy as np

from atriacourse.data.case import Cohort
from atriacourse.data.splits import Split
from atriacourse.runs.config import RunConfig
from atriacourse.runs.splitting import inner_split
from atriacourse.training.curriculum import stage_sizes
from atriacourse.training.schedule import Plan

SAMPLES = 120  # epochs over which the mean is taken, a multiple of any number of stages there is


def training_tflop(config: RunConfig, *, cases: int, plan: Plan, seed: int = 0) -> float:
    """The work of a whole training.

    Args: cases: that are trained on; seed: the run's, which decides the crops of the order "random" alone.
    """
    curriculum = config.training.curriculum
    flops = [3 * config.network.forward_flops(crop) for crop in curriculum.sizes]
    slices = cases * curriculum.slices_per_case
    passes = (
        flops[stage]
        for epoch in range(plan.epochs)
        for stage in stage_sizes(curriculum, plan.progress(epoch), np.random.default_rng([seed, epoch]))
    )
    return slices * sum(passes) / 1e12


def epoch_tflop(config: RunConfig, *, cases: int) -> float:
    """The mean work of an epoch over the curriculum."""
    return training_tflop(config, cases=cases, plan=Plan.straight(SAMPLES)) / SAMPLES


def at_work(config: RunConfig, tflop: float, *, cohort: Cohort, split: Split, seed: int) -> RunConfig:
    """The same settings with as many whole epochs as this much work allows, one or more."""
    cases = len(inner_split(cohort, split, fraction=config.validation, seed=seed).train)
    return replace(config, minutes=None, epochs=max(1, int(tflop / epoch_tflop(config, cases=cases))))

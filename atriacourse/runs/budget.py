"""How many epochs fit into the minutes there are: measure a few steps, then correct while training.

Between training/loop.py and runs/train.py. The plan is written to the run's folder before it is followed,
so a resumed run takes the same steps.
"""

import copy
import time
from dataclasses import dataclass, replace

from atriacourse.training.curriculum import Step, epoch_steps
from atriacourse.training.loop import Trainer
from atriacourse.training.optimiser import make_optimiser
from atriacourse.training.schedule import Plan

MEASURED_STEPS = 3  # after one to warm up
SAMPLES = 40  # points of the training at which the cost of an epoch is asked for


@dataclass(kw_only=True)
class Budget:
    """Seconds of an epoch at each crop size, and what is left of the time."""

    seconds: float  # for training and validation, from the first step to the last
    seconds_of_crop: dict[int, float]  # a slice of that crop: batch, forward, backward, step

    def epoch_seconds(self, trainer: Trainer, progress: float) -> float:
        """What one epoch should cost when `progress` of the training is done."""
        steps = epoch_steps(
            trainer.config.curriculum, depths=trainer.bank.depths, progress=progress, seed=0, epoch=0
        )
        return sum(len(step.cases) * self.seconds_of_crop[step.crop] for step in steps)

    def mean_epoch_seconds(self, trainer: Trainer, progress: float) -> float:
        """The mean cost of the epochs from `progress` to the end."""
        points = [progress + (1 - progress) * (k + 0.5) / SAMPLES for k in range(SAMPLES)]
        return sum(self.epoch_seconds(trainer, point) for point in points) / SAMPLES

    def first_plan(self, trainer: Trainer, *, validation_seconds: float) -> Plan:
        """A straight plan that should take the whole time."""
        left = self.seconds - trainer.config.validations * validation_seconds
        return Plan.straight(max(1, int(left / self.mean_epoch_seconds(trainer, 0.0))))

    def replan(self, trainer: Trainer, plan: Plan) -> Plan:
        """Bend the rest of the plan to the time left, from what the epochs and validations so far took."""
        progress = plan.progress(trainer.epoch)
        expected = sum(self.epoch_seconds(trainer, plan.progress(epoch)) for epoch in range(trainer.epoch))
        trained = sum(row["seconds"] for row in trainer.history)
        slower = trained / expected
        validation = max(0.0, trainer.seconds - trained) / len(trainer.validations)
        to_come = trainer.config.validations - len(trainer.validations)
        left = self.seconds - trainer.seconds - to_come * validation
        epochs = int(left / (slower * self.mean_epoch_seconds(trainer, progress)))
        return plan.bent(epoch=trainer.epoch, epochs_left=max(1, epochs))


def measure_steps(trainer: Trainer) -> dict[int, float]:
    """Seconds a slice at each crop size, on a copy of the network and its optimiser: nothing changes."""
    model, optimiser, scaler = trainer.model, trainer.optimiser, trainer.scaler
    curriculum = trainer.config.curriculum
    result = {}
    try:
        trainer.model, trainer.scaler = copy.deepcopy(model), copy.deepcopy(scaler)
        trainer.optimiser = make_optimiser(trainer.model, trainer.config)
        trainer.model.train()
        for stage, crop in enumerate(curriculum.sizes):
            progress = (stage + 0.5) / len(curriculum.sizes)
            growing = replace(curriculum, order="growing")
            steps = epoch_steps(growing, depths=trainer.bank.depths, progress=progress, seed=0, epoch=0)
            steps = steps[: MEASURED_STEPS + 1]
            _take(trainer, steps[:1])  # the first is slower: memory is laid out, kernels are chosen
            began = time.monotonic()
            _take(trainer, steps[-MEASURED_STEPS:])
            slices = sum(len(step.cases) for step in steps[-MEASURED_STEPS:])
            result[crop] = (time.monotonic() - began) / slices
    finally:
        trainer.model, trainer.optimiser, trainer.scaler = model, optimiser, scaler
    return result


def _take(trainer: Trainer, steps: list[Step]) -> None:
    for step in steps:
        loss = trainer.train_step(trainer.make_batch(step), rate=1e-9, seed=step.seed)
        float(loss.total)  # waits for a GPU to finish

"""The training loop: batches from the bank, one optimiser step each, validation, checkpoints, resume.

After network/ and training/{losses,curriculum,schedule,checkpoint}.py. Validation is a function handed in
by runs/train.py, so that this file ends at the network's logits. The state of a run is its weights, its
optimiser and the number of steps done: every batch follows from (seed, epoch, step) alone, so a run killed
and resumed ends with the weights of one left alone. Source: section 2.1.
"""

import copy
import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple, NotRequired

import torch
from torch import nn
from typing_extensions import TypedDict

from atriacourse.augment.batch import AugmentConfig, Batch, augment, draw_augmentation
from atriacourse.data.bank import SliceBank
from atriacourse.errors import InputError
from atriacourse.files import checked_json
from atriacourse.network.unet import MultiTaskUNet
from atriacourse.training.checkpoint import ELSE, load_training, read_checkpoint, save_checkpoint
from atriacourse.training.curriculum import Step, epoch_steps
from atriacourse.training.device import autocast, choose_precision
from atriacourse.training.losses import Loss, total_loss
from atriacourse.training.optimiser import average_in, make_optimiser
from atriacourse.training.schedule import Plan, learning_rate
from atriacourse.training.training_config import TrainingConfig


class Report(NamedTuple):
    """Where the training stands, told to whoever watches (a progress bar, a notebook)."""

    epoch: int
    progress: float  # 0..1
    loss: float
    learning_rate: float
    crop: int
    slices_per_second: float
    score: float | None  # of the last validation


class EpochRow(TypedDict):
    """A row of the history; `log.csv` shows it."""

    epoch: int
    crop: int
    learning_rate: float
    loss: float
    mask_loss: float
    label_loss: float
    slices: int
    seconds: float


class Validation(TypedDict):
    """What one validation found."""

    epoch: int
    progress: float
    score: float
    dice: NotRequired[dict[str, float]]  # by case


class TrainingState(TypedDict):
    """What a checkpoint carries beside weights and optimiser."""

    seed: int
    epoch: int
    step_in_epoch: int
    seconds: float
    best: float | None
    history: list[EpochRow]
    validations: list[Validation]
    scaler: dict[str, float]
    config: dict[str, Any]


class TrainingDivergedError(InputError):
    """The loss is not a number any more."""


class Trainer:
    """One training run, from its first step or from wherever it stopped.

    Args:
        model: on `bank.device`.
        bank: the training slices.
        folder: where `last.safetensors` and `best.safetensors` go.
        validate: called with the model; returns a dict whose "score" (higher is better) picks the best.
        header: what every checkpoint carries beside the weights (the run's config).
        report: called after every step; may be slow only at its own cost.
    """

    def __init__(
        self,
        model: MultiTaskUNet,
        bank: SliceBank,
        *,
        config: TrainingConfig,
        augmentation: AugmentConfig,
        seed: int,
        folder: Path,
        validate: Callable[[MultiTaskUNet], dict[str, Any]],
        header: dict[str, Any] | None = None,
        report: Callable[[Report], None] = lambda report: None,
    ) -> None:
        self.model, self.bank, self.config, self.augmentation = model, bank, config, augmentation
        self.seed, self.folder, self.validate = seed, folder, validate
        self.header, self.report = header or {}, report
        self.precision = choose_precision(config.precision, bank.device)
        if config.channels_last:
            model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch declares it nowhere
        self.optimiser = make_optimiser(model, config)
        self.average = copy.deepcopy(model).eval() if config.average else None
        self.scaler = torch.amp.GradScaler(bank.device.type, enabled=self.precision == "fp16")
        self.epoch = self.step_in_epoch = 0
        self.seconds = 0.0  # spent training, over all sittings
        self.best = -math.inf
        self.history: list[dict[str, Any]] = []  # one row an epoch
        self.validations: list[dict[str, Any]] = []
        self.stop_requested = False

    # ---- one step -------------------------------------------------------------------------------

    def make_batch(self, step: Step) -> Batch:
        """Gather and augment the slices of a step; the same step always gives the same batch."""
        generator = torch.Generator().manual_seed(step.seed)
        drawn = draw_augmentation(self.augmentation, count=len(step.cases), generator=generator)
        raw = self.bank.gather(step.cases, step.slices)
        batch = augment(raw, drawn, (step.crop, step.crop), self.augmentation)
        if self.config.channels_last:
            batch = batch._replace(images=batch.images.contiguous(memory_format=torch.channels_last))
        return batch

    def train_step(self, batch: Batch, *, rate: float, seed: int) -> Loss:
        """Forward, backward, one optimiser step. The seed decides what dropout drops."""
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        torch.manual_seed(seed)
        with autocast(self.precision, self.bank.device):
            output = self.model(batch.images)
        loss = total_loss(output, batch.masks, batch.labels, self.config.loss)
        self.optimiser.zero_grad(set_to_none=True)
        self.scaler.scale(loss.total).backward()
        if self.config.gradient_clip:
            self.scaler.unscale_(self.optimiser)
            nn.utils.clip_grad_norm_(self.model.parameters(), self.config.gradient_clip)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        return Loss(*(part.detach() for part in loss))

    # ---- the run --------------------------------------------------------------------------------

    def run(self, plan: Plan, *, replan: Callable[["Trainer", Plan], Plan] | None = None) -> bool:
        """Train until the plan is done or `stop_requested` is set.

        Args: replan: called after each validation; may bend the rest of the plan to the time left.
        Returns: True if the plan is done, False if it was stopped; either way everything is saved.
        """
        if self.epoch > plan.epochs:
            raise InputError(f"the run stands at epoch {self.epoch} of {plan.epochs} planned; {ELSE}")
        last_save = started = time.monotonic()
        spent_before = self.seconds
        while self.epoch < plan.epochs:
            steps = epoch_steps(
                self.config.curriculum,
                depths=self.bank.depths,
                progress=plan.progress(self.epoch),
                seed=self.seed,
                epoch=self.epoch,
            )
            if self.step_in_epoch > len(steps):
                raise InputError(f"step {self.step_in_epoch} of an epoch of {len(steps)}; {ELSE}")
            self.model.train()
            batch = None
            for index in range(self.step_in_epoch, len(steps)):
                batch = self._one_step(steps, index, batch, plan)
                self.step_in_epoch = index + 1
                self.seconds = spent_before + time.monotonic() - started
                if self.stop_requested or time.monotonic() - last_save > self.config.save_seconds:
                    self.save_last()
                    last_save = time.monotonic()
                if self.stop_requested:
                    return False
            before, after = plan.progress(self.epoch), plan.progress(self.epoch + 1)
            self._close_epoch()
            if int(after * self.config.validations + 1e-9) > int(before * self.config.validations + 1e-9):
                self._validate(after)
                self.seconds = spent_before + time.monotonic() - started
                if replan is not None and self.epoch < plan.epochs:
                    plan = replan(self, plan)
                self.save_last()
                last_save = time.monotonic()
        self.save_last()
        return True

    def _one_step(self, steps: list[Step], index: int, batch: Batch | None, plan: Plan) -> Batch | None:
        """Take one step; returns the next step's batch, made while a GPU is still at work on this one."""
        began = time.monotonic()
        step = steps[index]
        progress = plan.progress(self.epoch + index / len(steps))
        rate = learning_rate(
            self.config.schedule, base=self.config.learning_rate, epoch=self.epoch, progress=progress
        )
        batch = batch or self.make_batch(step)
        loss = self.train_step(batch, rate=rate, seed=step.seed)
        if self.average is not None:
            after = plan.progress(self.epoch + (index + 1) / len(steps))
            horizon = min(self.config.average, after)  # at first the mean of all there was
            average_in(self.average, self.model, share=min(1.0, (after - progress) / horizon))
        upcoming = self.make_batch(steps[index + 1]) if index + 1 < len(steps) else None
        values = [float(part) for part in loss]  # waits for the GPU
        if not math.isfinite(values[0]):
            raise TrainingDivergedError(self._diagnosis(step, batch, rate))
        seconds = time.monotonic() - began
        self._add_to_epoch(values, count=len(step.cases), seconds=seconds, crop=step.crop, rate=rate)
        score = self.validations[-1]["score"] if self.validations else None
        self.report(
            Report(self.epoch, progress, values[0], rate, step.crop, len(step.cases) / seconds, score)
        )
        return upcoming

    def _add_to_epoch(
        self, values: list[float], *, count: int, seconds: float, crop: int, rate: float
    ) -> None:
        if not self.history or self.history[-1]["epoch"] != self.epoch:
            zero = {"loss": 0.0, "mask_loss": 0.0, "label_loss": 0.0, "slices": 0, "seconds": 0.0}
            self.history.append({"epoch": self.epoch, "crop": crop, "learning_rate": rate, **zero})
        row = self.history[-1]
        for name, value in zip(("loss", "mask_loss", "label_loss"), values, strict=True):
            row[name] = (row[name] * row["slices"] + value * count) / (row["slices"] + count)
        row["slices"] += count
        row["seconds"] += seconds
        row["crop"] = max(row["crop"], crop)

    def _close_epoch(self) -> None:
        self.epoch += 1
        self.step_in_epoch = 0

    def _validate(self, progress: float) -> None:
        self._refuse_broken_weights()
        model = (self.model if self.average is None else self.average).eval()
        result = {"epoch": self.epoch, "progress": progress, **self.validate(model)}
        self.validations.append(result)
        if result["score"] > self.best or not (self.folder / "best.safetensors").exists():
            self.best = result["score"]
            save_checkpoint(self.folder / "best.safetensors", model=model, state=self._state())

    def _diagnosis(self, step: Step, batch: Batch, rate: float) -> str:
        names = sorted({self.bank.names[case] for case in step.cases})
        seen = "finite" if batch.images.isfinite().all() else "NOT finite"
        return (
            f"the loss became NaN or infinite in epoch {self.epoch}, step {self.step_in_epoch} "
            f"(learning rate {rate:.3g}, crop {step.crop}, precision {self.precision}); the batch was "
            f"{seen}, cases {', '.join(names)}. {self._ways_out()}"
        )

    def _ways_out(self) -> str:
        last = self.folder / "last.safetensors"
        good = f"The last good state is in {last}" if last.is_file() else "Nothing had been saved yet"
        return f"{good}. Ways out: a lower learning_rate, gradient_clip 1, or precision float32"

    def _refuse_broken_weights(self) -> None:
        """Before saving: a finite loss can have an infinite gradient, which only the next loss would show."""
        broken = [name for name, value in self.model.state_dict().items() if not value.isfinite().all()]
        if broken:
            raise TrainingDivergedError(
                f"{len(broken)} of the network's tensors became NaN or infinite by epoch {self.epoch}, step "
                f"{self.step_in_epoch}, the first is {broken[0]}. {self._ways_out()}"
            )

    # ---- saving and resuming --------------------------------------------------------------------

    def _state(self) -> dict[str, Any]:
        return {
            "header": self.header,
            "seed": self.seed,
            "epoch": self.epoch,
            "step_in_epoch": self.step_in_epoch,
            "seconds": self.seconds,
            "best": self.best if math.isfinite(self.best) else None,
            "history": self.history,
            "validations": self.validations,
            "scaler": self.scaler.state_dict(),
            "config": asdict(self.config),
        }

    def save_last(self) -> None:
        """Write everything needed to go on to `last.safetensors`."""
        self._refuse_broken_weights()
        path = self.folder / "last.safetensors"
        save_checkpoint(
            path, model=self.model, optimiser=self.optimiser, average=self.average, state=self._state()
        )

    def resume(self) -> None:
        """Go on from `last.safetensors`.

        Raises: InputError if it is missing, corrupt, or of a run with other settings.
        """
        path = self.folder / "last.safetensors"
        _, state, header = read_checkpoint(path)
        checked_json(header["state"], TrainingState, where=f"the state in {path}", way_out=ELSE)
        if min(state["epoch"], state["step_in_epoch"], state["seconds"]) < 0:
            raise InputError(f"{path} is damaged: a count of epochs, steps or seconds is below zero; {ELSE}")
        if state["seed"] != self.seed:
            raise InputError(f"the run was started with seed {state['seed']}, not {self.seed}; keep its seed")
        now = json.loads(json.dumps(asdict(self.config)))
        other = sorted(name for name, value in state["config"].items() if now.get(name) != value)
        if other:
            raise InputError(f"the run was started with other {', '.join(other)}; keep its training settings")
        load_training(path, self.model, self.optimiser, self.average)
        self.epoch, self.step_in_epoch = state["epoch"], state["step_in_epoch"]
        self.seconds = state["seconds"]
        self.history, self.validations = state["history"], state["validations"]
        self.best = -math.inf if state["best"] is None else state["best"]
        if state["scaler"] and self.scaler.is_enabled():
            if state["scaler"].keys() != self.scaler.state_dict().keys():
                raise InputError(f"{path} is damaged: the scale of its losses is not whole; {ELSE}")
            self.scaler.load_state_dict(state["scaler"])

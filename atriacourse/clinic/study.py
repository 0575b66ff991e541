"""Run a pipeline from its files to its result, small: what a fault does to the number that is reported.

After faults.py. The result is reported by the pipeline itself, with its own loading and its own metrics.
Beside it stands what nobody sees in practice: the same network on new patients, scored by sound code.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from atriacourse.clinic.inputs import phantom_files
from atriacourse.clinic.pipeline import Pipeline, Scan, load, score
from atriacourse.data.bank import BankCase, SliceBank

CROP = 48  # pixels; the heart fills it
NEW_PATIENTS = 10_000  # added to the seed: phantoms that no clinic run has for training
WATCH_EVERY = 4  # epochs between two looks at validation and test cases


@dataclass(frozen=True, kw_only=True)
class TrainedNetwork:
    """A network and what it was trained and held out on."""

    model: torch.nn.Module
    losses: tuple[float, ...]  # mean of each epoch
    test: tuple[Scan, ...]  # as the pipeline that trained it has loaded them


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one run gives."""

    reported: float  # mean Dice of the pipeline's own test cases, by its own metric
    honest: float  # mean Dice on new patients, loaded as the pipeline does and scored by sound code
    rows: pd.DataFrame  # the test cases as the pipeline reports them: name, dice, hd_mm, assd_mm, ...
    new_rows: pd.DataFrame  # the new patients


def train(pipeline: Pipeline, *, epochs: int) -> TrainedNetwork:
    """Load, split and train; the weights kept are those of the epoch that the pipeline chooses."""
    scans = {file.name: pipeline.load(file) for file in pipeline.files}
    split = pipeline.split(list(scans.values()), pipeline.seed)
    test = tuple(scans[name] for name in split.test)
    model, losses = _train(pipeline, [scans[name] for name in split.train], test, epochs=epochs)
    return TrainedNetwork(model=model, losses=tuple(losses), test=test)


def report(pipeline: Pipeline, trained: TrainedNetwork) -> Outcome:
    """Predict, clean and score; a pipeline that was broken after the training may be given here."""
    model = deepcopy(trained.model)  # a network that was left in training mode goes on changing
    rows = [
        pipeline.score(scan.mask, segment(pipeline, model, scan), scan.spacing_mm) | {"name": scan.name}
        for scan in trained.test
    ]
    new = on_new_patients(pipeline, model)
    return Outcome(
        reported=pipeline.mean_dice(rows),
        honest=float(new["dice"].mean()),
        rows=pd.DataFrame(rows),
        new_rows=new,
    )


def _train(
    pipeline: Pipeline, train: Sequence[Scan], test: Sequence[Scan], *, epochs: int
) -> tuple[torch.nn.Module, list[float]]:
    """Train on all but the last two training scans, which say (as validation cases) how it goes."""
    learning, validation = train[:-2], train[-2:]
    bank = bank_of(learning)
    model = pipeline.network()
    optimiser = torch.optim.AdamW(model.parameters(), weight_decay=0.01, fused=True)
    losses, kept = [], []
    seen: dict[str, list[float]] = {"validation": [], "test": []}
    for epoch in range(epochs):
        values = []
        for step in pipeline.steps(bank.depths, epoch):
            raw = bank.gather(step.cases, step.slices)
            batch = pipeline.augment(raw, pipeline.draw(len(step.cases), step.seed % 2**31), CROP)
            values.append(pipeline.train_step(model, optimiser, batch, pipeline.loss, pipeline.rate(epoch)))
        losses.append(float(np.mean(values)))
        if (epoch + 1) % WATCH_EVERY == 0 or epoch + 1 == epochs:
            kept.append({name: tensor.clone() for name, tensor in model.state_dict().items()})
            for name, scans in (("validation", validation), ("test", test)):
                seen[name].append(slice_dice(pipeline, model, scans, epoch))
    model.load_state_dict(kept[pipeline.choose_epoch(seen["validation"], seen["test"])])
    return model, losses


def bank_of(scans: Sequence[Scan]) -> SliceBank:
    """The slices of some scans."""
    return SliceBank(
        [
            BankCase(
                name=scan.name,
                grey=scan.grey,
                mask=np.where(scan.mask, np.uint8(255), np.uint8(0)),
                post_ablation=scan.post_ablation,
            )
            for scan in scans
        ]
    )


def slice_dice(pipeline: Pipeline, model: torch.nn.Module, scans: Sequence[Scan], number: int) -> float:
    """Dice over all slices of some scans at once, on batches made for validation."""
    bank = bank_of(scans)
    both = total = 0
    for case, depth in enumerate(bank.depths):
        batch = pipeline.validation_batch(bank.gather([case] * depth, range(depth)), CROP, number)
        model.eval()
        with torch.inference_mode():
            guess = model(batch.images).mask_logits.argmax(dim=1)
        both += int((guess & batch.masks).sum())
        total += int(guess.sum() + batch.masks.sum())
    return 2 * both / max(total, 1)


def segment(pipeline: Pipeline, model: torch.nn.Module, scan: Scan) -> np.ndarray:
    """The cleaned mask of one scan."""
    return pipeline.clean(pipeline.predict(model, scan.grey).atrium > 0.5)


def on_new_patients(pipeline: Pipeline, model: torch.nn.Module, *, seed: int = NEW_PATIENTS) -> pd.DataFrame:
    """One row for each of nine patients that no run was trained on, scored by sound code."""
    rows = []
    for file in phantom_files(seed)[:-1]:
        guess = segment(pipeline, model, pipeline.load(file))
        truth = load(file)
        rows.append(score(truth.mask, guess, truth.spacing_mm) | {"name": file.name})
    return pd.DataFrame(rows)

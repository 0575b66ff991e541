"""Do the work of one cell, bag or further reading, and leave a record.

After cells.py, reuse.py, shelf.py and readings.py, before runner.py. A cell's folder:

    cells/<key>/run/...                        the run (runs/folder.py)
    cells/<key>/probabilities/<case>.npz       of the held-out cases, in thousandths
    records/<key>.json
"""

import resource
import shutil
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from atriacourse.evaluation.case_row import score_case
from atriacourse.files import read_json
from atriacourse.runs.folder import RESTORE, open_model
from atriacourse.runs.provenance import provenance
from atriacourse.runs.segmenter import Segmenter
from atriacourse.runs.train import train_run
from atriacourse.runs.watcher import Watcher
from atriacourse.studies.cells import Cell, Unit
from atriacourse.studies.data import StudyData, member_split, training_split
from atriacourse.studies.identity import shaping_settings
from atriacourse.studies.readings import (
    READINGS,
    combined,
    keep_probabilities,
    mask_of,
    read_probabilities,
)
from atriacourse.studies.records import Number, Record, kept, read_record, scores_of, write_record
from atriacourse.studies.reuse import take_training
from atriacourse.studies.shelf import Shelf
from atriacourse.training.device import choose_device
from atriacourse.training.loop import Trainer

CURVES = ("loss", "mask_loss", "label_loss", "learning_rate", "crop")


@dataclass(kw_only=True)
class Bench:
    """What a worker has at hand: the data, the folder, and what it has read so far."""

    data: StudyData
    folder: Path
    device: str = "auto"
    watcher: Watcher | None = None
    on_trainer: Callable[[Trainer], None] = lambda trainer: None
    shelf: Shelf = field(default_factory=Shelf)

    def record_path(self, key: str) -> Path:
        """Where the record of that key lies or will lie."""
        return self.folder / "records" / f"{key}.json"

    def cell_folder(self, key: str) -> Path:
        """The folder of a cell."""
        return self.folder / "cells" / key


def train_cell(cell: Cell, bench: Bench) -> Record | None:
    """Train, predict the held-out cases, score, record. Goes on where an earlier call was stopped.

    A training that differs in how it predicts alone is taken from the cell that made it (reuse.py).

    Returns: the record; None if the training was stopped on request.
    Raises: InputError as `train_run`, or if the cohort cannot give the cell's split.
    """
    data, home = bench.data, bench.cell_folder(cell.key)
    split = training_split(data, cell.split)
    if cell.subsets is not None:
        split = member_split(data, split, member=cell.member, subsets=cell.subsets, seed=cell.seed)
    take_training(cell, bench.folder)
    done = train_run(
        data.cohort,
        home / "run",
        config=cell.config,
        split=split,
        seed=cell.training_seed,
        device=bench.device,
        watcher=bench.watcher,
        on_trainer=bench.on_trainer,
        read_case=bench.shelf,
    )
    if not done:
        return None
    run = read_json(home / "run" / "run.json", way_out=RESTORE)
    started = time.monotonic()
    labels = predict_cell(home, bench, split.test)
    predicted = time.monotonic()
    atria = (read_probabilities(home / "probabilities" / f"{name}.npz") for name in split.test)
    scores = score(data, split.test, atria, READINGS)
    seconds = {
        "training": run["seconds"],
        "predicting": round(predicted - started, 1),
        "scoring": round(time.monotonic() - predicted, 1),
    }
    record = Record(
        key=cell.key,
        kind="network",
        scale=cell.config.profile,
        settings=dict(shaping_settings(cell.config)),
        split=cell.split,
        subsets=cell.subsets,
        member=cell.member,
        seed=cell.seed,
        trained_on=run["trained_on"] + run["validated_on"],
        trained_data=run["data"],
        made={name: run[name] for name in ("atriacourse", "commit", "python", "torch", "numpy")}
        | {name: run[name] for name in ("device", "threads", "precision", "date", "epochs")}
        | ({"weights_of": run["weights_of"]} if "weights_of" in run else {}),
        seconds=seconds,
        curve=curves(home / "run"),
        scores=scores,
        **_cases(data, split.test, labels),
    )
    write_record(bench.folder / "records", record)
    (home / "run" / "last.safetensors").unlink(missing_ok=True)
    shutil.rmtree(home / "run" / "tensorboard", ignore_errors=True)
    return record


def predict_cell(home: Path, bench: Bench, names: Iterable[str]) -> dict[str, float | None]:
    """Store the probabilities of each case; returns what the label head says of it."""
    segmenter = Segmenter(open_model(home / "run"), device=bench.device)
    labels = {}
    for name in names:
        prediction = segmenter.predict(bench.data.cohort.case(name).image())
        keep_probabilities(home / "probabilities" / f"{name}.npz", prediction.atrium)
        labels[name] = prediction.post_ablation
    return labels


def combine_members(unit: Unit, bench: Bench) -> Record:
    """The record of a bag whose members are all done."""
    started = time.monotonic()
    members = [read_record(bench.record_path(cell.key)) for cell in unit.cells]
    first, names = members[0], members[0].cases
    scores = score(bench.data, names, _atria(unit, names, bench), READINGS)
    labels = np.array([member.post_ablation_probability for member in members], dtype=float).mean(axis=0)
    record = Record(
        key=unit.key,
        kind="bag",
        scale=first.scale,
        settings=first.settings,
        split=first.split,
        subsets=first.subsets,
        member=0,
        seed=unit.seed,
        members=[member.key for member in members],
        combine=unit.combine,
        trained_on=sorted({name for member in members for name in member.trained_on}),
        made=provenance(choose_device(bench.device)),
        seconds={"scoring": round(time.monotonic() - started, 1)},
        scores=scores,
        **_cases(bench.data, names, dict(zip(names, labels, strict=True))),
    )
    write_record(bench.folder / "records", record)
    return record


def add_reading(unit: Unit, bench: Bench) -> Record:
    """Score a record's probabilities in one more way, and add it to the record."""
    record = read_record(bench.record_path(unit.key))
    scores = score(bench.data, record.cases, _atria(unit, record.cases, bench), (unit.reading,))
    record = record.model_copy(update={"scores": record.scores | scores})
    write_record(bench.folder / "records", record)
    return record


def score(
    data: StudyData, names: Iterable[str], atria: Iterable[np.ndarray], readings: Iterable[str]
) -> dict[str, dict[str, list[Number]]]:
    """Scores of every reading, as a record keeps them; `atria` are the probabilities of each case."""
    rows: dict[str, list[dict[str, Any]]] = {reading: [] for reading in readings}
    for name, atrium in zip(names, atria, strict=True):
        truth = data.cohort.case(name).mask()
        for reading in rows:
            rows[reading].append(score_case(name, truth.voxels, mask_of(atrium, reading), truth.spacing_mm))
    return {reading: scores_of(table) for reading, table in rows.items()}


def curves(run: Path) -> dict[str, list[Number]]:
    """The run's log, one list a column."""
    import pandas as pd

    log = pd.read_csv(run / "log.csv")
    return {name: [kept(value) for value in log[name]] for name in CURVES}


def _atria(unit: Unit, names: Iterable[str], bench: Bench) -> Iterable[np.ndarray]:
    for name in names:
        paths = [bench.cell_folder(cell.key) / "probabilities" / f"{name}.npz" for cell in unit.cells]
        yield combined([read_probabilities(path) for path in paths], unit.combine)


def _cases(data: StudyData, names: Iterable[str], labels: dict[str, float | None]) -> dict[str, Any]:
    cases = [data.cohort.case(name) for name in names]
    return {
        "cohort": data.cohort.name,
        "data": data.fingerprint,
        "cases": [case.name for case in cases],
        "sites": [case.site for case in cases],
        "post_ablation": [case.post_ablation for case in cases],
        "post_ablation_probability": [kept(labels[case.name]) for case in cases],
        "memory_gb": round(peak_memory_gb(), 2),
    }


def peak_memory_gb() -> float:
    """The most memory that this process has held so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024**3 if sys.platform == "darwin" else 1024**2)  # bytes on a Mac, kilobytes on Linux

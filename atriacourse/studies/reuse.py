"""A network that differs from a trained one in how it predicts alone: its weights are taken, not made again.

After cells.py, before work.py. Sizes of the slice at prediction, or mirror images, change no weight, so
such a variant costs a prediction. Only where one validation closes the training: with several, the
prediction's settings would have a say in which checkpoint is kept. The record then tells the commit, date
and seconds of that training, as that of a run that was gone on with does; `weights_of` says whose it was.
"""

import shutil
from pathlib import Path
from typing import Any

from atriacourse.errors import InputError
from atriacourse.files import read_json
from atriacourse.runs.config import to_json, write_json
from atriacourse.runs.folder import run_record
from atriacourse.studies.cells import Cell
from atriacourse.studies.records import records_in

BEGIN_AGAIN = "remove the cell's folder, and run the study again"
LEFT_BEHIND = shutil.ignore_patterns("last.safetensors", "tensorboard")


def take_training(cell: Cell, folder: Path) -> bool:
    """Copy the finished training of a cell that was trained alike, with this cell's settings.

    Args: folder: of the study's runs; a cell that has begun its own training keeps it.
    Returns: whether one was copied; the run then says whose weights it has ("weights_of").
    """
    run = folder / "cells" / cell.key / "run"
    if run.exists() or cell.config.training.validations != 1:
        return False
    donor = _trained_alike(cell, folder)
    if donor is None:
        return False
    draft = run.with_name("run.draft")  # all or nothing: a copy broken off is begun again
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(donor, draft, ignore=LEFT_BEHIND)
    config = to_json(cell.config)
    write_json(draft / "config.json", config)
    own = {"config": config, "weights_of": donor.parent.name}
    for name, added in (("setup.json", {"config": config}), ("run.json", own)):
        write_json(draft / name, read_json(donor / name, way_out=BEGIN_AGAIN) | added)
    draft.rename(run)
    return True


def _trained_alike(cell: Cell, folder: Path) -> Path | None:
    """The run of another cell with the same weights, if it is done and still there."""
    wanted = _training_of(cell.identity)
    records, _ = records_in(folder)  # damage is reported where the record is needed; here it is no help
    for key, record in records.items():
        run = folder / "cells" / key / "run"
        made = {name: getattr(record, name) for name in wanted}
        if key == cell.key or record.kind != "network" or _training_of(made) != wanted:
            continue
        try:
            ended = run_record(run)
        except InputError:
            continue
        if ended and ended["done"] and (run / "best.safetensors").is_file():
            return run
    return None


def _training_of(identity: dict[str, Any]) -> dict[str, Any]:
    settings = identity["settings"].items()
    return identity | {"settings": {k: v for k, v in settings if not k.startswith("prediction.")}}

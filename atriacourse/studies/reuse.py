"""A network that differs from a trained one in how it predicts alone: its weights are taken, not made again.

After cells.py, before work.py. Sizes of the slice at prediction, or mirror images, change no weight, so
such a variant costs a prediction. Only where one validation closes the training: with several, the
prediction's settings would have a say in which checkpoint is kept.
"""

import shutil
from pathlib import Path
from typing import Any

from atriacourse.errors import InputError
from atriacourse.runs.config import read_json, to_json, write_json
from atriacourse.studies.cells import Cell

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
    write_json(draft / "setup.json", read_json(draft / "setup.json") | {"config": config})
    own = {"config": config, "weights_of": donor.parent.name}
    write_json(draft / "run.json", read_json(draft / "run.json") | own)
    draft.rename(run)
    return True


def _trained_alike(cell: Cell, folder: Path) -> Path | None:
    """The run of another cell with the same weights, if it is done and still there."""
    wanted = _training_of(cell.identity)
    for path in sorted((folder / "records").glob("*.json")):
        try:
            record = read_json(path)
        except InputError:  # a damaged record is reported where it is needed; here it is no help
            continue
        run = folder / "cells" / record["key"] / "run"
        if record["kind"] != "network" or record["key"] == cell.key or not (run / "run.json").is_file():
            continue
        alike = _training_of({name: record[name] for name in wanted}) == wanted
        if alike and read_json(run / "run.json")["done"] and (run / "best.safetensors").is_file():
            return run
    return None


def _training_of(identity: dict[str, Any]) -> dict[str, Any]:
    settings = identity["settings"].items()
    return identity | {"settings": {k: v for k, v in settings if not k.startswith("prediction.")}}

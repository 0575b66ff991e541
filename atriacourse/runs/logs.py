"""The run's curves as CSV (and for TensorBoard, if installed), rewritten from the checkpoint's history.

Beside runs/train.py. Rewriting whole means that a resumed run leaves no row twice. What somebody else put
under these names is left alone.
"""

import csv
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from atriacourse.files import written_whole
from atriacourse.runs.ours import refuse_foreign

HEADS = {"log.csv": b"epoch,crop,learning_rate,loss,", "validation.csv": b"epoch,progress,dice,"}
OURS = ".atriacourse"  # the end of an event file's name


def write_logs(
    folder: Path, history: Sequence[dict[str, Any]], validations: Sequence[dict[str, Any]]
) -> None:
    """Write log.csv (a row an epoch), validation.csv (a row a validation) and, if installed, tensorboard/."""
    if history:
        rows = [{**row, "slices_per_second": row["slices"] / max(row["seconds"], 1e-9)} for row in history]
        write_csv(folder / "log.csv", rows)
    if validations:
        rows = [
            {"epoch": row["epoch"], "progress": row["progress"], "dice": row["score"], **row["dice"]}
            for row in validations
        ]
        write_csv(folder / "validation.csv", rows)
    if find_spec("tensorboard") is not None:  # the extra of that name
        write_tensorboard(folder / "tensorboard", history, validations)


def refuse_foreign_logs(folder: Path) -> None:
    """Raise InputError if a table that the run will rewrite has another head than the run's own."""
    for name, head in HEADS.items():
        path = folder / name
        if not path.is_file() or not path.read_bytes().startswith(head):
            refuse_foreign([path], notes="head of a run's curves")


def write_csv(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows of the same columns, all or nothing."""
    with written_whole(path) as draft, draft.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def write_tensorboard(
    folder: Path, history: Sequence[dict[str, Any]], validations: Sequence[dict[str, Any]]
) -> None:
    """Write the curves anew as one event file."""
    from torch.utils.tensorboard import SummaryWriter  # imported late: it takes seconds

    for before in folder.glob(f"events.out.tfevents.*{OURS}"):
        before.unlink()
    with SummaryWriter(str(folder), filename_suffix=OURS) as writer:
        for row in history:
            for name in ("loss", "mask_loss", "label_loss", "learning_rate", "crop"):
                writer.add_scalar(f"training/{name}", row[name], row["epoch"])
        for row in validations:
            writer.add_scalar("validation/dice", row["score"], row["epoch"])

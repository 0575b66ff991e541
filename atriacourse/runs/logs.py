"""The run's curves as CSV and for TensorBoard, rewritten from the history that the checkpoint carries.

Beside runs/train.py. Rewriting whole means that a resumed run leaves no row twice.
"""

import csv
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from atriacourse.files import written_whole


def write_logs(
    folder: Path, history: Sequence[dict[str, Any]], validations: Sequence[dict[str, Any]]
) -> None:
    """Write log.csv (a row an epoch), validation.csv (a row a validation) and tensorboard/."""
    if history:
        rows = [{**row, "slices_per_second": row["slices"] / max(row["seconds"], 1e-9)} for row in history]
        write_csv(folder / "log.csv", rows)
    if validations:
        rows = [
            {"epoch": row["epoch"], "progress": row["progress"], "dice": row["score"], **row["dice"]}
            for row in validations
        ]
        write_csv(folder / "validation.csv", rows)
    write_tensorboard(folder / "tensorboard", history, validations)


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

    shutil.rmtree(folder, ignore_errors=True)
    with SummaryWriter(str(folder)) as writer:
        for row in history:
            for name in ("loss", "mask_loss", "label_loss", "learning_rate", "crop"):
                writer.add_scalar(f"training/{name}", row[name], row["epoch"])
        for row in validations:
            writer.add_scalar("validation/dice", row["score"], row["epoch"])

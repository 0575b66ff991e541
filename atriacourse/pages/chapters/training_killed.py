"""A training that is killed: started in a process of its own, and ended without a warning.

Beside trained.py. A lost GPU, a closed lid and an impatient student all look like this to a program.
"""

import multiprocessing
import time
from pathlib import Path
from typing import Any

import torch

from atriacourse.errors import InputError
from atriacourse.runs.train import train_run


def train_with_threads(threads: int, call: dict[str, Any]) -> None:
    """What the other process does: `train_run` with as many threads, so that it sums in the same order."""
    torch.set_num_threads(threads)
    train_run(**call)


def train_and_kill(call: dict[str, Any], *, patience_s: float = 300) -> int:
    """Start `train_run(**call)` in another process and kill it as soon as it has saved a checkpoint.

    Args: call: the arguments; they must be picklable, so no watcher. patience_s: how long to wait.
    Returns: the exit code: negative where the process was killed, 0 where it was done before.
    Raises: InputError if it ends or waits without having saved anything.
    """
    checkpoint = Path(call["folder"]) / "last.safetensors"
    process = multiprocessing.get_context("spawn").Process(
        target=train_with_threads, args=(torch.get_num_threads(), call), daemon=True
    )
    process.start()
    end = time.monotonic() + patience_s
    while not checkpoint.is_file() and process.is_alive() and time.monotonic() < end:
        time.sleep(0.01)
    process.kill()
    process.join()
    if process.exitcode is None or not checkpoint.is_file():
        raise InputError(f"the training ended with code {process.exitcode} before it had saved anything")
    return process.exitcode

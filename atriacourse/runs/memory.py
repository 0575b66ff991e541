"""Does a training fit into the machine? Asked before anything is read or made.

After runs/config.py, before runs/train.py. `atriacourse describe` counts more exactly, and more slowly.
"""

import os
from pathlib import Path

import torch

from atriacourse.errors import InputError
from atriacourse.runs.config import RunConfig

CONTAINER = Path("/sys/fs/cgroup/memory.max")  # what a container may use, in Linux

BYTES_OF_WEIGHT = 4 * 3  # itself, its gradient and one moment, in float32


def refuse_what_cannot_fit(config: RunConfig, *, cases: int, device: torch.device) -> None:
    """Raise InputError, naming the estimate, if the largest batch is more than the device's memory.

    The estimate is a low one (mixed precision; the simpler optimiser): what is refused could never fit.

    Args: cases: to train on; no batch is larger than the slices that one pass takes of them.
    """
    curriculum = config.training.curriculum
    there, most = memory_bytes(device), cases * curriculum.slices_per_case
    for crop, batch in zip(curriculum.sizes, curriculum.batch_sizes, strict=True):
        batch = min(batch, most)
        needed = BYTES_OF_WEIGHT * config.network.weights + 2 * batch * config.network.activations(crop)
        if needed > there:
            raise InputError(
                f"a batch of {batch} slices of {crop} x {crop} needs about {needed / 1e9:.1f} GB or more, "
                f"and {device} has {there / 1e9:.1f}; smaller batches (training.curriculum.batch_sizes), "
                f"crops or widths: `atriacourse describe` says what each takes"
            )


def memory_bytes(device: torch.device) -> float:
    """All the memory of a GPU, or what this process may use of the machine's; infinite if nobody says."""
    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).total_memory
    known = []
    if "SC_PHYS_PAGES" in getattr(os, "sysconf_names", {}):
        known.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    if CONTAINER.is_file() and (limit := CONTAINER.read_text().strip()).isdigit():
        known.append(int(limit))
    return min(known, default=float("inf"))

"""Options that several commands share, and what they are turned into.

Before the command files of this folder.
"""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from atriacourse.errors import InputError

if TYPE_CHECKING:
    from atriacourse.runs.config import RunConfig

Data = Annotated[Path, typer.Option(help="folder of scans: official tree, HDF5 mirror, MSD task or phantom")]
Labels = Annotated[Path | None, typer.Option(help="pre/post csv, if it does not lie with the scans")]
Spacing = Annotated[
    tuple[float, float, float] | None,
    typer.Option(metavar="Z Y X", help="voxel size in mm, instead of the file's or the assumed 0.625"),
]
MostVoxels = Annotated[
    int, typer.Option(help="scans with more voxels than this are refused before they are read", min=1)
]
TrainedSpacing = Annotated[
    tuple[float, float, float] | None,
    typer.Option(metavar="Z Y X", help="voxel size in mm of the training scans, instead of the run's record"),
]
Resample = Annotated[
    bool,
    typer.Option("--resample/--no-resample", help="show scans of other voxels at the size trained on"),
]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N")]
Profile = Annotated[str, typer.Option(help="smoke, laptop, colab, paper or authors")]
Minutes = Annotated[float | None, typer.Option(help="time for one network; the schedule is fitted to it")]
Epochs = Annotated[int | None, typer.Option(help="number of epochs, instead of a time")]
Seed = Annotated[int, typer.Option(help="of split, weights, batches and augmentation")]
Assign = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="change a setting; `describe` lists them; repeatable"),
]
SplitKind = Annotated[str, typer.Option(help="holdout (80:20), list (the dataset's own), fold:K/N, or all")]
Threads = Annotated[int | None, typer.Option(help="CPU threads; the default is all")]
Model = Annotated[Path, typer.Option(help="folder of a run or a bag")]
Checkpoint = Annotated[str, typer.Option(help="best (by validation Dice) or last")]


def run_config(
    name: str, *, assignments: list[str], minutes: float | None = None, epochs: int | None = None
) -> "RunConfig":
    """The profile's settings with the command line's changes; epochs and minutes exclude each other."""
    from atriacourse.runs.config import override
    from atriacourse.runs.profiles import profile

    if minutes is not None and epochs is not None:
        raise InputError("give --minutes or --epochs, not both")
    config = profile(name)
    if minutes is not None:
        config = replace(config, minutes=minutes)
    if epochs is not None:
        config = replace(config, epochs=epochs, minutes=None)
    return override(config, assignments)


def use_threads(threads: int | None) -> None:
    """Set how many CPU threads torch uses; None leaves it alone."""
    if threads is None:
        return
    if threads < 1:
        raise InputError(f"--threads must be 1 or more, got {threads}")
    import torch

    torch.set_num_threads(threads)

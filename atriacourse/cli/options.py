"""Options that several commands share, and what they are turned into.

Before the command files of this folder.
"""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from atriacourse.bounds import BOUNDS, parsed
from atriacourse.cli.bars import fail
from atriacourse.errors import InputError

if TYPE_CHECKING:
    from atriacourse.runs.config import RunConfig

Data = Annotated[Path, typer.Option(help="folder of scans: official tree, HDF5 mirror, MSD task or phantom")]
Labels = Annotated[Path | None, typer.Option(help="pre/post csv, if it does not lie with the scans")]


def number(name: str, *, says: str, option: str | None = None, metavar: str | None = None) -> Any:
    """An option that takes a number within its bounds; one line and exit code 2 for any other.

    Args: name: in atriacourse/bounds.py; says: the help; option: if not the last part of the name.
    """
    option = option or f"--{name.rpartition('.')[2].replace('_', '-')}"
    bound = BOUNDS[name]

    def parse(text: Any) -> Any:
        try:
            return parsed(name, text, called=option)
        except InputError as error:
            fail(f"atriacourse: {error}", code=2)

    return typer.Option(option, help=says, metavar=metavar or f"{bound.low}..{bound.high}", parser=parse)


Spacing = Annotated[
    tuple[float, float, float] | None,
    number(
        "spacing_mm", metavar="Z Y X", says="voxel size in mm, instead of the file's or the assumed 0.625"
    ),
]
MostVoxels = Annotated[
    int, number("most_voxels", says="scans with more voxels than this are refused before they are read")
]
TrainedSpacing = Annotated[
    tuple[float, float, float] | None,
    number(
        "spacing_mm",
        option="--trained-spacing-mm",
        metavar="Z Y X",
        says="voxel size in mm of the training scans, instead of the run's record",
    ),
]
Resample = Annotated[
    bool,
    typer.Option("--resample/--no-resample", help="show scans of other voxels at the size trained on"),
]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps")]
Profile = Annotated[str, typer.Option(help="smoke, laptop, colab, paper or authors")]
Minutes = Annotated[
    float | None, number("minutes", says="time for one network; the schedule is fitted to it")
]
Epochs = Annotated[int | None, number("epochs", says="number of epochs, instead of a time")]
Seed = Annotated[int, number("seed", says="of split, weights, batches and augmentation")]
Assign = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="change a setting; `describe` lists them; repeatable"),
]
SplitKind = Annotated[str, typer.Option(help="holdout (80:20), list (the dataset's own), fold:K/N, or all")]
Threads = Annotated[int | None, number("threads", says="CPU threads; the default is all")]
Model = Annotated[Path, typer.Option(help="folder of a run or a bag, or a name that `models` lists")]
Checkpoint = Annotated[str, typer.Option(help="best (by validation Dice) or last")]


def run_config(
    name: str, *, assignments: list[str], minutes: float | None = None, epochs: int | None = None
) -> "RunConfig":
    """The profile's settings with the command line's changes; epochs and minutes exclude each other."""
    from atriacourse.runs.config import override
    from atriacourse.runs.profiles import profile

    if minutes is not None and epochs is not None:
        raise InputError("give --minutes or --epochs, not both")
    if any(text.partition("=")[0].strip() == "profile" for text in assignments):
        raise InputError("profile is the name of the settings to start from; choose them with --profile")
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
    import torch

    torch.set_num_threads(threads)

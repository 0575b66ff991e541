"""`atriacourse train` and `atriacourse bag`."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from atriacourse.cli.bars import Notes, TrainingBar, stop_on_signal, tell_of_left_out
from atriacourse.cli.options import (
    Assign,
    Data,
    Device,
    Epochs,
    Labels,
    Minutes,
    MostVoxels,
    Profile,
    Seed,
    Spacing,
    SplitKind,
    Threads,
    number,
    run_config,
    use_threads,
)
from atriacourse.data.cohort import Cohort, open_cohort
from atriacourse.data.grid import MOST_VOXELS
from atriacourse.errors import InputError

if TYPE_CHECKING:
    from atriacourse.runs.config import RunConfig


def train(
    data: Data,
    out: Annotated[
        Path | None, typer.Option(help="folder of the run [default: runs/COHORT-PROFILE-seedN]")
    ] = None,
    profile: Profile = "laptop",
    minutes: Minutes = None,
    epochs: Epochs = None,
    work: Annotated[
        float | None,
        number("work", says="TFLOP of training, alike on every machine, instead of a time or epochs"),
    ] = None,
    split: SplitKind = "holdout",
    seed: Seed = 0,
    device: Device = "auto",
    threads: Threads = None,
    set_: Assign = None,
    labels: Labels = None,
    spacing_mm: Spacing = None,
    most_voxels: MostVoxels = MOST_VOXELS,
) -> None:
    """Train one network. Ctrl-C saves; the same command goes on where it stopped."""
    from atriacourse.runs.train import train_run

    if work is not None and not (minutes is None and epochs is None):
        raise InputError("give --work, --minutes or --epochs, one of them")
    config = run_config(profile, minutes=minutes, epochs=epochs, assignments=set_ or [])
    use_threads(threads)
    cohort = open_cohort(
        data, spacing_mm=spacing_mm, labels_csv=labels, most_voxels=most_voxels, on_note=Notes()
    )
    tell_of_left_out(cohort, masks=True)
    out = out or Path("runs") / f"{cohort.name}-{profile}-seed{seed}"
    carry_out(train_run, cohort, out, split, config=config, seed=seed, work_tflop=work, device=device)


def bag(
    data: Data,
    out: Annotated[
        Path | None, typer.Option(help="folder of the bag [default: runs/COHORT-PROFILE-bagN-seedN]")
    ] = None,
    profile: Profile = "laptop",
    members: Annotated[int, number("members", says="how many networks")] = 5,
    subsets: Annotated[
        str, typer.Option(help="bootstrap (the paper), folds, or all: other seeds alone")
    ] = "bootstrap",
    minutes: Minutes = None,
    epochs: Epochs = None,
    split: SplitKind = "holdout",
    seed: Seed = 0,
    device: Device = "auto",
    threads: Threads = None,
    set_: Assign = None,
    labels: Labels = None,
    spacing_mm: Spacing = None,
    most_voxels: MostVoxels = MOST_VOXELS,
) -> None:
    """Train several networks, by default on subsets (bagging); they predict as one."""
    from atriacourse.runs.bag import train_bag

    config = run_config(profile, minutes=minutes, epochs=epochs, assignments=set_ or [])
    use_threads(threads)
    cohort = open_cohort(
        data, spacing_mm=spacing_mm, labels_csv=labels, most_voxels=most_voxels, on_note=Notes()
    )
    tell_of_left_out(cohort, masks=True)
    out = out or Path("runs") / f"{cohort.name}-{profile}-bag{members}-seed{seed}"
    bagging: dict[str, Any] = {"members": members, "subsets": subsets}
    carry_out(train_bag, cohort, out, split, config=config, seed=seed, device=device, **bagging)


def carry_out(
    work: Callable[..., bool],
    cohort: Cohort,
    out: Path,
    split: str,
    *,
    config: "RunConfig",
    seed: int,
    work_tflop: float | None = None,
    **settings: Any,
) -> None:
    """Split the cohort, do the work under a progress bar that Ctrl-C stops, and say how it ended.

    Args: work_tflop: if given, in place of the config's epochs or minutes.
    """
    from atriacourse.runs.flops import at_work
    from atriacourse.runs.splitting import make_split

    chosen = make_split(cohort, split, seed=seed, saved=out / "split.json")
    if work_tflop is not None:
        config = at_work(config, work_tflop, cohort=cohort, split=chosen, seed=seed)
    settings["config"] = config
    with TrainingBar() as watcher, stop_on_signal() as stop:
        done = work(cohort, out, split=chosen, seed=seed, watcher=watcher, on_trainer=stop, **settings)
    tell_end(done, out)


def tell_end(done: bool, out: Path) -> None:
    """Say that a run is done, or end as interrupted."""
    if not done:
        raise typer.Exit(130)
    print(f"done: {out}; score it with: atriacourse evaluate --model {out} --data FOLDER")

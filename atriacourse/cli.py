"""The command line: audit, phantom, train, bag, predict, evaluate, compare, describe.

A thin layer over runs/ and data/: it parses, shows progress and prints. Exit codes: 0 done, 1 done but some
cases could not be used, 2 bad input (one line on stderr), 130 interrupted (everything computed is saved).
"""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from atriacourse.errors import InputError

app = typer.Typer(
    help="Left-atrium segmentation in GE-MRI: the method of Chen, Bai and Rueckert (2018), end to end.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Data = Annotated[Path, typer.Option(help="folder of scans: official tree, HDF5 mirror, MSD task or phantom")]
Labels = Annotated[Path | None, typer.Option(help="pre/post csv, if it does not lie with the scans")]
Spacing = Annotated[
    tuple[float, float, float] | None,
    typer.Option(metavar="Z Y X", help="voxel size in mm, instead of the file's or the assumed 0.625"),
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


@app.command()
def audit(
    folder: Annotated[Path, typer.Argument(help="folder of scans in any layout")],
    csv: Annotated[Path | None, typer.Option(help="write one row a case here")] = None,
    labels: Labels = None,
    spacing_mm: Spacing = None,
) -> None:
    """Report what a folder of scans holds, and what is wrong with it."""
    from atriacourse.data.audit import audit as audit_cohort
    from atriacourse.data.cohort import open_cohort

    cohort = open_cohort(folder, spacing_mm=spacing_mm, labels_csv=labels)
    with bar("reading", len(cohort), "case") as shown:
        report = audit_cohort(cohort, progress=lambda done, total: advance(shown, done))
    print(report.to_text())
    if csv is not None:
        report.table.to_csv(csv, index=False)
        print(f"table: {csv}")
    if report.unreadable:
        raise typer.Exit(1)


@app.command()
def phantom(
    folder: Annotated[Path, typer.Argument(help="new folder for the phantom cohort")],
    cases: Annotated[int, typer.Option(help="how many", min=1)] = 12,
    matrix: Annotated[int, typer.Option(help="voxels along x and y; 576 or 640 are the scans' own")] = 144,
    slices: Annotated[int, typer.Option(help="88 are the scans' own")] = 44,
    file_format: Annotated[str, typer.Option("--format", help="nrrd or nii.gz")] = "nrrd",
    seed: Seed = 0,
) -> None:
    """Write synthetic scans with known truth: no download, no licence."""
    from atriacourse.data.phantom import PhantomConfig, write_phantom_cohort

    field_mm = 400.0 if matrix == 640 else 360.0
    config = PhantomConfig(matrix=matrix, slices=slices, field_mm=field_mm)
    with bar("phantoms", cases, "case") as shown:
        write_phantom_cohort(
            folder,
            cases=cases,
            config=config,
            seed=seed,
            file_format=file_format,
            progress=lambda done, total: advance(shown, done),
        )
    print(f"{cases} phantoms of {slices} x {matrix} x {matrix} voxels (z, y, x) in {folder}")


@app.command()
def train(
    data: Data,
    out: Annotated[Path, typer.Option(help="folder of the run; the same command goes on with it")],
    profile: Profile = "laptop",
    minutes: Minutes = None,
    epochs: Epochs = None,
    split: SplitKind = "holdout",
    seed: Seed = 0,
    device: Device = "auto",
    threads: Threads = None,
    set_: Assign = None,
    labels: Labels = None,
    spacing_mm: Spacing = None,
) -> None:
    """Train one network. Ctrl-C saves; the same command goes on where it stopped."""
    quick_cpu(threads)
    from atriacourse.data.cohort import open_cohort
    from atriacourse.runs.splitting import make_split
    from atriacourse.runs.train import train_run

    config = run_config(profile, minutes=minutes, epochs=epochs, assignments=set_ or [])
    cohort = open_cohort(data, spacing_mm=spacing_mm, labels_csv=labels)
    chosen = make_split(cohort, split, seed=seed, saved=out / "split.json")
    with TrainingBar() as watcher, stop_on_signal() as stop:
        done = train_run(
            cohort, out, config=config, split=chosen, seed=seed, device=device, watcher=watcher, on_trainer=stop
        )
    tell_end(done, out)


@app.command()
def bag(
    data: Data,
    out: Annotated[Path, typer.Option(help="folder of the bag; the same command goes on with it")],
    profile: Profile = "laptop",
    members: Annotated[int, typer.Option(help="how many networks", min=1)] = 5,
    subsets: Annotated[str, typer.Option(help="bootstrap (the paper) or folds")] = "bootstrap",
    minutes: Minutes = None,
    epochs: Epochs = None,
    split: SplitKind = "holdout",
    seed: Seed = 0,
    device: Device = "auto",
    threads: Threads = None,
    set_: Assign = None,
    labels: Labels = None,
    spacing_mm: Spacing = None,
) -> None:
    """Train several networks on subsets (bagging); they predict as one."""
    quick_cpu(threads)
    from atriacourse.data.cohort import open_cohort
    from atriacourse.runs.bag import train_bag
    from atriacourse.runs.splitting import make_split

    config = run_config(profile, minutes=minutes, epochs=epochs, assignments=set_ or [])
    cohort = open_cohort(data, spacing_mm=spacing_mm, labels_csv=labels)
    chosen = make_split(cohort, split, seed=seed, saved=out / "split.json")
    with TrainingBar() as watcher, stop_on_signal() as stop:
        done = train_bag(
            cohort,
            out,
            config=config,
            split=chosen,
            members=members,
            subsets=subsets,
            seed=seed,
            device=device,
            watcher=watcher,
            on_trainer=stop,
        )
    tell_end(done, out)


@app.command()
def predict(
    scans: Annotated[Path, typer.Argument(help="one scan, or a folder of scans in any layout")],
    model: Model,
    out: Annotated[Path, typer.Option(help="folder for the masks")],
    file_format: Annotated[str, typer.Option("--format", help="nii.gz, nii or nrrd")] = "nii.gz",
    probabilities: Annotated[bool, typer.Option("--probabilities", help="write them too")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="predict again what is there")] = False,
    checkpoint: Checkpoint = "best",
    device: Device = "auto",
    threads: Threads = None,
    spacing_mm: Spacing = None,
) -> None:
    """Write a mask for each scan, on the scan's own grid."""
    quick_cpu(threads)
    from atriacourse.data.cohort import open_cohort
    from atriacourse.runs.folder import open_model
    from atriacourse.runs.predict import Outcome, Segmenter, predict_cohort

    cohort = open_cohort(scans, spacing_mm=spacing_mm)
    segmenter = Segmenter(open_model(model, checkpoint=checkpoint), device=device)
    with bar("predicting", len(cohort), "case") as shown:

        def on_case(outcome: Outcome) -> None:
            post = "" if outcome.post_ablation is None else f", post-ablation {outcome.post_ablation:.2f}"
            where = f"{outcome.mask_path}{' (there already)' if outcome.kept else ''}{post}"
            shown.write(f"{outcome.name}: {outcome.problem or where}", file=sys.stdout)
            shown.update()

        outcomes = predict_cohort(
            segmenter,
            cohort,
            out,
            file_format=file_format,
            probabilities=probabilities,
            overwrite=overwrite,
            on_case=on_case,
        )
    failed = sum(outcome.problem is not None for outcome in outcomes)
    if failed:
        fail(f"{failed} of {len(outcomes)} scans have no mask; the reasons stand above", code=1)


@app.command()
def evaluate(
    model: Model,
    data: Data,
    cases: Annotated[str, typer.Option(help="auto, held-out or all")] = "auto",
    out: Annotated[Path | None, typer.Option(help="per-case table (csv)")] = None,
    raw: Annotated[bool, typer.Option("--raw", help="score before post-processing")] = False,
    checkpoint: Checkpoint = "best",
    device: Device = "auto",
    threads: Threads = None,
    labels: Labels = None,
    spacing_mm: Spacing = None,
) -> None:
    """Score a run or a bag case by case.

    "auto" scores the held-out cases of the folder it was trained on, and every case of any other folder.
    """
    quick_cpu(threads)
    from atriacourse.data.cohort import open_cohort
    from atriacourse.evaluation.summary import summarise
    from atriacourse.runs.evaluate import cases_to_score, evaluate_cohort
    from atriacourse.runs.folder import open_model
    from atriacourse.runs.predict import Segmenter

    cohort = open_cohort(data, spacing_mm=spacing_mm, labels_csv=labels)
    saved = open_model(model, checkpoint=checkpoint)
    chosen, leaked = cases_to_score(saved, cohort, cases)
    if leaked:
        fail(f"warning: {len(leaked)} of {len(chosen)} cases were trained on; their scores prove nothing")
    csv_path = out or model / f"evaluation-{cohort.name}-{cases}{'-raw' if raw else ''}-{checkpoint}.csv"
    with bar("scoring", len(chosen), "case") as shown:

        def on_case(name: str, row: dict[str, Any] | str) -> None:
            text = row if isinstance(row, str) else score_line(row)
            shown.write(f"{name}  {text}", file=sys.stdout)
            shown.update()

        result = evaluate_cohort(
            Segmenter(saved, device=device), chosen, csv_path, raw=raw, on_case=on_case
        )
    summary = summarise(result.table)
    sources = ", ".join(sorted(set(result.table["spacing_source"])))
    print(f"\n{summary.round(4).to_string()}\n\nspacing: {sources}; table: {csv_path}")
    if result.problems:
        fail(f"{len(result.problems)} of {len(chosen)} cases could not be scored; see above", code=1)


@app.command()
def compare(
    table_a: Annotated[Path, typer.Argument(help="per-case table of run A")],
    table_b: Annotated[Path, typer.Argument(help="per-case table of run B")],
    metric: Annotated[str, typer.Option(help="a column of both tables")] = "dice",
    seed: Annotated[int, typer.Option(help="of the bootstrap")] = 0,
) -> None:
    """Compare two runs case by case; no winner is named when the interval spans zero."""
    from atriacourse.evaluation.case import read_table
    from atriacourse.evaluation.compare import compare as compare_tables

    result = compare_tables(read_table(table_a), read_table(table_b), metric=metric, seed=seed)
    print(f"A: {table_a} (mean {result.mean_a:.4f})\nB: {table_b} (mean {result.mean_b:.4f})")
    print(result.verdict)


@app.command()
def describe(
    profile: Profile = "laptop",
    model: Annotated[Path | None, typer.Option(help="describe a run or bag instead")] = None,
    set_: Assign = None,
) -> None:
    """Print every setting of a profile or a run, with parameters, FLOPs and memory."""
    from atriacourse.runs.describe import describe_config
    from atriacourse.runs.folder import open_model

    config = open_model(model).config if model else run_config(profile, assignments=set_ or [])
    print(describe_config(config))


# ---- what the commands share ------------------------------------------------------------------------


def run_config(
    name: str, *, assignments: list[str], minutes: float | None = None, epochs: int | None = None
) -> Any:
    """The profile's settings with the command line's changes; epochs and minutes exclude each other."""
    from dataclasses import replace

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


def quick_cpu(threads: int | None) -> None:
    """Set the threads, and flush subnormals before torch's workers start; see training/device.py."""
    import torch

    from atriacourse.training.device import keep_cpu_fast

    if threads is not None:
        if threads < 1:
            raise InputError(f"--threads must be 1 or more, got {threads}")
        torch.set_num_threads(threads)
    keep_cpu_fast()


def score_line(row: dict[str, Any]) -> str:
    """One case's scores, short."""
    return (
        f"Dice {row['dice']:.3f}  Jaccard {row['jaccard']:.3f}  HD {row['hd_mm']:.1f} mm  "
        f"HD95 {row['hd95_mm']:.1f} mm  ASSD {row['assd_mm']:.2f} mm  "
        f"volume {row['guess_ml']:.1f} mL (truth {row['truth_ml']:.1f})"
    )


@contextmanager
def bar(text: str, total: int, unit: str) -> Iterator[Any]:
    """A progress bar on stderr."""
    from tqdm import tqdm

    with tqdm(total=total, desc=text, unit=unit, file=sys.stderr, dynamic_ncols=True) as shown:
        yield shown


def advance(shown: Any, done: int) -> None:
    """Set a bar to an absolute count."""
    shown.update(done - shown.n)


class TrainingBar:
    """Shows a run: cases read, then progress, loss, throughput and time left."""

    def __enter__(self) -> "TrainingBar":
        from tqdm import tqdm

        form = "{desc}: {percentage:5.1f}%|{bar}| {elapsed}<{remaining}{postfix}"
        self.shown = tqdm(total=1.0, desc="training", bar_format=form, file=sys.stderr, dynamic_ncols=True)
        return self

    def __exit__(self, *_: object) -> None:
        self.shown.close()

    def say(self, text: str) -> None:
        """Print a line above the bar."""
        self.shown.write(text, file=sys.stdout)

    def loading(self, done: int, total: int) -> None:
        """Cases read so far."""
        self.shown.set_description_str(f"reading {done}/{total}")

    def step(self, report: Any) -> None:
        """One training step is done."""
        if self.shown.n == 0 or report.progress < self.shown.n:
            self.shown.reset()  # a new member of a bag, or a run that goes on
            self.shown.initial = report.progress
        self.shown.set_description_str(f"epoch {report.epoch}")
        score = "" if report.score is None else f", validation Dice {report.score:.3f}"
        self.shown.set_postfix_str(
            f"loss {report.loss:.3f}, crop {report.crop}, {report.slices_per_second:.0f} slices/s{score}",
            refresh=False,
        )
        self.shown.update(report.progress - self.shown.n)


@contextmanager
def stop_on_signal() -> Iterator[Any]:
    """Ctrl-C or SIGTERM: finish the step, save, stop. A second Ctrl-C stops at once."""
    running: list[Any] = []

    def on_signal(number: int, frame: object) -> None:
        if not running or running[-1].stop_requested:
            raise KeyboardInterrupt
        running[-1].stop_requested = True

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield running.append
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def tell_end(done: bool, out: Path) -> None:
    """Say that a run is done, or how to go on with it."""
    if not done:
        fail(f"stopped and saved in {out}; the same command goes on", code=130)
    print(f"done: {out}; score it with: atriacourse evaluate --model {out} --data FOLDER")


def fail(text: str, *, code: int | None = None) -> None:
    """Print to stderr, and exit if there is a code."""
    print(text, file=sys.stderr)
    if code is not None:
        raise typer.Exit(code)


def main() -> None:
    """Run the command line; bad input is one line on stderr and exit code 2."""
    try:
        app()
    except InputError as error:
        print(f"atriacourse: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("interrupted; what was computed is saved, the same command goes on", file=sys.stderr)
        sys.exit(130)

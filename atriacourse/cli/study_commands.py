"""`atriacourse study list | show | run | status | report`."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from atriacourse.bounds import bounded, parsed
from atriacourse.cli.bars import Notes, TrainingBar, advance, bar, fail, stop_on_signal, tell_of_left_out
from atriacourse.cli.options import Assign, Data, Device, Labels, MostVoxels, Spacing, Threads, number
from atriacourse.data.grid import MOST_VOXELS
from atriacourse.errors import InputError

if TYPE_CHECKING:
    from atriacourse.studies.cells import Unit
    from atriacourse.studies.declare import Study

NO_DATA = ""  # stands for a fingerprint where only the words of a command are checked
RUN_MAKES_THEM = "`atriacourse study run` makes its records"

app = typer.Typer(help="Run the ablations of the book, and report what they say.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="a study; `atriacourse study list` names them")]
Names = Annotated[
    list[str], typer.Argument(help="studies, or some variants of one: table1 bagging/single,five")
]
ScaleName = Annotated[str, typer.Option(help="smoke, atlas, laptop or paper")]
Seeds = Annotated[str, typer.Option(help="numbers with commas")]
Out = Annotated[Path | None, typer.Option(help="folder of the runs [default: runs/studies-COHORT-SCALE]")]


@app.command("list")
def list_studies() -> None:
    """Name every study and its question."""
    from atriacourse.studies.catalogue import STUDIES

    for study in STUDIES.values():
        print(f"{study.name:<14} {len(study.variants)} variants  {study.question}")


@app.command()
def show(name: Name, scale: ScaleName = "atlas") -> None:
    """Print a study: its question, its variants with what they change, and what it costs."""
    from atriacourse.studies.catalogue import study as find
    from atriacourse.studies.scales import SCALES
    from atriacourse.studies.scales import scale as find_scale

    study, chosen = find(name), find_scale(scale)
    networks = sum(variant.members for variant in study.variants)
    print(f"{study.name}: {study.question}\n{study.paper}\nbase: scale {chosen.name} ({chosen.says})")
    for text in study.base:
        print(f"  {text}")
    for variant in study.variants:
        bag = (
            f", {variant.members} {variant.subsets} members, {variant.combine}" if variant.members > 1 else ""
        )
        print(f"{variant.name:<20} {variant.label} [split {variant.split}, mask {variant.reading}{bag}]")
        for text in variant.set:
            print(f"  {text}")
    for size in SCALES.values():
        print(
            f"{size.name:<7} at most {networks} networks a seed, about {networks * size.minutes:g} minutes "
            f"on {size.device}"
        )


@app.command()
def run(
    names: Names,
    data: Data,
    scale: ScaleName = "atlas",
    seeds: Seeds = "1,2,3",
    out: Out = None,
    jobs: Annotated[int, number("jobs", says="workers at once")] = 1,
    engine: Annotated[
        str, typer.Option(help="processes here, or with submitit: slurm, local, debug")
    ] = "processes",
    device: Device = "auto",
    threads: Threads = 1,
    set_: Assign = None,
    labels: Labels = None,
    spacing_mm: Spacing = None,
    most_voxels: MostVoxels = MOST_VOXELS,
) -> None:
    """Run studies; what is done is kept, and the same command goes on where it stopped."""
    from atriacourse.data.cohort import open_cohort
    from atriacourse.studies.data import study_data
    from atriacourse.studies.jobs import jobs_of
    from atriacourse.studies.records import note_data
    from atriacourse.studies.runner import run_units

    _units(names, scale, NO_DATA, seeds, set_)  # a typo is told before eighty scans are read
    _check_engine(engine, device, jobs)
    cohort = open_cohort(
        data, spacing_mm=spacing_mm, labels_csv=labels, most_voxels=most_voxels, on_note=Notes()
    )
    tell_of_left_out(cohort, masks=True)
    found = study_data(cohort)
    units = _units(names, scale, found.fingerprint, seeds, set_)
    folder = out or Path("runs") / f"studies-{cohort.name}-{scale}"
    print(
        f"{cohort.name}: {len(found.split.train)} cases to train on, {len(found.split.test)} held out\n"
        f"folder {folder}"
    )
    note_data(folder, found.fingerprint, cohort.name)
    if engine == "processes" and jobs == 1:
        with TrainingBar() as shown, stop_on_signal() as stop:
            follow = _Follow(shown.say)
            end = run_units(
                units,
                found,
                folder,
                device=device,
                threads=threads,
                on_status=follow,
                watcher=shown,
                on_trainer=stop,
            )
    else:
        with bar("study", len(jobs_of(units)), "job") as shown:
            follow = _Follow(lambda text: shown.write(text, file=sys.stdout), shown)
            if engine == "processes":
                end = run_units(
                    units,
                    found,
                    folder,
                    workers=jobs,
                    device=device,
                    threads=threads,
                    on_status=follow,
                )
            else:
                from atriacourse.studies.submit import submit_units

                end = submit_units(
                    units,
                    found,
                    folder,
                    cluster=engine,
                    workers=jobs,
                    device=device,
                    threads=threads,
                    on_status=follow,
                )
    _tell(end)
    if end.failed:
        raise typer.Exit(1)
    if end.done < end.total:
        raise typer.Exit(130)  # interrupted


@app.command()
def status(
    names: Names,
    out: Annotated[Path, typer.Option(help="folder of the runs")],
    scale: ScaleName = "atlas",
    seeds: Seeds = "1,2,3",
    set_: Assign = None,
) -> None:
    """Say how far studies are: done, running, failed."""
    from atriacourse.studies.progress import read_failure
    from atriacourse.studies.progress import status as stand
    from atriacourse.studies.records import data_sets, records_in

    _units(names, scale, NO_DATA, seeds, set_)
    if not out.is_dir() or not any(out.iterdir()):
        says = f"{out} is empty" if out.is_dir() else f"there is no folder {out}"
        raise InputError(f"{says}; {RUN_MAKES_THEM}")
    known = data_sets(out)
    for data, cohort in known.items():
        if len(known) > 1:
            print(f"{cohort}, data {data}:")
        _tell(stand(_units(names, scale, data, seeds, set_), out))
    _tell_unknown(name for record in records_in(out)[0].values() for name in record.unknown)
    if known:
        return
    failures = sorted((out / "failed").glob("*.json"))
    if not failures:
        raise InputError(f"{out} has no record yet; {RUN_MAKES_THEM}")
    for path in failures:  # of a folder from before data.json: all there is to say
        failure = read_failure(path)
        fail(f"failed: {failure.says}: {failure.error}")


@app.command()
def report(
    name: Name,
    out: Annotated[Path | None, typer.Option(help="folder of the runs [default: the atlas]")] = None,
    scale: ScaleName = "atlas",
    cohort: Annotated[str | None, typer.Option(help="where records are of several")] = None,
    file_format: Annotated[str, typer.Option("--format", help="markdown, csv or latex")] = "markdown",
    set_: Assign = None,
) -> None:
    """Print a study's tables beside the paper's numbers, and its comparisons."""
    from atriacourse.studies.catalogue import study as find
    from atriacourse.studies.report import render
    from atriacourse.studies.results import study_results

    study, extra = find(name), set_ or []
    _units([name], scale, NO_DATA, "1", set_)  # a typo is told as what it is
    _refuse_unrecorded(study, out, scale, cohort, extra)
    results = study_results(study, folder=out, scale=scale, cohort=cohort, extra=extra)
    print(render(results, file_format=file_format))
    _tell_unknown(results.unknown)


def _refuse_unrecorded(
    study: "Study", out: Path | None, scale: str, cohort: str | None, extra: list[str]
) -> None:
    """Raise InputError, naming where there are records, rather than print an empty table."""
    from atriacourse.studies.results import ATLAS_COHORT, recorded_at

    wanted = cohort or (ATLAS_COHORT if out is None else None)
    known = recorded_at(study, folder=out, extra=extra)
    if any(at == scale and wanted in (None, of) for of, at in known):
        return
    where = "the atlas" if out is None else str(out)
    if known:
        has = ", ".join(f"{of} at {at}" for of, at in known)
        raise InputError(
            f"{where} has no record of {study.name} at scale {scale} on {wanted or 'any cohort'}; "
            f"it has {has}: choose with --scale and --cohort"
        )
    same = "" if out is None else " (--set must be as it was there)"
    raise InputError(f"{where} has no record of {study.name}{same}; {RUN_MAKES_THEM}")


def _check_engine(engine: str, device: str, jobs: int) -> None:
    """Refuse an engine or device that this machine has not. A cluster's nodes know their own devices."""
    if engine == "processes":
        bounded("processes", jobs, called="--jobs")
        from atriacourse.training.device import choose_device

        choose_device(device)
        return
    from atriacourse.studies.submit import check_cluster

    check_cluster(engine)


def _units(names: list[str], scale: str, data: str, seeds: str, set_: list[str] | None) -> "list[Unit]":
    from atriacourse.studies.catalogue import study as find
    from atriacourse.studies.cells import plan_study

    numbers = [parsed("seed", word, called="each of --seeds, with commas,") for word in seeds.split(",")]
    bounded("seeds", len(numbers), called="the number of --seeds")
    if len(set(numbers)) < len(numbers):
        raise InputError(f"--seeds must differ from each other, got {seeds}: each is one run of a variant")
    units = []
    for name in names:
        study, _, chosen = name.partition("/")
        variants = chosen.split(",") if chosen else None
        units += plan_study(
            find(study), scale_name=scale, data=data, seeds=numbers, variants=variants, extra=set_ or []
        )
    # all studies of one seed before the next: an interrupted run is balanced
    return sorted(units, key=lambda unit: numbers.index(unit.seed))


class _Follow:
    """A line whenever something changed, above a bar that counts the jobs if there is one."""

    def __init__(self, say: Callable[[str], None], shown: Any = None) -> None:
        self.say, self.shown = say, shown
        self.last: tuple[Any, ...] = ()

    def __call__(self, status: Any) -> None:
        now = (status.done, status.running, tuple(status.failed))
        if now == self.last:
            return
        running = f"; now {', '.join(status.running)}" if status.running else ""
        self.say(f"{status.done} of {status.total} done, {len(status.failed)} failed{running}")
        if self.shown is not None:
            if not self.last:
                self.shown.initial = status.done  # what was done before says nothing of the time left
            advance(self.shown, status.done)
        self.last = now


def _tell(status: Any) -> None:
    print(f"{status.done} of {status.total} done")
    for says in status.running:
        print(f"running: {says}")
    for says, why in status.failed.items():
        fail(f"failed: {says}: {why}")


def _tell_unknown(names: Iterable[str]) -> None:
    found = dict.fromkeys(names)
    if found:
        fail(f"records hold what this version does not know, and leaves alone: {', '.join(found)}")

"""Run the chapters, each once and in a process of its own, and place the outputs on the pages.

papermill runs a chapter's cells; the outputs are then placed on the chapter's own cells in Jupyter Book's
cache, so that the page shows exactly what that run gave and the build itself executes nothing.

Before each solution the run also meets the student's stub and the attempts at the exercise (attempts.py): its
check must fail on the stub and on a wrong attempt, and pass on a right one and on the solution. These extra
cells do not reach the page.

`make_book.py` uses this to build the book, `tests/book` to test it.
"""

import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

import jupyter_cache
import nbformat
import papermill
from attempts import Attempt, filled, read_attempts
from exercises import Exercise, find_exercises
from jupyter_cache.base import CacheBundleIn
from leftovers import end_children
from measured import Executed, cores
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from pages import BookError, parameter_names, read_chapter, substitutions, tags

from atriacourse.pages.widgets import inline

CELL_TIMEOUT_S = 1800  # a cell that takes longer than half an hour hangs
CACHE = Path("_build") / ".jupyter_cache"  # where Jupyter Book looks for it, below the folder of _config.yml
EXTRA = "course"  # metadata of the cells that are run and not shown: {"exercise": label, "role": ...}
# Whether the cell just run ended in a passed check; None where it did not end in one.
VERDICT = 'print(getattr(Out.get(len(In) - 2), "passed", None))'
PASS, FAIL = "True", "False"  # what VERDICT prints
# Around an attempt: the names of before have their values of before again, and new ones are gone.
KEEP = "_kept = {name: value for name, value in globals().items() if name[0] != '_'}"
FORGET = """globals().update(_kept)
for _name in [one for one in globals() if one not in _kept and one[0] != "_"]:
    del globals()[_name]"""


def execute_all(
    paths: Sequence[Path], *, parameters: dict[str, object], jobs: int
) -> Iterator[tuple[Path, NotebookNode, Executed]]:
    """Run chapters, `jobs` at a time; each is given back when it is done.

    Args: parameters: each chapter gets those that it has.
    Raises: BookError after the last chapter, with what every failed one said; or at once for a parameter that
        no chapter has.
    """
    known = {path: parameter_names(read_chapter(path)) for path in paths}
    unknown = sorted(set(parameters).difference(*known.values()))
    if unknown:
        have = ", ".join(sorted(set().union(*known.values()))) or "none"
        raise BookError(f"no chapter has a parameter {', '.join(unknown)}; they have: {have}")
    failed = {}
    with _processes(jobs) as pool, tempfile.TemporaryDirectory(prefix="chapters-") as work:
        running = {}
        for path in longest_first(paths):
            own = {name: value for name, value in parameters.items() if name in known[path]}
            threads = max(1, cores() // jobs)
            running[pool.submit(execute, path, parameters=own, threads=threads, work=work)] = path
        for done in as_completed(running):
            path = running[done]
            try:
                yield path, *done.result()
            except BookError as error:
                failed[path] = str(error)
    if failed:
        raise BookError("\n".join(failed[path] for path in paths if path in failed))


@contextmanager
def _processes(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """A pool that runs each chapter in a process of its own; when the build is stopped, so is what runs."""
    pool = ProcessPoolExecutor(
        max_workers=jobs,
        mp_context=multiprocessing.get_context("spawn"),
        max_tasks_per_child=1,
        initializer=signal.signal,  # Ctrl-C is for the process that waits for the chapters
        initargs=(signal.SIGINT, signal.SIG_IGN),
    )
    with pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            end_children()
            raise


def longest_first(paths: Sequence[Path]) -> list[Path]:
    """The chapters in the order to begin them, so that none runs on when all others are done."""
    return sorted(paths, key=lambda path: -substitutions(read_chapter(path)).get("minutes", 0))


def execute(
    path: Path, *, parameters: dict[str, object], threads: int | None = None, work: str | None = None
) -> tuple[NotebookNode, Executed]:
    """Run one chapter with papermill, in a work folder of its own that is gone afterwards.

    Args: path: the chapter; its folder is the working folder. parameters: replace the defaults of the
        cell tagged `parameters`. threads: for NumPy and torch, unless OMP_NUM_THREADS says otherwise.
        work: the folder in which the work folder is made; else the system's.
    Returns: the chapter's own cells with the outputs of the run on them, and what the run took.
    Raises: BookError when the chapter has no such parameter (papermill itself only warns), when a cell
        fails, or when an exercise's check does not tell right from wrong; the message names the place.
    """
    notebook = read_chapter(path)
    unknown = set(parameters) - parameter_names(notebook)
    if unknown:
        known = ", ".join(sorted(parameter_names(notebook))) or "none"
        raise BookError(f"{path.name} has no parameter {', '.join(sorted(unknown))}; it has: {known}")
    exercises = find_exercises(notebook, path.name)
    began, cpu_before = time.perf_counter(), _children_cpu_seconds()
    with tempfile.TemporaryDirectory(prefix="chapter-", dir=work, ignore_cleanup_errors=True) as folder:
        cells = with_stubs(notebook, exercises, read_attempts(path))
        ran = _run(cells, path, Path(folder), parameters, threads)
    took = Executed(
        name=path.stem,
        seconds=time.perf_counter() - began,
        cpu_seconds=_children_cpu_seconds() - cpu_before,
        peak_memory_mb=_children_peak_memory_mb(),
        exercises=tuple(exercise.label for exercise in exercises),
        ablations=tuple(exercise.label for exercise in exercises if exercise.ablation),
    )
    _must_tell_right_from_wrong(ran, path.name)
    _place_outputs(notebook, ran)
    return notebook, took


def with_stubs(
    notebook: NotebookNode, exercises: Sequence[Exercise], attempts: Sequence[Attempt] = ()
) -> NotebookNode:
    """A copy in which each solution's cell stands behind attempts and stub, each followed by the verdict."""
    stubs = {exercise.cells[0]: exercise for exercise in exercises}
    copy = nbformat.from_dict({**notebook, "cells": []})
    for number, cell in enumerate(notebook.cells):
        if number in stubs:
            exercise = stubs[number]
            for attempt in attempts:
                if attempt.label == exercise.label:
                    copy.cells += _tried(exercise, attempt)
            copy.cells += [_extra(exercise.stub, exercise, "stub"), _verdict(exercise, "stub", FAIL)]
            copy.cells += [cell, _verdict(exercise, "solution", PASS)]
        else:
            copy.cells.append(cell)
    return copy


def _tried(exercise: Exercise, attempt: Attempt) -> list[NotebookNode]:
    """The student's cell with an attempt in it, and the verdict; no name that it makes stays behind."""
    cell = _extra(filled(exercise, attempt), exercise, attempt.name)
    verdict = _verdict(exercise, attempt.name, PASS if attempt.right else FAIL)
    return [_extra(KEEP, exercise, attempt.name), cell, verdict, _extra(FORGET, exercise, attempt.name)]


def _verdict(exercise: Exercise, role: str, must: str) -> NotebookNode:
    return _extra(VERDICT, exercise, role, must=must)


def _extra(source: str, exercise: Exercise, role: str, **more: str) -> NotebookNode:
    metadata = {"exercise": exercise.label, "role": role, **more}
    return nbformat.v4.new_code_cell(source, metadata={EXTRA: metadata})


def _run(
    notebook: NotebookNode, path: Path, folder: Path, parameters: dict[str, object], threads: int | None
) -> NotebookNode:
    """papermill's run of the cells; `folder` is for its files and the chapter's."""
    source, target, work = folder / "in.ipynb", folder / "out.ipynb", folder / "work"
    nbformat.write(notebook, source)
    # A work folder that an earlier run left would spare the chapter its training, and the page its numbers.
    settings = {"ATRIACOURSE_WORK": str(work), inline.BOOK: "1"}  # a page has no kernel behind it
    if threads is not None and "OMP_NUM_THREADS" not in os.environ:
        settings["OMP_NUM_THREADS"] = str(threads)
    try:
        with _environment(settings):
            return papermill.execute_notebook(
                source,
                target,
                parameters=parameters,
                kernel_name="python3",
                language="python",
                cwd=path.parent,
                progress_bar=False,
                extra_arguments=["--log-level=ERROR"],  # a remark of the kernel on its transport, no use here
                execution_timeout=CELL_TIMEOUT_S,
            )
    except papermill.PapermillExecutionError as error:
        place = _failing_place(nbformat.read(target, as_version=4))
        raise BookError(f"{path.name}, {place}: {error}") from error
    except (CellTimeoutError, DeadKernelError) as error:
        raise BookError(f"{path.name}: {error}") from error


@contextmanager
def _environment(settings: dict[str, str]) -> Iterator[None]:
    """Environment variables for the kernel, put back afterwards."""
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _failing_place(ran: NotebookNode) -> str:
    """Where the first error is: `code cell 3` as the chapter counts, or the stub of an exercise."""
    number = 0
    for cell in ran.cells:
        if cell.cell_type != "code" or "injected-parameters" in tags(cell):
            continue
        extra = cell.metadata.get(EXTRA)
        number += extra is None
        if any(output.output_type == "error" for output in cell.outputs):
            return f"exercise {extra['exercise']}, its {extra['role']}" if extra else f"code cell {number}"
    return "somewhere"


def _must_tell_right_from_wrong(ran: NotebookNode, name: str) -> None:
    """Every check failed on its stub and on wrong attempts, and passed on its solution and on right ones."""
    told = []
    for cell in ran.cells:
        extra = cell.metadata.get(EXTRA, {})
        if "must" not in extra:
            continue
        said = "".join(output.get("text", "") for output in cell.outputs).strip()
        if said != extra["must"]:
            found = {PASS: "passes", FAIL: "fails"}.get(said, "is missing: the cell must end in one")
            should = "pass" if extra["must"] == PASS else "fail"
            place = f"{name}, exercise {extra['exercise']}"
            told.append(f"{place}: on the {extra['role']} the check must {should}; it {found}")
    if told:
        raise BookError("\n".join(told))


def _place_outputs(notebook: NotebookNode, ran: NotebookNode) -> None:
    """Copy the outputs of papermill's notebook onto our cells; what was added for the run stays behind."""
    sources = [
        cell
        for cell in ran.cells
        if cell.cell_type == "code" and EXTRA not in cell.metadata and "injected-parameters" not in tags(cell)
    ]
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, (cell, source) in enumerate(zip(cells, sources, strict=True), start=1):
        cell.outputs = source.outputs
        for output in cell.outputs:
            if "execution_count" in output:
                output["execution_count"] = number
        cell.execution_count = number
    notebook.metadata["language_info"] = ran.metadata["language_info"]
    if "widgets" in ran.metadata:
        raise BookError("a cell shows an ipywidget, which a page cannot without a kernel; take `explore`")


def _children_cpu_seconds() -> float:
    """Processor time of the child processes that have ended (the chapter's kernel among them)."""
    times = os.times()
    return times.children_user + times.children_system


def _children_peak_memory_mb() -> float | None:
    """Peak resident memory of the largest child process that has ended, in MB."""
    try:
        import resource  # not on Windows
    except ImportError:
        return None
    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux kibibytes
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit / 1e6


def place_in_cache(notebook: NotebookNode, path: Path, *, root: Path, seconds: float) -> None:
    """Put an executed chapter where Jupyter Book finds it, in place of what an earlier run left there.

    The cache knows a chapter by its code alone, not by the library's code or the data, so an old
    entry is never trusted: it is overwritten.
    """
    cache = jupyter_cache.get_cache(root / CACHE)
    bundle = CacheBundleIn(notebook, str(path), data={"execution_seconds": seconds})
    cache.cache_notebook_bundle(bundle, overwrite=True)

"""Build the book: run every chapter once, render the pages, and name the page to open.

    python tools/make_book.py                        what `make book` does: phantoms, profile smoke
    python tools/make_book.py -p profile=laptop      with another value for the chapters' parameter
    python tools/make_book.py -p data=la2018         on real scans
    python tools/make_book.py --only 03_contrast     one chapter beside the pages that run nothing

Any failing cell, exercise whose check does not tell stub from solution, parameter that no chapter has,
warning of the renderer, or chapter that was not rendered from this run ends the build with exit code 1.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import yaml
from chapters import execute_all, place_in_cache
from leftovers import watch
from measured import Executed, cores, write_timings
from pages import BookError, chapter_paths, is_chapter, parameter_names, read_chapter, table_of_contents
from siblings import write_siblings
from slides import write_decks

TOOLS = Path(__file__).resolve().parent
BOOK = TOOLS.parent / "book"
DEFAULTS = {"profile": "smoke", "data": "phantom"}  # what the pages show unless told otherwise
USED = "Using cached notebook"  # what Jupyter Book says of a chapter whose outputs it took from the cache


def build_book(
    book: Path, *, parameters: dict[str, object], jobs: int = 1, only: Sequence[str] = ()
) -> tuple[Path, list[Executed]]:
    """Execute and render the book in folder `book`; its parent holds `_config.yml` and receives `_build`.

    Args: parameters: replace DEFAULTS and the chapters' own. jobs: chapters that run at the same time.
        only: names of the chapters to run and render; links to the others then lead nowhere.
    Returns: the page to open, and what each chapter took, in reading order.
    Raises: BookError, whose message says what failed.
    """
    paths = [path for path in chapter_paths(book) if not only or path.stem in only]
    missing = sorted(set(only) - {path.stem for path in paths})
    if missing:
        raise BookError(f"the table of contents has no chapter {', '.join(missing)}")
    shutil.rmtree(book.parent / "_build" / "html", ignore_errors=True)  # no old page survives a failure
    known = set().union(*(parameter_names(read_chapter(path)) for path in paths))
    given = {name: value for name, value in DEFAULTS.items() if name in known} | parameters
    executed = {}
    for path, notebook, took in execute_all(paths, parameters=given, jobs=jobs):
        place_in_cache(notebook, path, root=book.parent, seconds=took.seconds)
        executed[path] = took
        print(f"[{len(executed)} of {len(paths)}] {_progress(took)}", flush=True)
    in_order = [executed[path] for path in paths]
    write_timings(book.parent, in_order, parameters=given, jobs=jobs)
    toc = only_these(book, paths) if only else None
    page = render(book, chapters=len(in_order), toc=toc)
    write_decks(page.parent, [took.name for took in in_order])
    return page, in_order


def _progress(took: Executed) -> str:
    """One line on a chapter that is done."""
    memory = "" if took.peak_memory_mb is None else f", {took.peak_memory_mb / 1000:.1f} GB"
    exercises = f"{len(took.exercises)} exercises checked"
    return f"{took.name}: {took.seconds:.0f} s, {took.cpu_seconds:.0f} s of processor{memory}; {exercises}"


def only_these(book: Path, paths: Sequence[Path]) -> Path:
    """A table of contents with these chapters and the pages that run nothing; returns its file."""
    root, *pages = table_of_contents(book)
    kept = [page for page in pages if page in paths or not is_chapter(page)]
    toc = {"format": "jb-book", "root": root.stem, "chapters": [{"file": page.stem} for page in kept]}
    path = book.parent / "_build" / "toc_of_a_part.yml"
    path.write_text(yaml.safe_dump(toc), encoding="utf-8")
    return path


def render(book: Path, *, chapters: int, toc: Path | None = None) -> Path:
    """Turn the pages into HTML, every warning an error; all chapters must come from the cache.

    Args: toc: the table of contents of a part of the book; warnings are then shown and forgiven.
    Returns: the page to open. Raises: BookError with the renderer's last words.
    """
    build = book.parent / "_build"
    for folder in ("html", ".doctrees"):  # Sphinx would keep a page whose text did not change
        shutil.rmtree(build / folder, ignore_errors=True)
    code = "from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", code, "build", str(book), "--all"]
    command += ["--toc", str(toc)] if toc else ["-W", "--keep-going"]
    search = os.pathsep.join(filter(None, [str(TOOLS), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, "PYTHONPATH": search},  # course_extension.py, wherever `book` lies
    )
    said = done.stdout + done.stderr
    if done.returncode != 0:
        raise BookError(
            f"Jupyter Book ended with exit code {done.returncode}:\n{_complaints(said)}\n{said[-2000:]}"
        )
    if said.count(USED) != chapters:
        raise BookError(
            f"{chapters} chapters were run but {said.count(USED)} were rendered from that run; "
            f"delete {build} and build again:\n{said[-4000:]}"
        )
    if toc:
        print(_complaints(done.stderr))
    return build / "html" / "index.html"


def _complaints(said: str) -> str:
    """The renderer's warnings and errors."""
    return "\n".join(line for line in said.splitlines() if "WARNING" in line or "ERROR" in line)


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    # Imported late: it loads torch, and every chapter's process begins by loading this module.
    from atriacourse.cli.bars import interrupted_by_signals

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-p", "--parameter", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--only", nargs="+", default=[], metavar="CHAPTER", help="run and render these")
    parser.add_argument("--jobs", type=int, default=min(2, cores()), help="chapters at a time")
    options = parser.parse_args(arguments)
    began = time.perf_counter()
    try:
        with interrupted_by_signals():
            page = _made(options)
    except BookError as error:
        print(f"The book was not built. {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("The book was not built: the build was stopped.", file=sys.stderr)
        return 130
    print(f"The book is built, in {(time.perf_counter() - began) / 60:.1f} minutes.")
    print(f"Open this page in a browser:\n{page}")
    return 0


def _made(options: argparse.Namespace) -> Path:
    """What the command line asks for; returns the page to open."""
    parameters = dict(map(_parameter, options.parameter))
    for path in write_siblings(BOOK, only=options.only):
        print(f"{path.name}: rewritten from its chapter; commit it")
    page, _ = build_book(BOOK, parameters=parameters, jobs=options.jobs, only=options.only)
    return page


def _parameter(text: str) -> tuple[str, object]:
    """`cases=8` -> ("cases", 8): values are read as YAML, so a number is a number."""
    name, equals, value = text.partition("=")
    if not equals:
        raise BookError(f"a parameter is given as NAME=VALUE, got {text!r}")
    return name, yaml.safe_load(value)


if __name__ == "__main__":
    watch()
    sys.exit(main())

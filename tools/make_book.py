"""Build the book: run every chapter once, render the pages, and name the page to open.

    python tools/make_book.py                        what `make book` does
    python tools/make_book.py -p profile=laptop      with another value for a chapter's parameter

Any failing cell, unknown parameter, warning of the renderer, or chapter that was not rendered from this
run ends the build with exit code 1.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

import yaml
from chapters import BookError, Executed, chapter_paths, execute, place_in_cache
from siblings import write_siblings

BOOK = Path(__file__).resolve().parents[1] / "book"
USED = "Using cached notebook"  # what Jupyter Book says of a chapter whose outputs it took from the cache


def build_book(book: Path, *, parameters: dict[str, object]) -> tuple[Path, list[Executed]]:
    """Execute and render the book in folder `book`; its parent holds `_config.yml` and receives `_build`.

    Returns: the page to open, and what each chapter took.
    Raises: BookError, whose message says what failed.
    """
    executed = []
    for path in chapter_paths(book):
        notebook, took = execute(path, parameters=parameters)
        place_in_cache(notebook, path, root=book.parent, seconds=took.seconds)
        print(f"{path.name}: ran in {took.seconds:.0f} s", flush=True)
        executed.append(took)
    return render(book, chapters=len(executed)), executed


def render(book: Path, *, chapters: int) -> Path:
    """Turn the pages into HTML, every warning an error; all chapters must come from the cache.

    Returns: the page to open. Raises: BookError with the renderer's last words.
    """
    html = book.parent / "_build" / "html"
    shutil.rmtree(html, ignore_errors=True)  # Sphinx would keep a page whose text did not change
    code = "from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", code, "build", str(book), "--all", "-W", "--keep-going"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    said = done.stdout + done.stderr
    if done.returncode != 0:
        raise BookError(f"Jupyter Book ended with exit code {done.returncode}:\n{said[-4000:]}")
    if said.count(USED) != chapters:
        raise BookError(
            f"{chapters} chapters were run but {said.count(USED)} were rendered from that run; "
            f"delete {book.parent / '_build'} and build again:\n{said[-4000:]}"
        )
    return html / "index.html"


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-p", "--parameter", action="append", default=[], metavar="NAME=VALUE")
    given = parser.parse_args(arguments).parameter
    try:
        parameters = dict(map(_parameter, given))
        written = write_siblings(BOOK)
        for path in written:
            print(f"{path.name}: rewritten from its chapter; commit it")
        page, _ = build_book(BOOK, parameters=parameters)
    except BookError as error:
        print(f"The book was not built. {error}", file=sys.stderr)
        return 1
    print(f"The book is built. Open this page in a browser:\n{page}")
    return 0


def _parameter(text: str) -> tuple[str, object]:
    """`cases=8` -> ("cases", 8): values are read as YAML, so a number is a number."""
    name, equals, value = text.partition("=")
    if not equals:
        raise BookError(f"a parameter is given as NAME=VALUE, got {text!r}")
    return name, yaml.safe_load(value)


if __name__ == "__main__":
    sys.exit(main())

"""The command line: `python -m data_fetch list | get NAME`.

Exit codes: 0 the data set is complete; 1 something is missing (the last lines say what, and how to go on);
2 the command was wrong, or the terms are not accepted; 130 interrupted.
"""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer
from tqdm import tqdm

from data_fetch.errors import FetchError, FetchStoppedError, TermsError
from data_fetch.fetching import Survey, fetch, survey
from data_fetch.registry import DATA_SETS, DataSet, data_set
from data_fetch.watcher import Watcher

PROGRAM = "python -m data_fetch"
DEFAULT_FOLDER = Path("data")
MOST_ERRORS = 5  # shown one by one; a server that lacks a hundred files says nothing new with the sixth

app = typer.Typer(
    help="Bring the course's data sets to this machine, checked by sha256.",
    no_args_is_help=True,
    add_completion=False,
)

FolderOption = Annotated[
    Path, typer.Option(help="Where the data sets lie, each in a folder of its own name.")
]


class Bar(Watcher):
    """Draws a progress bar on stderr where that is a terminal, and writes notes above it."""

    def __init__(self) -> None:
        self._bar: tqdm | None = None

    def begin(self, label: str, total_bytes: int) -> None:
        """Draw a new bar."""
        if total_bytes:  # nothing to do draws no bar
            self._bar = tqdm(
                total=total_bytes,
                desc=label,
                unit="B",
                unit_scale=True,
                smoothing=0.1,
                disable=None,
                file=sys.stderr,
            )

    def advance(self, count: int) -> None:
        """Move the bar."""
        if self._bar is not None:
            self._bar.update(count)

    def note(self, text: str) -> None:
        """Write a line above the bar."""
        tqdm.write(text, file=sys.stderr)

    def end(self) -> None:
        """Leave the bar as it is and go to the next line."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


@app.command("list")
def list_command(folder: FolderOption = DEFAULT_FOLDER) -> None:
    """Show the data sets: size, licence, and what of them is in the folder."""
    rows = [("NAME", "DOWNLOAD", "ON DISK", "HERE", "LICENCE")]
    for each in DATA_SETS.values():
        try:
            here = survey(each, folder)
        except OSError as error:
            print(f"error: cannot look into {folder}: {error.strerror or error}", file=sys.stderr)
            raise typer.Exit(2) from error
        rows.append(
            (each.name, _size(each.download_bytes), _size(each.disk_bytes), _here(here), each.licence)
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    print()
    for each in DATA_SETS.values():
        print(f"{each.name}: {each.title}\n    {each.pages[0]}")
    print(f"\nFetch one with: {PROGRAM} get NAME   (it shows the terms first)")


@app.command("get")
def get_command(
    name: Annotated[str, typer.Argument(help=f"One of: {', '.join(DATA_SETS)}.")],
    folder: FolderOption = DEFAULT_FOLDER,
    accept_terms: Annotated[
        bool, typer.Option("--accept-terms", help="I have read the terms of this data set and accept them.")
    ] = False,
    base_url: Annotated[
        str | None,
        typer.Option(
            envvar="DATA_FETCH_BASE_URL",
            help="Fetch from BASE_URL/NAME/... instead: a machine that serves such a folder, say with "
            "`python -m http.server`. Mind the terms: LA2018 may not be passed on.",
        ),
    ] = None,
) -> None:
    """Fetch a data set, or what is missing of it, into FOLDER/NAME; a broken download is resumed."""
    folder = folder.expanduser()
    again = _command(name, folder, base_url)
    try:
        wanted = data_set(name)
        done = fetch(wanted, folder, accept_terms=accept_terms, base_url=base_url, watcher=Bar())
    except TermsError as error:
        print(f"{error}\n\nRead more: {'  '.join(wanted.pages)}\nIf you accept them, type:\n    {again}")
        raise typer.Exit(2) from error
    except FetchStoppedError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(1) from error
    except (FetchError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(2) from error
    except KeyboardInterrupt as error:
        print("interrupted", file=sys.stderr)
        _report(wanted, survey(wanted, folder), again)
        raise typer.Exit(130) from error
    _report(wanted, done, again)
    if not done.complete:
        raise typer.Exit(1)


def _report(wanted: DataSet, here: Survey, again: str) -> None:
    """Say what went wrong, what is there, what is missing and how to go on."""
    for error in here.errors[:MOST_ERRORS]:
        print(f"error: {error}", file=sys.stderr)
    if len(here.errors) > MOST_ERRORS:
        print(f"and {len(here.errors) - MOST_ERRORS} errors more", file=sys.stderr)
    if here.complete:
        print(f"{wanted.name} is complete: {len(here.present)} files in {here.folder}, sha256 checked")
        return
    absent = here.missing + here.partial
    print(
        f"{wanted.name} is not complete: {here.folder} has {len(here.present)} of {len(wanted.files)} files"
    )
    if absent:
        names = ", ".join(file.path for file in absent[:3]) + (", ..." if len(absent) > 3 else "")
        print(f"missing: {len(absent)} ({names}), {len(here.partial)} of them begun")
    if here.packed:
        print(f"not unpacked yet: {', '.join(file.path for file in here.packed)}")
    print(f"What is there is kept. To go on, type:\n    {again}")


def _command(name: str, folder: Path, base_url: str | None) -> str:
    parts = ["get", name, "--accept-terms"]
    if folder != DEFAULT_FOLDER:
        parts += ["--folder", str(folder)]
    if base_url:
        parts += ["--base-url", base_url]
    return f"{PROGRAM} {shlex.join(parts)}"


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def _here(here: Survey) -> str:
    if here.complete:
        return "complete"
    begun = f", {len(here.partial)} begun" if here.partial else ""
    packed = ", not unpacked" if here.packed else ""
    total = len(here.present + here.partial + here.missing)
    return f"{len(here.present)} of {total} files{begun}{packed}"


def main() -> None:
    """Run the command line."""
    app(prog_name=PROGRAM)


if __name__ == "__main__":
    main()

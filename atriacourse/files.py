"""Files: written so that they appear complete or not at all, and read through one door.

Beside errors.py; every folder of the package may use it.
"""

import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from atriacourse.errors import InputError

LARGEST_TEXT = 200_000_000  # bytes; the largest json or csv of a long run has a few millions


@contextmanager
def written_whole(path: Path | str, *, ending: str = "") -> Iterator[Path]:
    """A draft beside `path` that takes its place when the block ends; if it fails, the file before is kept.

    A new file has the rights that the umask gives, one that was there keeps its own, whatever the writer
    does. Drafts of this file that a killed program left are removed.

    Args: ending: of the draft's name, for writers that tell the format by it.
    Yields: the draft's path; its folder is there. Raises: what the block raises, and OSError.
    """
    path = Path(path)
    make_folder(path.parent)
    draft = path.with_name(f".{path.name}.{socket.gethostname()}-{os.getpid()}{ending}")
    _remove_orphans(path, ending)
    try:
        draft.touch()
        rights = (path if path.is_file() else draft).stat().st_mode
        yield draft
        draft.chmod(rights)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make a folder where there is none. Raises: InputError if something else has the name, and OSError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        there = next((path for path in (folder, *folder.parents) if os.path.lexists(path)), folder)
        raise InputError(f"{there} is a file and no folder; name another folder, or move it away") from error


def write_whole(path: Path | str, text: str) -> None:
    """Write a text as UTF-8 with plain line ends, all or nothing.

    Half of a character, which somebody's file may hold, is written as its number. `read_json` takes none of
    these, so notes hold names as `runs.ours.printable` gives them.
    """
    with written_whole(path) as draft:
        draft.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")


def _remove_orphans(path: Path, ending: str) -> None:
    """Remove the drafts of `path` whose program runs no more on this machine."""
    name, host = re.escape(path.name), re.escape(socket.gethostname())
    pattern = re.compile(rf"\.{name}\.(?:{host}-)?(\d+){re.escape(ending)}")  # without host: before 0.1.0
    for entry in path.parent.iterdir():
        found = pattern.fullmatch(entry.name)
        if found and not running(int(found[1])):
            entry.unlink(missing_ok=True)


def running(process: int) -> bool:
    """Whether a process of this number runs on this machine."""
    if os.name == "nt":  # os.kill would end it there
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def read_text(path: Path | str, *, way_out: str) -> str:
    """A text file in UTF-8 with plain line ends, whatever ends them there and whatever mark stands first.

    Args: way_out: what to do if it cannot be used, as the end of the error's sentence.
    Raises: InputError, naming the file, if it is missing, no file, not readable, too long, or no UTF-8.
    """
    path = Path(path)
    try:
        if path.exists() and not path.is_file():  # a FIFO or a device would never end
            raise InputError(f"{path} is no ordinary file; {way_out}")
        if path.stat().st_size > LARGEST_TEXT:
            raise InputError(f"{path} has {path.stat().st_size:,} bytes, too many for notes; {way_out}")
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except FileNotFoundError as error:
        raise InputError(f"there is no {path}; {way_out}") from error
    except PermissionError as error:
        raise InputError(
            f"{path} may not be read (permission denied); ask its owner for the right"
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is damaged: it is no UTF-8 text ({error.reason}); {way_out}") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror or error}); {way_out}") from error


def read_json(path: Path | str, shape: Any = dict[str, Any], *, way_out: str) -> Any:
    """Read JSON through the one door: what comes back has the shape that was asked for.

    Args:
        shape: a type that pydantic can check, such as `dict[str, float]`, a `TypedDict` (further keys are
            let through) or a dataclass; numbers must be numbers and words words.
        way_out: what to do if it cannot be used, as the end of the error's sentence.
    Raises: InputError, naming the file, the place in it and what is wrong.
    """
    return checked_json(read_text(path, way_out=way_out), shape, where=str(path), way_out=way_out)


def checked_json(text: str, shape: Any, *, where: str, way_out: str) -> Any:
    """The same for a text that was read already, such as the header of a checkpoint."""
    from pydantic import TypeAdapter, ValidationError  # imported late: it takes a fifth of a second

    try:
        return TypeAdapter(shape).validate_json(text, strict=True)
    except ValidationError as error:
        raise InputError(f"{where} is damaged: {first_fault(error)}; {way_out}") from error


def first_fault(error: Any) -> str:
    """What is wrong first, in one line, of a pydantic `ValidationError` that may list twenty faults."""
    faults = error.errors(include_url=False)
    place = ".".join(map(str, faults[0]["loc"]))
    says = (f"{place}: " if place else "") + faults[0]["msg"].removeprefix("Value error, ")
    return says + (f" (and {len(faults) - 1} more)" if len(faults) > 1 else "")

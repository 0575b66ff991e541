"""Look into folders that may hold anything: what may not be read is passed over, never fatal.

Before data/layouts.py and data/leftovers.py. `os.path.isfile` and `isdir` answer False where Path's own
methods raise, as for a folder that belongs to somebody else."""

import os
from pathlib import Path

from atriacourse.data.volume import suffix_of

__all__ = ["entries", "file_named", "folders_in", "name_of", "scans_in", "suffix_of"]


def entries(folder: Path) -> list[Path] | None:
    """Everything in a folder, alphabetically; None if it is no folder or may not be read."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return None


def file_named(folder: Path, stem: str) -> Path | None:
    """The scan of that name, with any suffix we read."""
    return next((path for path in scans_in(folder) if stem in (path.name, name_of(path))), None)


def scans_in(folder: Path) -> list[Path]:
    """Files with a suffix we read, alphabetically; hidden ones are leftovers of archives and desktops."""
    return [
        path
        for path in entries(folder) or ()
        if suffix_of(path) and not path.name.startswith(".") and os.path.isfile(path)
    ]


def folders_in(folder: Path) -> list[Path]:
    """The folders just below, alphabetically, without hidden and half-written ones."""
    return [
        path
        for path in entries(folder) or ()
        if os.path.isdir(path) and not path.name.startswith(".") and path.suffix != ".part"
    ]


def name_of(path: Path) -> str:
    """The file name without the suffix we know it by."""
    return path.name[: len(path.name) - len(suffix_of(path))]

"""Is there room on the disk? Asked before a download and before an unpacking, not found out in the middle."""

import shutil
from pathlib import Path

from data_fetch.errors import FetchStoppedError

SPARE_BYTES = 64 * 2**20  # a disk filled to the last byte troubles the whole machine


def free_bytes(folder: Path) -> int:
    """Free disk space where `folder` is, or will be made."""
    existing = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    return shutil.disk_usage(existing).free


def check_space(needed_bytes: int, folder: Path, *, purpose: str) -> None:
    """Do nothing if `needed_bytes` more fit on the disk of `folder`.

    Raises: FetchStoppedError: they do not; the message has both numbers.
    """
    free = free_bytes(folder)
    if needed_bytes and needed_bytes + SPARE_BYTES > free:
        raise FetchStoppedError(
            f"{purpose} needs {needed_bytes / 1e9:.2f} GB more on disk, but {folder.absolute()} has only "
            f"{free / 1e9:.2f} GB free: make room, or choose a --folder on another disk"
        )

"""The zip that a platform hands out, as a folder for as long as it is read.

Beside delivery.py. A zip comes from the platform, what lies in it from students: no name leads out of the
folder, no link is made, and what is too large to be graded is not unpacked to its full size.
"""

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from atriacourse.errors import InputError
from atriacourse.school.lists.people import INSTRUCTOR

MOST_FILES = 20_000
MOST_MB, LARGEST_MB = 4_000, 25  # all files together, and one; a notebook may have 20
MB = 1024**2
NOT_INSIDE = ("__MACOSX", INSTRUCTOR)


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The folder itself, or the one that a zip becomes. Raises: InputError for a zip that is none."""
    if not path.is_file():
        yield path
        return
    if not zipfile.is_zipfile(path):
        raise InputError(f"{path} is no folder and no zip; give what was handed in as one of these")
    with tempfile.TemporaryDirectory(prefix="handed-in-") as name:
        folder = Path(name)
        try:
            with zipfile.ZipFile(path) as archive:
                _unpack(archive, folder)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
            raise InputError(f"{path} cannot be unpacked ({error}); download it again") from error
        yield _root(folder)


def _unpack(archive: zipfile.ZipFile, folder: Path) -> None:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MOST_FILES:
        raise OSError(f"{len(entries)} files, more than {MOST_FILES}")
    room = MOST_MB * MB
    for entry in entries:
        parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
        if not parts or any(part in ("..", "/") or ":" in part for part in parts):
            continue
        target = folder.joinpath(*parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(entry) as source, target.open("wb") as copy:
            content = source.read(LARGEST_MB * MB)
            copy.write(content)
            room -= len(content)
        if room < 0:
            raise OSError(f"more than {MOST_MB} MB")


def _root(folder: Path) -> Path:
    """The folder below that holds all students' folders, where the zip packed one folder."""
    inside = [path for path in folder.iterdir() if path.name not in NOT_INSIDE]
    if len(inside) == 1 and inside[0].is_dir() and not any(path.is_file() for path in inside[0].iterdir()):
        return inside[0]
    return folder

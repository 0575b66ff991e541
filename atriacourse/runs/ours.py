"""What in a folder is this program's own, so that nothing else is replaced; and one command at a time.

Before everything in runs/ that writes. Each kind of output has notes that name it: setup.json a run's files,
bag.json a bag's, predictions.json the masks, and the .json beside a table its rows.
"""

import errno
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from atriacourse.errors import InputError
from atriacourse.files import make_folder

NO_LOCKS_HERE = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP}  # some network drives
NOTHING_MORE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}  # a disk that takes nothing more, of any case


def refuse_foreign(paths: Iterable[Path], *, notes: str) -> None:
    """Raise InputError, naming it, if one of the paths is there: `notes` do not name it as this program's."""
    for path in paths:
        if os.path.lexists(path):
            raise InputError(
                f"{path} is there, and no {notes} says that this program wrote it; nothing was replaced: "
                f"name another folder, or move it away"
            )


@contextmanager
def held(folder: Path, what: str) -> Iterator[None]:
    """Make a folder and keep other commands out of it meanwhile; a killed command holds nothing.

    Args: what: is done there, e.g. "train"; different work in one folder is let in.
    Raises: InputError if another command does it, or the folder may not be written to.
    """
    was_there = folder.is_dir()
    make_folder(folder)
    path = folder / f".{what}.lock"
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise InputError(
            f"another command is at work on {folder} ({what}); let it end, or name another folder"
        ) from error
    except NotImplementedError:
        pass
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise InputError(f"{folder} may not be written to; name another with --out") from error
        if error.errno not in NO_LOCKS_HERE:
            raise
    try:
        yield
    finally:
        with suppress(OSError):  # Windows removes no open file
            path.unlink()
        if lock.is_locked:  # it is not where there are no locks
            lock.release()
        if not was_there:
            with suppress(OSError):  # it is empty only if the work was refused
                folder.rmdir()


def digest_of(*paths: Path | None) -> str:
    """Sixteen hex digits of the bytes of files; None stands for one that there is not."""
    digest = hashlib.sha256()
    for path in paths:
        if path is not None:
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        digest.update(b".")
    return digest.hexdigest()[:16]


def text_digest(text: str | bytes) -> str:
    """The same of a text that is to be written."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()[:16]


def printable(name: str) -> str:
    """A name as notes and tables hold it: bytes of a file name that are no UTF-8 are written as numbers."""
    return name.encode("utf-8", "backslashreplace").decode()


def why_this_case(error: Exception) -> str:
    """Why one case could not be done, so that the next one is begun.

    Raises: the error itself where the others would fail alike (a full disk) or the fault is the program's.
    """
    if isinstance(error, OSError) and error.errno in NOTHING_MORE:
        raise error
    if isinstance(error, InputError | OSError):
        return str(error)
    if out_of_memory(error):
        return f"not enough memory ({error or 'the system gave no more'}); close other programs"
    raise error


def out_of_memory(error: BaseException) -> bool:
    """Whether Python, numpy or torch ran out of memory; torch says so in words alone on a CPU."""
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and ("allocate memory" in str(error) or "out of memory" in str(error))
    )

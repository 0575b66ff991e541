"""Whatever goes wrong while a scan is read becomes one sentence with the file's name. Used by volume.py."""

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nibabel
import nrrd

from atriacourse.errors import InputError

# What nibabel, pynrrd and h5py raise on a file that is damaged, cut short or not what its name says.
DAMAGE = (
    OSError,
    EOFError,
    StopIteration,  # pynrrd on an empty file
    ValueError,
    LookupError,
    TypeError,
    ArithmeticError,
    RuntimeError,
    zlib.error,
    nrrd.NRRDError,
    nibabel.spatialimages.HeaderDataError,
    nibabel.filebasedimages.ImageFileError,
)


def from_file(read: Callable[..., Any], path: Path, **options: str) -> Any:
    """Call a reader. Raises: InputError for whatever the file libraries raise, each with its way out."""
    try:
        return read(path, **options)
    except InputError:
        raise
    except PermissionError as error:
        raise InputError("may not be read (permission denied); ask its owner for the right") from error
    except BlockingIOError as error:  # HDF5 locks a file that a program writes
        raise InputError("is open for writing in another program; close it there, then try again") from error
    except MemoryError as error:
        raise InputError("does not fit into this machine's memory; use a larger one") from error
    except DAMAGE as error:
        if isinstance(error, OSError) and error.errno and error.strerror:
            raise InputError(f"cannot be read ({error.strerror}); try again, or copy it elsewhere") from error
        raise InputError(
            f"cannot be read ({type(error).__name__}: {error}); the file is damaged, cut short or not what "
            "its name says: copy or download it again"
        ) from error


@contextmanager
def errors_naming(path: Path) -> Iterator[None]:
    """Put the file's name in front of an `InputError`."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{path}: {error}") from error

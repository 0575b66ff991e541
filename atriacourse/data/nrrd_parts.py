"""The parts of an NRRD file: the lines of its header, and the voxels behind it or in a file beside it.

Before nrrd_file.py, which knows what they mean. pynrrd parses the fields; the voxels are unpacked here, since
it would follow a `data file` to any place on the machine, and unpack any amount. Arrays are in the file's own
axis order (i, j, k), fastest axis first.
Source: http://teem.sourceforge.net/nrrd/format.html; where it leaves a choice, ITK's."""

import bz2
import gzip
import math
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import nrrd
import numpy as np

from atriacourse.errors import InputError

PLACE = (
    *("dimension", "sizes", "space", "space dimension", "space directions", "space origin", "space units"),
    *("spacings", "thicknesses", "axis mins", "axis maxs", "centerings", "kinds", "labels", "units"),
    "measurement frame",
)  # fields that a mask copies
SPELLED = {"axismins": "axis mins", "axismaxs": "axis maxs", "centers": "centerings",
           "lineskip": "line skip", "byteskip": "byte skip", "datafile": "data file"}  # fmt: skip
MAGIC = b"NRRD0005"
LARGEST_HEADER = 1_000_000  # bytes; a header is a few hundred
LARGEST_SKIP = 100_000_000  # bytes before the voxels that are read to be thrown away
GZIP, BZIP2, TEXT = ("gzip", "gz"), ("bzip2", "bz2"), ("ascii", "text", "txt")


def read_header(file: IO[bytes]) -> tuple[dict[str, Any], bytes]:
    """The fields as pynrrd understands them, and the lines that tell the place; leaves `file` at its data.

    Key/value pairs are skipped. Raises: InputError for a header without an end.
    """
    lines = [file.readline(16)]
    while (line := file.readline(LARGEST_HEADER)).strip():
        if file.tell() > LARGEST_HEADER:
            raise InputError("cannot be read: its header has no end; copy or download it again")
        found = re.match(rb"([^:#]+): *(?!=)(.*)", line)
        if found:
            name = found[1].decode("ascii", "ignore").strip().lower()
            value = found[2].decode("utf-8", "replace").strip().replace("µ", "u").replace("μ", "u")
            value = re.sub(r"\(.*?\)", lambda vector: re.sub(r"\s", "", vector[0]), value)
            if name in ("type", "encoding", "endian"):
                value = value.lower()
            lines.append(f"{SPELLED.get(name, name)}: {value}".encode("ascii", "replace"))
    header = nrrd.read_header(lines)
    if len(header["sizes"]) != header["dimension"]:
        raise InputError(f"its header has {header['dimension']} axes, but sizes for {len(header['sizes'])}")
    place = [line for line in lines[1:] if line.split(b":")[0].decode() in PLACE]
    return header, b"\n".join([MAGIC, *place])


def data_file(path: Path, header: dict[str, Any]) -> Path | None:
    """The file of a header without voxels of its own; None: they follow the header.

    Raises: InputError unless it is one ordinary file in the header's folder or below: a header that came
    from somewhere must not make other files of this machine part of a scan.
    """
    name = header.get("data file")
    if name is None:
        return None
    folder = path.parent.resolve()
    target = (folder / name).resolve()
    if name.split()[:1] == ["LIST"] or "%" in name:
        raise InputError(f"its voxels lie in several files (data file: {name}); save the scan as one file")
    if not target.is_relative_to(folder):
        raise InputError(
            f"its voxels lie outside its folder (data file: {name}), which is not followed; put both in "
            "one folder, or save the scan as one file"
        )
    if not target.is_file():
        raise InputError(f"the file of its voxels is missing or no ordinary file (data file: {name})")
    return target


@contextmanager
def opened(path: Path) -> Iterator[tuple[dict[str, Any], IO[bytes]]]:
    """The header, and the file with the voxels, standing where `line skip` leads."""
    with open(path, "rb") as file:
        header, _ = read_header(file)
        detached = data_file(path, header)
        with open(detached, "rb") if detached else file as data:
            start, lines = data.tell(), int(header.get("line skip", 0))
            if lines < 0:
                raise InputError(f"its header skips {lines} lines, which means nothing; save it again")
            for _ in range(lines):
                while (part := data.readline(1 << 16)) and not part.endswith(b"\n"):
                    pass  # the rest of a long line
                if not part or data.tell() - start > LARGEST_HEADER:
                    raise InputError(f"its header skips {lines} lines, and there are not as many")
            yield header, data


def read_voxels(path: Path) -> np.ndarray:
    """(i, j, k), the file's own check sum compared.

    Raises: InputError if there are fewer voxels in the file than its header says, or more.
    """
    with opened(path) as (header, data):
        sizes = [int(size) for size in header["sizes"]]
        axes = volume_axes(sizes, header.get("space directions"))
        # pynrrd has no public word for the number type of a header; this one is as old as its release 0.4
        kind = nrrd.reader._determine_datatype(header)
        voxels = unpack(header, data, kind, math.prod(sizes))
    return voxels.reshape(sizes, order="F").reshape([sizes[axis] for axis in axes], order="F")


def unpack(header: dict[str, Any], data: IO[bytes], kind: np.dtype, count: int) -> np.ndarray:
    """`count` numbers from the data, in the file's order."""
    encoding, skip, need = header["encoding"], int(header.get("byte skip", 0)), count * kind.itemsize
    if skip < -1 or not need:
        raise InputError(f"its header has type {header['type']!r} and byte skip {skip}, which mean nothing")
    left = os.fstat(data.fileno()).st_size - data.tell()
    if encoding in TEXT:
        text = data.read(min(left, 64 * count + LARGEST_HEADER)).decode("ascii", "replace")
        with warnings.catch_warnings():
            warnings.simplefilter("error", DeprecationWarning)  # as NumPy before 2.4 says that it met a word
            try:
                numbers = np.fromstring(text[max(skip, 0) :], kind, sep=" ")
            except (DeprecationWarning, ValueError) as error:
                raise InputError("holds words among the numbers of its voxels; copy it again") from error
        return exactly(numbers, count, len(numbers))
    if encoding == "raw":
        skip = max(left - need, 0) if skip == -1 else skip
        exactly(None, need, left - skip)
        data.seek(skip, os.SEEK_CUR)
        return np.fromfile(data, kind, count)
    if skip > LARGEST_SKIP:
        raise InputError(f"its header skips {skip:,} bytes, more than any scan needs; save it again")
    room = need + (LARGEST_SKIP if skip == -1 else skip)
    if encoding in GZIP:
        with gzip.GzipFile(fileobj=data) as packed:
            plain = packed.read(room)
            more = packed.read(1)  # at the end gzip compares its check sum, and a bomb is left unread
    elif encoding in BZIP2:
        unpacker = bz2.BZ2Decompressor()
        plain = unpacker.decompress(data.read(room + room // 50 + LARGEST_HEADER), room)
        more = b"" if unpacker.eof else unpacker.decompress(b"", 1)
        if not more and not unpacker.eof:
            raise EOFError("its packed voxels are cut short")
        more += unpacker.unused_data
    else:
        raise InputError(f"its encoding, {encoding!r}, is not one that is read; save it as raw or gzip")
    start = len(plain) - need if skip == -1 else skip
    return np.frombuffer(exactly(plain, need, len(plain) - start + len(more))[start:], kind)


def exactly(found: Any, need: int, has: int) -> Any:
    """What was found. Raises: InputError unless there is as much as the header says."""
    if has != need:
        raise InputError(
            f"holds {'less' if has < need else 'more'} than its header says: one of the two is damaged or "
            "cut short; copy or download it again"
        )
    return found


def volume_axes(sizes: list[int], directions: Any) -> list[int]:
    """The numbers of a volume's three axes: not those of length one that have no direction or come last."""
    axes = list(range(len(sizes)))
    for axis in reversed(axes):
        bare = directions is None or not np.isfinite(np.atleast_2d(directions)[axis]).all()
        if len(axes) > 3 and sizes[axis] == 1 and bare:
            axes.remove(axis)
    return axes

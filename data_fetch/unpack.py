"""Unpack a zip or tar into a folder, and never outside it.

The archive is read as a plain list of regular files. Anything that could reach outside the folder makes the
whole archive refused before a single byte is written: an absolute path, `..`, a drive letter, a symbolic or
hard link, a device, a name that a file system refuses or changes. (Python's own `tarfile` filters allow links
that stay inside; data sets need none.)

Everything is written to `.unpacking` inside the folder and then renamed into place, one top-level entry at
a time. A list of what was unpacked (`<archive>.unpacked.json`) is written last: it vouches that all is there.
"""

import contextlib
import itertools
import json
import lzma
import os
import re
import shutil
import stat
import struct
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from data_fetch.disk import check_space
from data_fetch.errors import FetchError
from data_fetch.watcher import Watcher

# What macOS and Windows leave in archives. `._la_003.nii.gz` would even pass for a volume.
LITTER_NAMES = frozenset({".DS_Store", "desktop.ini", "Thumbs.db"})
COPY_BYTES = 1 << 20
LONGEST_PATH, LONGEST_NAME = 1000, 240  # bytes; file systems allow 255 a name, and a folder stands before
MOST_MEMBERS = 200_000
MOST_RECEIPT_BYTES = 50_000_000
OURS = (".unpacking", ".lock")  # at the top of the folder
DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # a file's name on Windows
# what the modules of the standard library raise for bytes that nobody packed
BROKEN: tuple[type[Exception], ...]
BROKEN = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError)
BROKEN = (*BROKEN, NotImplementedError, ValueError, LookupError, ArithmeticError)


@dataclass(frozen=True, kw_only=True)
class Member:
    """A regular file of an archive: its checked relative path, its size, and how to open it."""

    path: PurePosixPath
    size_bytes: int
    open: Callable[[], IO[bytes]]


def unpack(archive: Path, folder: Path, *, watcher: Watcher | None = None) -> Path:
    """Unpack `archive` into `folder`; what already lies there complete is kept.

    Returns: the path of the list of unpacked files.
    Raises: FetchError: the archive is broken or unsafe, or `folder` already holds other files of those names.
    """
    watcher = watcher or Watcher()
    try:
        with _open_archive(archive) as members:
            _check_clashes(members, archive)
            wanted = [member for member in members if not _is_there(member, folder)]
            total = sum(member.size_bytes for member in wanted)
            check_space(total, folder, purpose=f"unpacking {archive.name}")
            watcher.begin(f"unpacking {archive.name}", total)
            try:
                _write(wanted, folder, watcher)
            finally:
                watcher.end()
            return _write_receipt(archive, members)
    except BROKEN as error:
        raise FetchError(
            f"{archive} is broken or of an unknown kind ({error}): delete it and fetch again"
        ) from error


def receipt_path(archive: Path) -> Path:
    """Where the list of the files unpacked from `archive` lies."""
    return archive.with_name(archive.name + ".unpacked.json")


def is_unpacked(archive: Path) -> bool:
    """Whether everything `archive` held lies unpacked beside it (the archive itself may be gone)."""
    try:
        sizes = read_receipt(archive)
    except FetchError:
        return False  # it vouches for nothing
    return bool(sizes) and all(_has_size(archive.parent / path, size) for path, size in sizes.items())


def read_receipt(archive: Path) -> dict[str, int]:
    """The sizes of the files unpacked from `archive`, by relative path; empty without a receipt.

    Raises: FetchError: the receipt is damaged, saying how.
    """
    receipt = receipt_path(archive)
    if not os.path.lexists(receipt):
        return {}
    try:
        if not receipt.is_file() or receipt.stat().st_size > MOST_RECEIPT_BYTES:
            raise ValueError("no ordinary file, or far too large")
        sizes = json.loads(receipt.read_text(encoding="utf-8"))
        if not isinstance(sizes, dict) or not sizes:
            raise ValueError("it must be a list of files with their sizes")
        for path, size in sizes.items():
            safe_path(path)
            if type(size) is not int or size < 0:
                raise ValueError(f"the size of {path!r} is {str(size)[:40]!r}")
    except (OSError, ValueError, RecursionError, FetchError) as error:
        raise FetchError(f"{receipt} is damaged ({error}); the archive has to be unpacked again") from error
    return sizes


def _write_receipt(archive: Path, members: list[Member]) -> Path:
    receipt = receipt_path(archive)
    draft = receipt.with_name(receipt.name + ".part")
    sizes = {str(member.path): member.size_bytes for member in members}
    draft.write_text(json.dumps(sizes, indent=0), encoding="utf-8")
    return draft.replace(receipt)


def safe_path(name: str) -> PurePosixPath:
    """Check a name from an archive.

    Returns: the same path, relative and free of `..`.
    Raises: FetchError: the name could lead outside the folder, on any operating system, or be changed by one.
    """
    size = len(_bytes_of(name))
    path = PurePosixPath(name[:LONGEST_PATH])
    if not path.parts or path.is_absolute() or ".." in path.parts or any(c in name for c in "\\:\0"):
        fault = "leads out of the folder"
    elif size > LONGEST_PATH or any(len(_bytes_of(part)) > LONGEST_NAME for part in path.parts):
        fault = f"has {size:,} bytes: longer than file systems take"
    elif any(unicodedata.category(c) in ("Cc", "Cs") for c in name):
        fault = "has characters that no name should have"
    elif path.parts[0] in OURS or any(DEVICE.fullmatch(part) for part in path.parts):
        fault = "is no name for a file of data"
    else:
        return path
    raise FetchError(f"the archive is not safe: it holds {_short(name)}, which {fault}. Nothing was unpacked")


def _bytes_of(name: str) -> bytes:
    return name.encode("utf-8", "surrogatepass")


def _short(name: str) -> str:
    """A name for a message, however long and odd it is."""
    return repr(name) if len(name) <= 120 else f"{name[:60]!r}...{name[-40:]!r}"


def _is_litter(path: PurePosixPath) -> bool:
    return path.name.startswith("._") or path.name in LITTER_NAMES or "__MACOSX" in path.parts


@contextlib.contextmanager
def _open_archive(archive: Path) -> Iterator[list[Member]]:
    """List the regular files of a zip or tar, ready to be opened while the context lasts."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as bundle:
            yield _all(_zip_members(bundle))
    else:
        with tarfile.open(archive, "r:") as bundle:  # not packed: what is listed lies in it byte for byte
            yield _all(_tar_members(bundle))


def _all(members: Iterator[Member]) -> list[Member]:
    found = list(itertools.islice(members, MOST_MEMBERS + 1))
    if len(found) > MOST_MEMBERS:
        raise FetchError(
            f"the archive is not safe: it holds more than {MOST_MEMBERS:,} files. Nothing was unpacked"
        )
    return found


def _zip_members(bundle: zipfile.ZipFile) -> Iterator[Member]:
    for info in bundle.infolist():
        name = info.orig_filename  # `filename` ends at the first NUL
        path = safe_path(name)
        if name.endswith("/"):
            continue  # folders are made as their files need them
        kind = stat.S_IFMT(info.external_attr >> 16)  # Unix mode; 0 where another system made the zip
        if kind not in (0, stat.S_IFREG):
            raise FetchError(f"the archive is not safe: {name!r} is a link or device. Nothing was unpacked")
        if info.flag_bits & 1:
            raise FetchError(f"the archive is encrypted ({name!r}): the course knows no password for it")
        if not _is_litter(path):
            yield Member(path=path, size_bytes=info.file_size, open=partial(bundle.open, info))


def _tar_members(bundle: tarfile.TarFile) -> Iterator[Member]:
    for info in bundle:
        if info.isdir() and not PurePosixPath(info.name).parts:
            continue  # "./", the folder that was packed
        path = safe_path(info.name)
        if info.isdir():
            continue
        if not info.isreg() or info.issparse() or info.size < 0:
            kind = "full of holes" if info.issparse() else "a link or device"
            kind = f"a file of {info.size} bytes" if info.size < 0 else kind
            raise FetchError(f"the archive is not safe: {info.name!r} is {kind}. Nothing was unpacked")
        if not _is_litter(path):
            yield Member(path=path, size_bytes=info.size, open=partial(_tar_file, bundle, info))
    bundle.fileobj.seek(bundle.offset)
    if any(end := bundle.fileobj.read(tarfile.BLOCKSIZE)) or len(end) < tarfile.BLOCKSIZE:
        raise tarfile.ReadError(
            f"its list of files breaks off at byte {bundle.offset}"
        )  # tarfile says nothing


def _tar_file(bundle: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    file = bundle.extractfile(info)
    if file is None:  # only for what is no file, and no such thing is a member
        raise tarfile.ReadError(f"{info.name!r} is no file")
    return file


def _check_clashes(members: list[Member], archive: Path) -> None:
    """Refuse two files of one name (also where capitals do not count) and a file that is a folder, too."""
    seen: set[str] = set()
    folders = {_alike(parent) for member in members for parent in member.path.parents}
    for member in members:
        name = _alike(member.path)
        if name in seen or name in folders:
            raise FetchError(
                f"{archive} is not safe: it holds {_short(str(member.path))} twice. Nothing was unpacked"
            )
        seen.add(name)


def _alike(path: PurePosixPath) -> str:
    """The same for names that one file system or another takes for one: capitals, and marks of their own."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", str(path)).casefold())


def _has_size(path: Path, size_bytes: int) -> bool:
    return path.is_file() and path.stat().st_size == size_bytes


def _is_there(member: Member, folder: Path) -> bool:
    """Whether the member's top-level entry is in `folder` already, complete.

    Raises: FetchError: it is there, but something in it is missing or of another size; the user decides.
    """
    top = member.path.parts[0]
    if not os.path.lexists(folder / top):
        return False
    if not _has_size(folder / member.path, member.size_bytes):
        raise FetchError(
            f"{folder / top} is there already, but {member.path} is missing or differs from the archive's. "
            f"Move or delete {folder / top}, then run the same command again"
        )
    return True


def _write(members: list[Member], folder: Path, watcher: Watcher) -> None:
    staging = folder / ".unpacking"
    if staging.exists():
        shutil.rmtree(staging)  # of a run that was killed
    try:
        for member in members:
            target = staging / member.path
            target.parent.mkdir(parents=True, exist_ok=True)
            with member.open() as source, open(target, "xb") as out:
                while block := source.read(COPY_BYTES):
                    out.write(block)
                    watcher.advance(len(block))
        for top in sorted({member.path.parts[0] for member in members}):
            os.rename(staging / top, folder / top)
    finally:
        shutil.rmtree(staging, ignore_errors=True)  # a failed unpacking gives its disk space back

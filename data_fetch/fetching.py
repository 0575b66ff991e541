"""Fetch a whole data set: what is there is kept, one file's failure does not cost the others.

Before __main__.py, after registry.py, transfer.py and unpack.py. Everything of a data set lies in
`<folder>/<name>/`; an unfinished file is `<file>.part`, an unfinished unpacking `.unpacking/`.
"""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

from filelock import FileLock, Timeout

from data_fetch.disk import check_space
from data_fetch.errors import FetchError, FetchStoppedError, TermsError
from data_fetch.registry import DataSet, RemoteFile
from data_fetch.transfer import TransferConfig, disk_trouble, part_bytes, retrieve
from data_fetch.unpack import is_unpacked, read_receipt, unpack
from data_fetch.watcher import Watcher


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What of a data set lies in a folder, judged by names and sizes; `errors` says what failed just now."""

    folder: Path
    present: tuple[RemoteFile, ...]
    partial: tuple[RemoteFile, ...]  # a piece of it, to be resumed
    missing: tuple[RemoteFile, ...]
    packed: tuple[RemoteFile, ...]  # archives that are there but not unpacked
    errors: tuple[str, ...] = field(default=())

    @property
    def complete(self) -> bool:
        """Whether every file is there and every archive unpacked."""
        return not (self.partial or self.missing or self.packed or self.errors)


def survey(data_set: DataSet, folder: Path, *, failed: Mapping[str, str] = MappingProxyType({})) -> Survey:
    """Look what of `data_set` lies in `<folder>/<name>/`, reading no file's contents.

    An archive whose contents lie unpacked counts as present even where the archive itself was deleted.

    Args: failed: what went wrong just now, by path; such a file is not trusted for having the right size.
    """
    home = folder / data_set.name
    present, partial, missing, packed = [], [], [], []
    for file in data_set.files:
        target = home / file.path
        unpacked = file.is_archive and is_unpacked(target)
        whole = target.is_file() and target.stat().st_size == file.size_bytes and file.path not in failed
        if unpacked or whole:
            present.append(file)
            if file.is_archive and not unpacked:
                packed.append(file)
        elif part_bytes(target):
            partial.append(file)
        else:
            missing.append(file)
    return Survey(
        folder=home,
        present=tuple(present),
        partial=tuple(partial),
        missing=tuple(missing),
        packed=tuple(packed),
        errors=tuple(failed.values()),
    )


def fetch(
    data_set: DataSet,
    folder: Path,
    *,
    accept_terms: bool = False,
    base_url: str | None = None,
    config: TransferConfig | None = None,
    watcher: Watcher | None = None,
) -> Survey:
    """Bring `data_set` to `<folder>/<name>/`, unpack its archives, and say what is there.

    Args:
        folder: the folder that holds all data sets; it is made if need be.
        accept_terms: the caller has read `data_set.terms` and accepts them.
        base_url: fetch from `<base_url>/<name>/<path>` instead of the registered addresses: the address of
            another machine that serves such a folder.

    Raises:
        TermsError: `accept_terms` is not set; nothing was done.
        FetchStoppedError: the disk is too small. Failures after the start are in `Survey.errors`.
    """
    if not accept_terms:
        raise TermsError(f"{data_set.name} comes with terms to accept first:\n{data_set.terms}")
    config, watcher = config or TransferConfig(), watcher or Watcher()
    home = folder / data_set.name
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FetchStoppedError(
            f"cannot make the folder {home}: {error.strerror}; choose another --folder"
        ) from error
    with _alone(home, watcher):
        _check_space(data_set, folder)
        failed = _fetch_files(data_set, home, base_url, config, watcher)
    return survey(data_set, folder, failed=failed)


def address(file: RemoteFile, data_set: DataSet, base_url: str | None) -> str:
    """Where `file` is fetched from: its registered address, or its place under `base_url`."""
    if base_url is None:
        return file.url
    if not base_url.lower().startswith(("http://", "https://")):
        raise FetchStoppedError(f"the base address must begin with http:// or https://, got {base_url!r}")
    return f"{base_url.rstrip('/')}/{quote(f'{data_set.name}/{file.path}')}"


@contextlib.contextmanager
def _alone(home: Path, watcher: Watcher) -> Iterator[None]:
    """Lock the data set's folder, waiting for another process that is fetching into it.

    The lock belongs to the process, so that a killed one leaves none behind.
    """
    lock = FileLock(home / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        watcher.note(f"another process is fetching into {home}: waiting until it is done")
        lock.acquire()
    except NotImplementedError as error:  # some network drives
        raise FetchStoppedError(
            f"the disk of {home} keeps no locks; choose a --folder on another disk"
        ) from error
    except OSError as error:
        raise FetchStoppedError(
            f"cannot write into {home} ({error.strerror}): choose a --folder you may write to"
        ) from error
    try:
        yield
    finally:
        lock.release()


def _check_space(data_set: DataSet, folder: Path) -> None:
    now = survey(data_set, folder)
    home = now.folder
    needed = sum(file.size_bytes - part_bytes(home / file.path) for file in now.partial + now.missing)
    needed += sum(file.unpacked_bytes for file in now.partial + now.missing + now.packed)
    check_space(needed, home, purpose=data_set.name)


def _fetch_files(
    data_set: DataSet, home: Path, base_url: str | None, config: TransferConfig, watcher: Watcher
) -> dict[str, str]:
    """Fetch and unpack file by file; after a failure the next is tried, unless nothing can work.

    Returns: what went wrong, by path.
    """
    now = survey(data_set, home.parent)
    failed: dict[str, str] = {}
    archives: list[Path] = []
    watcher.begin(f"fetching {data_set.name}", sum(file.size_bytes for file in now.partial + now.missing))
    try:
        for file in data_set.files:
            target = home / file.path
            try:
                if file.is_archive and is_unpacked(target):
                    continue
                if file.is_archive:
                    _tell_of_receipt(target, watcher)
                retrieve(file, target, url=address(file, data_set, base_url), config=config, watcher=watcher)
            except FetchError as error:
                failed[file.path] = str(error)
                if isinstance(error, FetchStoppedError):
                    return failed
            else:
                archives += [target] if file.is_archive else []
    finally:
        watcher.end()
    for archive in archives:
        try:
            unpack(archive, home, watcher=watcher)
        except FetchError as error:
            failed[f"unpacking {archive.name}"] = str(error)
        except OSError as error:
            failed[f"unpacking {archive.name}"] = str(disk_trouble(error, home))
    return failed


def _tell_of_receipt(archive: Path, watcher: Watcher) -> None:
    try:
        read_receipt(archive)
    except FetchError as error:
        watcher.note(str(error))

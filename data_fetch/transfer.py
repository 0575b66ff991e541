"""One file over HTTP: resume what is there, try again after a fault, refuse what is not the file.

What comes is written to `<name>.part` beside the target, so that a broken download goes on from its last byte
(an HTTP Range request, RFC 9110 section 14) instead of starting anew. No more bytes than the registered file
has are ever kept. Once all are there and their sha256 is right, the file moves into place in one step.
"""

import errno
import hashlib
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import requests
import urllib3

from data_fetch.answer import (
    PassingError,
    begins_at,
    check_kind,
    check_status,
    decoded,
    never_dripping,
    other_size,
)
from data_fetch.errors import FetchError, FetchStoppedError
from data_fetch.registry import RemoteFile
from data_fetch.watcher import Watcher

HASH_ATTEMPTS = 2  # a sum that is wrong twice is not an accident of the line


@dataclass(frozen=True, kw_only=True)
class TransferConfig:
    """How patient a transfer is; all times in seconds (the defaults are ours)."""

    connect_timeout_s: float = 15.0
    read_timeout_s: float = 60.0  # without a single byte: the server stalls
    chunk_timeout_s: float = 120.0  # for 64 kB, about 500 bytes a second: a server that drips never ends
    retries: int = 5  # in a row without a new byte; progress starts the count again
    backoff_s: float = 1.0  # doubled after each failure ...
    backoff_cap_s: float = 60.0  # ... up to this

    def __post_init__(self) -> None:
        timeouts = (self.connect_timeout_s, self.read_timeout_s, self.chunk_timeout_s)
        if min(timeouts) <= 0:
            raise ValueError(f"timeouts must be positive, got {', '.join(map(str, timeouts))}")
        if min(self.retries, self.backoff_s, self.backoff_cap_s) < 0:
            raise ValueError(f"retries and back-off must not be negative, got {self}")


def part_path(target: Path) -> Path:
    """Where the bytes of an unfinished download lie."""
    return target.with_name(target.name + ".part")


def part_bytes(target: Path) -> int:
    """How many bytes of an unfinished download there are."""
    part = part_path(target)
    return part.stat().st_size if part.exists() else 0


def retrieve(file: RemoteFile, target: Path, *, url: str, config: TransferConfig, watcher: Watcher) -> bool:
    """Make sure that `target` is `file`, its sha256 checked, downloading it only if it is not yet.

    Returns: whether anything had to be downloaded.
    Raises:
        FetchError: this file cannot be had (404, login page, wrong sum, ...).
        FetchStoppedError: nothing can be had at the moment (server out of reach, disk full).
    """
    transfer = _Transfer(file, target, config=config, watcher=watcher)
    try:
        for place in (target, part_path(target)):
            if place.exists() and not place.is_file():
                raise FetchStoppedError(f"{place} is no ordinary file: move it away, then try again")
        if target.exists():
            if sha256_of(target) == file.sha256:
                return False
            watcher.note(f"{file.path} is there but its sha256 is wrong: fetching it again")
        for attempt in range(1, HASH_ATTEMPTS + 1):
            transfer.complete(url)
            if sha256_of(transfer.part) == file.sha256:
                os.replace(transfer.part, target)
                return True
            transfer.discard(file.size_bytes)
            if attempt < HASH_ATTEMPTS:
                watcher.note(f"{file.path}: wrong sha256; fetching it once more from the start")
    except OSError as error:
        raise disk_trouble(error, target) from error
    raise FetchError(
        f"{file.path}: wrong sha256, {HASH_ATTEMPTS} times (wanted {file.sha256[:16]}...). The file at "
        f"{url} is not the one this course was made with, or something on the way changes it. "
        f"Nothing of it was kept."
    )


def sha256_of(path: Path) -> str:
    """The sum of a file, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def disk_trouble(error: OSError, target: Path) -> FetchStoppedError:
    """An error of the file system while `target` was made, with the way out."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return FetchStoppedError(
            f"the disk is full: make room (or choose another --folder) and run the same command again; "
            f"what was fetched of {target.name} is kept"
        )
    return FetchStoppedError(
        f"cannot write {target}: {error.strerror or error}; choose a --folder you may write to"
    )


class _Transfer:
    """Brings all bytes of one registered file to `<name>.part`."""

    def __init__(self, file: RemoteFile, target: Path, *, config: TransferConfig, watcher: Watcher) -> None:
        self.file = file
        self.target = target
        self.part = part_path(target)
        self.config = config
        self.watcher = watcher

    def complete(self, url: str) -> None:
        """Complete `<name>.part`, however many attempts that takes."""
        self.target.parent.mkdir(parents=True, exist_ok=True)
        if part_bytes(self.target) > self.file.size_bytes:
            self.part.unlink()  # longer than the file: not a piece of it
        best = part_bytes(self.target)
        self.watcher.advance(best)
        failures = 0
        with requests.Session() as session:
            session.max_redirects = 10
            while part_bytes(self.target) < self.file.size_bytes:
                try:
                    self._attempt(session, url)
                except PassingError as fault:
                    # Only bytes never reached before count as progress: a server that cannot resume and
                    # breaks off at the same place each time would otherwise be asked for ever.
                    failures = 1 if part_bytes(self.target) > best else failures + 1
                    best = max(best, part_bytes(self.target))
                    self._wait(fault, failures, url)

    def _wait(self, fault: PassingError, failures: int, url: str) -> None:
        delay = min(self.config.backoff_cap_s, self.config.backoff_s * 2 ** (failures - 1))
        if failures > self.config.retries or (fault.wait_s or 0) > self.config.backoff_cap_s:
            asked = f", and asks to wait {fault.wait_s:g} s" if fault.wait_s else ""
            raise FetchStoppedError(
                f"{self.file.path}: {fault}{asked}; gave up on {url} after {failures} failures in a row. "
                f"{part_bytes(self.target)} of {self.file.size_bytes} bytes are kept, to go on from."
            ) from fault
        delay = max(delay, fault.wait_s or 0)
        self.watcher.note(
            f"{self.file.path}: {fault}; retry {failures} of {self.config.retries} in {delay:g} s"
        )
        time.sleep(delay)

    def _attempt(self, session: requests.Session, url: str) -> None:
        have = part_bytes(self.target)
        headers = {"Accept-Encoding": "identity"}  # a compressed answer could not be resumed
        if have:
            headers["Range"] = f"bytes={have}-"
        timeout = (self.config.connect_timeout_s, self.config.read_timeout_s)
        reached = False
        try:
            with session.get(url, headers=headers, stream=True, timeout=timeout) as response:
                reached = True
                with never_dripping(response, self.config.chunk_timeout_s) as told:
                    self._receive(response, have, told)
        except requests.TooManyRedirects as error:
            raise FetchError(f"{self.file.path}: {url} redirects in a circle") from error
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema) as error:
            raise FetchError(
                f"{self.file.path}: {url} is no address to download from, or leads to none"
            ) from error
        except requests.exceptions.SSLError as error:
            raise FetchStoppedError(
                f"{self.file.path}: no trusted connection to {url}: {error}. Is the clock right? "
                f"Does this network ask for a sign-in?"
            ) from error
        except requests.RequestException as error:
            # A stall in the middle of the body is no Timeout for requests, but a ConnectionError.
            if isinstance(error, requests.Timeout) or "timed out" in str(error):
                raise PassingError(
                    "the server stalls" if reached else "the server does not answer"
                ) from error
            raise PassingError("the connection broke" if reached else "the server is out of reach") from error
        except (ValueError, urllib3.exceptions.HTTPError) as error:  # of headers that nobody understands
            raise PassingError(f"the server's answer makes no sense ({error})") from error

    def _receive(self, response: requests.Response, have: int, told: threading.Event) -> None:
        """Append (206) or write anew (200) what the server sends; raise if it is not the file."""
        if have and response.status_code == requests.codes.requested_range_not_satisfiable:
            self.discard(have)
            raise PassingError("the server does not accept the place to go on from")
        check_status(response, self.file.path)
        resumed = response.status_code == requests.codes.partial_content
        if resumed and not begins_at(response, have):
            self.discard(have)
            raise PassingError("the server sent another part of the file than asked for")
        chunks = decoded(response, self.file)
        first = next(chunks, b"")
        check_kind(response, first, self.file)
        if have and not resumed:
            self.watcher.advance(-have)  # the server ignored the range: it sends everything again
        size = have if resumed else 0
        with open(self.part, "ab" if resumed else "wb") as out:
            chunk = first
            while chunk and size + len(chunk) <= self.file.size_bytes:
                out.write(chunk)
                size += len(chunk)
                self.watcher.advance(len(chunk))
                told.set()
                chunk = next(chunks, b"") if size < self.file.size_bytes else b""
        if chunk:  # however much more would come: a stream without end, a page of zeros packed small
            self.discard(size)
            raise FetchError(other_size(self.file, f"more than {self.file.size_bytes}", response.url))
        if size < self.file.size_bytes:
            raise PassingError(f"the connection closed after {size} of {self.file.size_bytes} bytes")

    def discard(self, count: int) -> None:
        """Throw the piece away, and take its `count` bytes off the progress."""
        self.part.unlink(missing_ok=True)
        self.watcher.advance(-count)

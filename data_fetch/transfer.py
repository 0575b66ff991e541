"""One file over HTTP: resume what is there, try again after a fault, refuse what is not the file.

`pooch.retrieve` does what it is good at: keep a file whose sha256 is right, check the sum of a new one, move
it into place in one step. It hands the transfer itself to `ResumingDownloader`, which writes to
`<name>.part` beside the target, so that a broken download goes on from its last byte (an HTTP Range request,
RFC 9110 section 14) instead of starting anew.
"""

import errno
import itertools
import os
import time
from dataclasses import dataclass
from pathlib import Path

import pooch
import requests

from data_fetch.errors import FetchError, FetchStoppedError
from data_fetch.registry import RemoteFile
from data_fetch.watcher import Watcher

CHUNK_BYTES = 1 << 16
TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})  # the server's own passing troubles
HASH_ATTEMPTS = 2  # a sum that is wrong twice is not an accident of the line


@dataclass(frozen=True, kw_only=True)
class TransferConfig:
    """How patient a transfer is; all times in seconds (the defaults are ours)."""

    connect_timeout_s: float = 15.0
    read_timeout_s: float = 60.0  # without a single byte: the server stalls
    retries: int = 5  # in a row without a new byte; progress starts the count again
    backoff_s: float = 1.0  # doubled after each failure ...
    backoff_cap_s: float = 60.0  # ... up to this

    def __post_init__(self) -> None:
        if min(self.connect_timeout_s, self.read_timeout_s) <= 0:
            raise ValueError(
                f"timeouts must be positive, got {self.connect_timeout_s}, {self.read_timeout_s}"
            )
        if min(self.retries, self.backoff_s, self.backoff_cap_s) < 0:
            raise ValueError(f"retries and back-off must not be negative, got {self}")


class _Passing(Exception):  # noqa: N818 - not an error of the caller's: always caught and tried again
    """A fault that may be gone at the next attempt."""

    def __init__(self, text: str, *, wait_s: float | None = None) -> None:
        super().__init__(text)
        self.wait_s = wait_s  # what the server asked for in Retry-After


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
    pooch.get_logger().setLevel("WARNING")  # the watcher reports; pooch would print a line for every file
    downloader = ResumingDownloader(file, target, config=config, watcher=watcher)
    for attempt in range(1, HASH_ATTEMPTS + 1):
        try:
            pooch.retrieve(
                url, "sha256:" + file.sha256, fname=target.name, path=target.parent, downloader=downloader
            )
        except ValueError as error:  # pooch: the sum is wrong, and it has removed the download
            watcher.advance(-file.size_bytes)
            if attempt == HASH_ATTEMPTS:
                raise FetchError(
                    f"{file.path}: wrong sha256, {attempt} times (wanted {file.sha256[:16]}...). The file at "
                    f"{url} is not the one this course was made with, or something on the way changes it. "
                    f"Nothing of it was kept."
                ) from error
            watcher.note(f"{file.path}: wrong sha256; fetching it once more from the start")
        except OSError as error:
            raise _disk_trouble(error, target) from error
        else:
            break
    return downloader.used


def _disk_trouble(error: OSError, target: Path) -> FetchStoppedError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return FetchStoppedError(
            f"the disk is full: make room (or choose another --folder) and run the same command again; "
            f"what was fetched of {target.name} is kept"
        )
    return FetchStoppedError(
        f"cannot write {target}: {error.strerror or error}; choose a --folder you may write to"
    )


class ResumingDownloader:
    """A downloader as pooch wants one, `downloader(url, output_file, pooch)`, for one registered file."""

    def __init__(self, file: RemoteFile, target: Path, *, config: TransferConfig, watcher: Watcher) -> None:
        self.file = file
        self.target = target
        self.part = part_path(target)
        self.config = config
        self.watcher = watcher
        self.used = False

    def __call__(self, url: str, output_file: str, _pooch: object = None) -> None:
        """Complete `<name>.part`, however many attempts that takes, then move it to `output_file`."""
        if self.target.exists() and not self.used:
            self.watcher.note(f"{self.file.path} is there but its sha256 is wrong: fetching it again")
        self.used = True
        os.unlink(output_file)  # pooch's empty placeholder: a killed download would leave it behind
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
                except _Passing as fault:
                    # Only bytes never reached before count as progress: a server that cannot resume and
                    # breaks off at the same place each time would otherwise be asked for ever.
                    failures = 1 if part_bytes(self.target) > best else failures + 1
                    best = max(best, part_bytes(self.target))
                    self._wait(fault, failures, url)
        os.replace(self.part, output_file)

    def _wait(self, fault: _Passing, failures: int, url: str) -> None:
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
                self._receive(response, have)
        except requests.TooManyRedirects as error:
            raise FetchError(f"{self.file.path}: {url} redirects in a circle") from error
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema) as error:
            raise FetchError(f"{self.file.path}: {url} is not an address one can download from") from error
        except requests.exceptions.SSLError as error:
            raise FetchStoppedError(
                f"{self.file.path}: no trusted connection to {url}: {error}. Is the clock right? "
                f"Does this network ask for a sign-in?"
            ) from error
        except requests.RequestException as error:
            # A stall in the middle of the body is no Timeout for requests, but a ConnectionError.
            if isinstance(error, requests.Timeout) or "timed out" in str(error):
                raise _Passing("the server stalls" if reached else "the server does not answer") from error
            raise _Passing("the connection broke" if reached else "the server is out of reach") from error

    def _receive(self, response: requests.Response, have: int) -> None:
        """Append (206) or write anew (200) what the server sends; raise if it is not the file."""
        if have and response.status_code == requests.codes.requested_range_not_satisfiable:
            self._discard(have)
            raise _Passing("the server does not accept the place to go on from")
        _check_status(response, self.file.path)
        resumed = response.status_code == requests.codes.partial_content
        if resumed and not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            self._discard(have)
            raise _Passing("the server sent another part of the file than asked for")
        chunks = response.iter_content(CHUNK_BYTES)
        first = next(chunks, b"")
        _check_kind(response, first, self.file)
        if have and not resumed:
            self.watcher.advance(-have)  # the server ignored the range: it sends everything again
        with open(self.part, "ab" if resumed else "wb") as out:
            for chunk in itertools.chain([first], chunks):
                out.write(chunk)
                self.watcher.advance(len(chunk))
        size = part_bytes(self.target)
        if size > self.file.size_bytes:
            self._discard(size)
            raise FetchError(_other_size(self.file, f"more than {self.file.size_bytes}", response.url))
        if size < self.file.size_bytes:
            raise _Passing(f"the connection closed after {size} of {self.file.size_bytes} bytes")

    def _discard(self, count: int) -> None:
        self.part.unlink(missing_ok=True)
        self.watcher.advance(-count)


def _check_status(response: requests.Response, path: str) -> None:
    """Pass 200 and 206, sort everything else into "try again" and "will not come"."""
    status = response.status_code
    if status in (requests.codes.ok, requests.codes.partial_content):
        return
    answer = f"{status} {response.reason}"
    if status in TRY_AGAIN:
        asked = response.headers.get("Retry-After", "")
        raise _Passing(f"the server answers {answer}", wait_s=float(asked) if asked.isdigit() else None)
    if status in (401, 403):
        raise FetchError(
            f"{path}: {response.url} refuses it ({answer}): it wants a login, or has blocked this network. "
            f"Try from another network, or see the data set's page."
        )
    raise FetchError(
        f"{path}: not to be had at {response.url} ({answer}). It may have moved: see the data set's page."
    )


def _check_kind(response: requests.Response, first: bytes, file: RemoteFile) -> None:
    """Refuse a web page (by its type, or by how it begins) and a file of another size."""
    begins_like_page = first.lstrip()[:14].lower().startswith((b"<!doctype html", b"<html"))
    if begins_like_page or "text/html" in response.headers.get("Content-Type", "").lower():
        raise FetchError(
            f"{file.path}: {response.url} sent a web page instead of the file: a login, a consent form or a "
            f"network's sign-in page. Open the address in a browser to see what it wants."
        )
    if response.status_code == requests.codes.partial_content:
        size = response.headers["Content-Range"].rpartition("/")[2]  # "bytes 10-99/100"
    elif "Content-Encoding" in response.headers:
        return  # the length is that of the compressed file; the true one will show at the end
    else:
        size = response.headers.get("Content-Length", "")
    if size.isdigit() and int(size) != file.size_bytes:
        raise FetchError(_other_size(file, size, response.url))


def _other_size(file: RemoteFile, size: str, url: str) -> str:
    return (
        f"{file.path}: the file at {url} has {size} bytes, the one this course was made with has "
        f"{file.size_bytes}: it was replaced, or is another file. See the data set's page."
    )

"""What a server answered: its status, kind and size, and its body in bounded pieces.

Before transfer.py. A fault that may be gone at the next attempt is a `PassingError`, one that will stay a
`FetchError`.
"""

import contextlib
import os
import re
import socket
import threading
import zlib
from collections.abc import Iterator

import requests

from data_fetch.errors import FetchError
from data_fetch.registry import RemoteFile

CHUNK_BYTES = 1 << 16
TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})  # the server's own passing troubles


class PassingError(Exception):
    """A fault that may be gone at the next attempt."""

    def __init__(self, text: str, *, wait_s: float | None = None) -> None:
        super().__init__(text)
        self.wait_s = wait_s  # what the server asked for in Retry-After


@contextlib.contextmanager
def never_dripping(response: requests.Response, seconds: float) -> Iterator[threading.Event]:
    """End the connection if the event that is yielded is not set again within `seconds`, over and over.

    A server that sends a byte now and then never reaches a timeout of the socket.
    """
    told, over = threading.Event(), threading.Event()

    def watch() -> None:
        while not over.wait(seconds):
            if not told.is_set():
                with contextlib.suppress(OSError, ValueError):
                    line = socket.socket(fileno=os.dup(response.raw.fileno()))
                    line.shutdown(socket.SHUT_RDWR)
                    line.close()
                return
            told.clear()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield told
    finally:
        over.set()
        watcher.join()


def decoded(response: requests.Response, file: RemoteFile) -> Iterator[bytes]:
    """The body in chunks of at most CHUNK_BYTES, also where a server packs it although asked not to."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    response.raw.headers.pop("content-encoding", None)  # or 64 kB of it could become gigabytes in memory
    packed = response.iter_content(CHUNK_BYTES)
    if encoding in ("", "identity"):
        yield from packed
    elif encoding in ("gzip", "x-gzip", "deflate") and response.status_code == requests.codes.ok:
        unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # tells gzip from zlib by itself
        try:
            for chunk in packed:
                while chunk:
                    if piece := unpacker.decompress(chunk, CHUNK_BYTES):
                        yield piece
                    chunk = unpacker.unconsumed_tail
                if unpacker.eof:
                    return  # whatever else comes is no part of it
            yield unpacker.flush()
        except zlib.error as error:
            raise PassingError(f"the server's packed answer is damaged ({error})") from error
    else:
        raise FetchError(
            f"{file.path}: {response.url} sends the file in the encoding {encoding[:40]!r}, which was not "
            f"asked for. Try from another network, or see the data set's page."
        )


def begins_at(response: requests.Response, have: int) -> bool:
    """Whether a part of the file (206) begins where it was asked to."""
    return (
        re.match(rf"bytes {have}-\d+/(\d+|\*)$", response.headers.get("Content-Range", "").strip())
        is not None
    )


def check_status(response: requests.Response, path: str) -> None:
    """Pass 200 and 206, sort everything else into "try again" and "will not come"."""
    status = response.status_code
    if status in (requests.codes.ok, requests.codes.partial_content):
        return
    answer = f"{status} {response.reason}"
    if status in TRY_AGAIN:
        raise PassingError(
            f"the server answers {answer}", wait_s=_number(response.headers.get("Retry-After"))
        )
    if status in (401, 403):
        raise FetchError(
            f"{path}: {response.url} refuses it ({answer}): it wants a login, or has blocked this network. "
            f"Try from another network, or see the data set's page."
        )
    raise FetchError(
        f"{path}: not to be had at {response.url} ({answer}). It may have moved: see the data set's page."
    )


def check_kind(response: requests.Response, first: bytes, file: RemoteFile) -> None:
    """Refuse a web page (by its type, or by how it begins) and a file of another size."""
    begins_like_page = first.lstrip()[:14].lower().startswith((b"<!doctype html", b"<html"))
    if begins_like_page or "text/html" in response.headers.get("Content-Type", "").lower():
        raise FetchError(
            f"{file.path}: {response.url} sent a web page instead of the file: a login, a consent form or a "
            f"network's sign-in page. Open the address in a browser to see what it wants."
        )
    if response.status_code == requests.codes.partial_content:
        size = _number(response.headers["Content-Range"].rpartition("/")[2])  # "bytes 10-99/100"
    elif "Content-Encoding" in response.headers:
        return  # the length is that of the compressed file; the true one will show at the end
    else:
        size = _number(response.headers.get("Content-Length"))
    if size not in (None, file.size_bytes):
        raise FetchError(other_size(file, str(size), response.url))


def _number(text: str | None) -> int | None:
    """A number of a header; None where there is none, or one that nobody means."""
    return int(text) if text and re.fullmatch("[0-9]{1,18}", text.strip()) else None


def other_size(file: RemoteFile, size: str, url: str) -> str:
    """The sentence for a file that is another one."""
    return (
        f"{file.path}: the file at {url} has {size} bytes, the one this course was made with has "
        f"{file.size_bytes}: it was replaced, or is another file. See the data set's page."
    )

"""A real HTTP server on this machine that misbehaves on request, and a tiny data set served by it."""

import hashlib
import os
import threading
import urllib.parse
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import data_fetch.registry
from data_fetch.registry import DataSet, RemoteFile
from data_fetch.transfer import TransferConfig
from data_fetch.watcher import Watcher


@dataclass(frozen=True, kw_only=True)
class Served:
    """One request as the server saw it."""

    path: str
    range: str | None
    status: int
    body_bytes: int  # of the body, without the headers


class Handler(BaseHTTPRequestHandler):
    """Serves `server.files`; the next entry of `server.script[path]`, if any, says how to misbehave."""

    def do_GET(self) -> None:
        path = urllib.parse.unquote(self.path)
        script = self.server.script[path]
        behaviour = script.pop(0) if script else serve
        if path not in self.server.files:
            behaviour = status(404)
        behaviour(self, self.server.files.get(path, b""))

    def answer(self, code: int, body: bytes, *, length: int | None = None, **headers: str) -> None:
        path = urllib.parse.unquote(self.path)
        # noted before it is sent: the test may look as soon as the last byte has arrived
        self.server.served.append(
            Served(path=path, range=self.headers["Range"], status=code, body_bytes=len(body))
        )
        self.send_response(code)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        pass


Behaviour = Callable[[Handler, bytes], None]


def serve(handler: Handler, body: bytes, *, stop: int | None = None) -> None:
    """Answer as a good server does, ranges included, up to byte `stop` of the file."""
    asked = handler.headers["Range"]
    start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
    if start >= len(body):
        handler.answer(416, b"")
        return
    headers = {"Content_Range": f"bytes {start}-{len(body) - 1}/{len(body)}"} if asked else {}
    handler.answer(206 if asked else 200, body[start:stop], length=len(body) - start, **headers)


def truncate(at: int) -> Behaviour:
    """Announce the whole file and close the connection after byte `at`."""
    return lambda handler, body: serve(handler, body, stop=at)


def stall(at: int) -> Behaviour:
    """Send up to byte `at` and then nothing more, with the connection open."""

    def behaviour(handler: Handler, body: bytes) -> None:
        serve(handler, body, stop=at)
        handler.server.over.wait(60)

    return behaviour


def without_ranges(*, stop: int | None = None) -> Behaviour:
    """Ignore the Range header and send everything from the start."""
    return lambda handler, body: handler.answer(200, body[:stop], length=len(body))


def corrupt(handler: Handler, body: bytes) -> None:
    """Flip the last byte."""
    serve(handler, body[:-1] + bytes([body[-1] ^ 1]))


def status(code: int, body: bytes = b"no", **headers: str) -> Behaviour:
    """Answer with an error code."""
    return lambda handler, _body: handler.answer(code, body, **headers)


def redirect(to: str) -> Behaviour:
    """Send the client elsewhere."""
    return status(302, b"", Location=to)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.script: dict[str, list[Behaviour]] = defaultdict(list)
        self.served: list[Served] = []
        self.over = threading.Event()  # ends the stalls

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_args: object) -> None:
        """Clients that hang up are part of the tests."""


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.over.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def patient() -> TransferConfig:
    """Hardly any wait between attempts, but time enough for a server on a busy machine to answer."""
    return TransferConfig(
        connect_timeout_s=30, read_timeout_s=30, retries=3, backoff_s=0.01, backoff_cap_s=0.05
    )


class Listener(Watcher):
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.done = 0

    def advance(self, count: int) -> None:
        self.done += count

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.fixture
def listener() -> Listener:
    return Listener()


def remote(
    path: str, body: bytes, *, url: str = "http://127.0.0.1:9/nowhere", unpacked: int = 0
) -> RemoteFile:
    sha256 = hashlib.sha256(body).hexdigest()
    return RemoteFile(path=path, url=url, size_bytes=len(body), sha256=sha256, unpacked_bytes=unpacked)


@pytest.fixture
def body() -> bytes:
    """The contents of a file of 300,000 bytes: several chunks of 65,536."""
    return np.random.default_rng(7).bytes(300_000)


@pytest.fixture
def tiny(server) -> DataSet:
    """A data set of three small files, one of them in a folder whose name has a space."""
    bodies = {f"some folder/{name}": name.encode() * 1000 for name in ("a.h5", "b.h5")} | {
        "all.list": b"a\nb\n"
    }
    server.files.update({f"/tiny/{path}": body for path, body in bodies.items()})
    return DataSet(
        name="tiny",
        title="three files",
        licence="none",
        terms="Be kind to the atrium.",
        pages=("http://127.0.0.1/page",),
        files=tuple(remote(path, body) for path, body in bodies.items()),
    )


@pytest.fixture
def how() -> SimpleNamespace:
    """The ways to misbehave, for `server.script[path]`."""
    return SimpleNamespace(
        serve=serve,
        truncate=truncate,
        stall=stall,
        without_ranges=without_ranges,
        corrupt=corrupt,
        status=status,
        redirect=redirect,
    )


@pytest.fixture(name="remote")
def remote_fixture() -> Callable[..., RemoteFile]:
    """Register bytes as a `RemoteFile`: `remote(path, body, url=..., unpacked=...)`."""
    return remote


@pytest.fixture
def child_environment() -> dict[str, str]:
    """The environment for a child process that is to import this very checkout, from any folder."""
    return dict(os.environ) | {"PYTHONPATH": str(Path(data_fetch.registry.__file__).parents[1])}

"""Faulty answers, one after the other: the file comes whole, or one sentence says why it does not.

Whatever happens, nothing larger than the registered file is written and nothing but it or its piece is left.
"""

import gzip
import re
import struct
import zlib

import pytest

from data_fetch.errors import FetchError
from data_fetch.transfer import TransferConfig, part_path, retrieve

PATH, CHUNK = "/file.bin", 65_536
BODY = b"".join(struct.pack(">I", 2654435761 * number % 2**32) for number in range(75_000))  # 300,000 bytes
MOST = 40 * 2**20  # what an endless answer may get rid of before we hang up: the buffers of both sides


def raw(*parts, status="200 OK", **headers):
    """An answer byte by byte, the connection closed behind it."""

    def behave(handler, _body):
        head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        handler.close_connection = True
        handler.wfile.write(f"HTTP/1.1 {status}\r\n{head}\r\n".encode("latin-1"))
        for part in parts:
            handler.wfile.write(part)

    return behave


def endless(piece, **headers):
    """`piece` without end, until the client hangs up; what was sent is counted."""

    def behave(handler, _body):
        handler.close_connection = True
        head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        handler.wfile.write(f"HTTP/1.1 200 OK\r\n{head}\r\n".encode())
        while handler.server.sent < 10 * MOST:
            handler.wfile.write(piece)
            handler.server.sent += len(piece)

    return behave


def words(text):
    """Bytes that are no HTTP."""

    def behave(handler, _body):
        handler.close_connection = True
        handler.wfile.write(text)

    return behave


def reset(at):
    """Send `at` bytes, then a reset of the connection."""

    def behave(handler, body):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:at])
        handler.wfile.flush()
        handler.connection.setsockopt(1, 13, struct.pack("ii", 1, 0))  # SOL_SOCKET, SO_LINGER: no farewell
        handler.connection.close()

    return behave


def part(first, content_range, *, status="206 Partial Content", stop=None, **headers):
    return raw(BODY[first:stop], status=status, Content_Range=content_range, **headers)


def moved(to, code=302):
    return raw(status=f"{code} Moved", Location=to)


def drip(handler, _body):
    """A byte now and then, for ever."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n")
    while not handler.server.over.wait(0.05):
        handler.wfile.write(b"x")


END = len(BODY) - 1
BOMB = gzip.compress(bytes(2**26))  # 64 kB become 64 MB
CHUNKED = {"Transfer_Encoding": "chunked"}
BEGUN = "begun"  # 65,536 bytes lie there from an earlier run

# name -> (what the server answers first; later it is a good server), what must come of it:
# "" the whole file, else the sentence of the error
FIRST_ANSWER = {
    "endless": (endless(b"x" * CHUNK), "more than 300000 bytes"),
    "endless of the right bytes": (endless(BODY), "more than 300000 bytes"),
    "endless in chunks": (endless(b"10000\r\n" + b"x" * CHUNK + b"\r\n", **CHUNKED), "more than 300000"),
    "endless after a right length": (endless(BODY, Content_Length=len(BODY)), ""),
    "a bomb": (raw(BOMB, Content_Encoding="gzip"), "more than 300000 bytes"),
    "a bomb without end": (endless(BOMB, Content_Encoding="gzip"), "more than 300000 bytes"),
    "a bomb that says it is deflate": (
        raw(zlib.compress(bytes(2**26)), Content_Encoding="deflate"),
        "more than 300000",
    ),
    "a bomb in a bomb": (raw(gzip.compress(BOMB), Content_Encoding="gzip, gzip"), "was not asked for"),
    "brotli": (raw(b"\x8b\x00\x00", Content_Encoding="br"), "was not asked for"),
    "an encoding that nobody has": (raw(BODY, Content_Encoding="x" * 3000), "was not asked for"),
    "packed although asked not to": (raw(gzip.compress(BODY), Content_Encoding="gzip"), ""),
    "packed, with a length": (
        raw(gzip.compress(BODY), Content_Encoding="x-gzip", Content_Length=str(len(gzip.compress(BODY)))),
        "",
    ),
    "packed, and rubbish behind": (raw(gzip.compress(BODY), b"x" * 10**6, Content_Encoding="gzip"), ""),
    "said to be packed and is not": (raw(BODY, Content_Encoding="gzip"), ""),
    "packed and broken off": (raw(gzip.compress(BODY)[:5000], Content_Encoding="gzip"), ""),
    "packed as identity": (raw(BODY, Content_Encoding="identity"), ""),
    "no length": (raw(BODY), ""),
    "no length, short": (raw(BODY[:-1]), ""),
    "one byte more, no length": (raw(BODY + b"x"), "more than 300000 bytes"),
    "one byte more, said": (raw(BODY + b"x", Content_Length="300001"), "has 300001 bytes"),
    "one byte less, said": (raw(BODY[:-1], Content_Length="299999"), "has 299999 bytes"),
    "length 0": (raw(Content_Length="0"), "has 0 bytes"),
    "a length below 0": (raw(BODY, Content_Length="-5"), ""),
    "a length of words": (raw(BODY, Content_Length="many"), ""),
    "a length of 5000 digits": (raw(BODY, Content_Length="9" * 5000), ""),
    "a length beyond any disk": (raw(BODY, Content_Length=str(2**50)), f"has {2**50} bytes"),
    "a superscript for a length": (raw(BODY, Content_Length="\u00b2"), ""),
    "two lengths": (raw(BODY, Content_Length="300000, 5"), ""),
    "empty": (raw(), ""),
    "nothing at all": (words(b""), ""),
    "no HTTP": (words(b"SSH-2.0-OpenSSH_9.9\r\n"), ""),
    "zeros": (words(bytes(100_000)), ""),
    "a status of words": (words(b"HTTP/1.1 fine OK\r\n\r\n"), ""),
    "a status of 999": (raw(status="999 Wonderful"), "not to be had"),
    "an endless line of a header": (words(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 10**6), ""),
    "a thousand headers": (raw(BODY, **{f"X{number}": "x" for number in range(1000)}), ""),
    "a chunk without a size": (raw(b"size\r\n", BODY, **CHUNKED), ""),
    "a chunk of a size below 0": (raw(b"-5\r\n", BODY, **CHUNKED), ""),
    "chunks broken off": (raw(b"10000\r\n", BODY[:CHUNK], b"\r\n10000\r\n", BODY[:5], **CHUNKED), ""),
    "a reset at once": (reset(0), ""),
    "a reset in the middle": (reset(100_000), ""),
    "other bytes": (raw(bytes(len(BODY)), Content_Length=len(BODY)), ""),
    "a web page": (raw(b"<html>Sign in", Content_Type="text/html"), "web page"),
    "a web page without a type": (raw(b"\n <!DOCTYPE HTML>\n<title>"), "web page"),
    "a web page that is packed": (raw(gzip.compress(b"<html>x"), Content_Encoding="gzip"), "web page"),
    "201": (raw(BODY, status="201 Created"), "not to be had"),
    "204": (raw(status="204 No Content"), "not to be had"),
    "304": (raw(status="304 Not Modified"), "not to be had"),
    "300 to nowhere": (raw(status="300 Multiple Choices"), "not to be had"),
    "302 to nowhere": (raw(status="302 Found"), "not to be had"),
    "404": (raw(status="404 Not Found"), "not to be had"),
    "410": (raw(status="410 Gone"), "not to be had"),
    "407": (raw(status="407 Proxy Authentication Required"), "not to be had"),
    "451": (raw(status="451 Unavailable For Legal Reasons"), "not to be had"),
    "403": (raw(status="403 Forbidden"), "refuses it"),
    "416 without a range": (raw(status="416 Range Not Satisfiable"), "not to be had"),
    "500": (raw(status="500 Internal Server Error"), ""),
    "503 with a date": (raw(status="503 Busy", Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"), ""),
    "503 with a superscript": (raw(status="503 Busy", Retry_After="\u00b2"), ""),
    "503 for 5000 digits": (raw(status="503 Busy", Retry_After="9" * 5000), ""),
    "429 for a year": (raw(status="429 Slow", Retry_After="31536000"), "asks to wait 3.1536e\\+07 s"),
    "206 unasked, from 0": (part(0, f"bytes 0-{END}/{len(BODY)}"), ""),
    "206 unasked, from 5": (part(5, f"bytes 5-{END}/{len(BODY)}"), ""),
    "206 unasked, without a range": (raw(BODY, status="206 Partial Content"), ""),
    "moved in a circle": (moved(PATH), ""),
    "moved to a file of this machine": (moved("file:///etc/passwd"), "no address"),
    "moved to another protocol": (moved("ftp://127.0.0.1/x"), "no address"),
    "moved to no address": (moved("http://[::1"), ""),
    "moved to a long host": (moved(f"http://{'a' * 300}/x"), ""),
    "moved to a port beyond ports": (moved("http://127.0.0.1:99999/x"), "no address|makes no sense"),
    "dripping": (drip, ""),
}
RESUMED = {
    "416": (raw(status="416 Range Not Satisfiable"), ""),
    "416 that names another size": (raw(status="416 No", Content_Range="bytes */5"), ""),
    "another start": (part(5, f"bytes 5-{END}/{len(BODY)}"), ""),
    "a later start": (part(CHUNK + 1, f"bytes {CHUNK + 1}-{END}/{len(BODY)}"), ""),
    "another total": (part(CHUNK, f"bytes {CHUNK}-{END}/300001"), "has 300001 bytes"),
    "a smaller total": (part(CHUNK, f"bytes {CHUNK}-{END}/5"), "has 5 bytes"),
    "a total not known": (part(CHUNK, f"bytes {CHUNK}-{END}/*"), ""),
    "a total of words": (part(CHUNK, f"bytes {CHUNK}-{END}/many"), ""),
    "a total of 5000 digits": (part(CHUNK, f"bytes {CHUNK}-{END}/{'9' * 5000}"), ""),
    "no total": (part(CHUNK, f"bytes {CHUNK}-{END}"), ""),
    "another unit": (part(CHUNK, f"items {CHUNK}-{END}/{len(BODY)}"), ""),
    "no range": (raw(BODY[CHUNK:], status="206 Partial Content"), ""),
    "several ranges": (raw(BODY, status="206 P", Content_Type="multipart/byteranges; boundary=x"), ""),
    "a piece of the rest": (part(CHUNK, f"bytes {CHUNK}-99999/300000", stop=100_000), ""),
    "the rest, and more": (
        raw(BODY[CHUNK:], b"x" * CHUNK, status="206 P", Content_Range=f"bytes {CHUNK}-{END}/300000"),
        "more than 300000",
    ),
    "a packed part": (part(CHUNK, f"bytes {CHUNK}-{END}/300000", Content_Encoding="gzip"), "not asked for"),
    "200, all of it": (raw(BODY, Content_Length=len(BODY)), ""),
    "200, the rest alone": (raw(BODY[CHUNK:]), ""),
    "200, without end": (endless(b"x" * CHUNK), "more than 300000"),
    "200, a web page": (raw(b"<html>", Content_Type="text/html"), "web page"),
}
CASES = [(name, *case, False) for name, case in FIRST_ANSWER.items()]
CASES += [(name, *case, True) for name, case in RESUMED.items()]


@pytest.mark.parametrize(
    ("answer", "says", "begun"),
    [case[1:] for case in CASES],
    ids=[f"{'resumed: ' * case[3]}{case[0]}" for case in CASES],
)
def test_the_file_comes_whole_or_a_sentence_says_why(answer, says, begun, server, remote, tmp_path, listener):
    server.files[PATH], server.sent = BODY, 0
    server.script[PATH] = [answer]
    target = tmp_path / "file.bin"
    if begun:
        part_path(target).write_bytes(BODY[:CHUNK])
    config = TransferConfig(
        connect_timeout_s=30,
        read_timeout_s=30,
        chunk_timeout_s=0.5 if answer is drip else 30,
        retries=3,
        backoff_s=0.01,
        backoff_cap_s=0.05,
    )
    try:
        retrieve(remote("file.bin", BODY), target, url=server.url + PATH, config=config, watcher=listener)
    except FetchError as error:
        assert says and re.search(says, str(error)), error
        assert "\n" not in str(error) and "file.bin" in str(error) and len(str(error)) < 1500
        assert not target.exists()
    else:
        assert not says
        assert target.read_bytes() == BODY and listener.done == len(BODY)
    left = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert set(left) <= {"file.bin", "file.bin.part"} and max(left.values(), default=0) <= len(BODY)
    assert server.sent < MOST


@pytest.mark.parametrize("name", ["file.bin", "file.bin.part"])
def test_what_lies_there_and_is_no_file_is_named(name, server, remote, tmp_path, listener, patient):
    (tmp_path / name).mkdir()
    with pytest.raises(FetchError, match=rf"{re.escape(name)} is no ordinary file: move it away"):
        retrieve(
            remote("file.bin", BODY), tmp_path / "file.bin", url=server.url, config=patient, watcher=listener
        )


def test_a_run_killed_before_the_last_step_asks_for_nothing_again(
    server, remote, tmp_path, listener, patient
):
    part_path(tmp_path / "file.bin").write_bytes(BODY)
    retrieve(
        remote("file.bin", BODY), tmp_path / "file.bin", url=server.url, config=patient, watcher=listener
    )
    assert server.served == [] and [path.name for path in tmp_path.iterdir()] == ["file.bin"]

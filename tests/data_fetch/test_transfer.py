"""One file over HTTP, against a server that truncates, corrupts, stalls, redirects and answers nonsense."""

import socket
import stat

import pytest

from data_fetch.errors import FetchError, FetchStoppedError
from data_fetch.transfer import TransferConfig, part_path, retrieve

PATH = "/file.bin"
# requests hands bytes on in chunks of 65,536; a chunk that breaks off in the middle may be lost with it.
CHUNK = 65_536


@pytest.fixture
def get(server, patient, listener, remote, body, tmp_path):
    """Fetch PATH, registered with `body`, into tmp_path; returns whether anything was downloaded."""
    server.files[PATH] = body

    def fetch_it(*, config=patient, registered=body, url=None):
        file = remote("file.bin", registered)
        return retrieve(
            file, tmp_path / "file.bin", url=url or server.url + PATH, config=config, watcher=listener
        )

    return fetch_it


def sent(server) -> int:
    return sum(request.body_bytes for request in server.served)


def test_a_good_download_is_one_request(get, server, body, tmp_path, listener):
    assert get() is True
    assert (tmp_path / "file.bin").read_bytes() == body
    assert [(request.status, request.range, request.body_bytes) for request in server.served] == [
        (200, None, len(body))
    ]
    assert listener.done == len(body)
    assert [path.name for path in tmp_path.iterdir()] == ["file.bin"]


def test_the_file_has_ordinary_permissions(get, tmp_path):
    # a file made through `tempfile` would be readable by its owner only, which a shared folder does not want
    ordinary = tmp_path / "ordinary"
    ordinary.touch()
    get()
    assert stat.S_IMODE((tmp_path / "file.bin").stat().st_mode) == stat.S_IMODE(ordinary.stat().st_mode)


def test_a_known_good_file_is_not_asked_for_again(get, server, tmp_path):
    get()
    before = (tmp_path / "file.bin").stat().st_mtime_ns
    assert get() is False
    assert len(server.served) == 1
    assert (tmp_path / "file.bin").stat().st_mtime_ns == before


def test_a_damaged_file_of_the_right_size_is_fetched_again(get, server, body, tmp_path, listener):
    (tmp_path / "file.bin").write_bytes(bytes(len(body)))
    assert get() is True
    assert (tmp_path / "file.bin").read_bytes() == body
    assert "sha256 is wrong" in listener.notes[0]


def test_a_truncated_download_goes_on_where_it_stopped(get, server, how, body, tmp_path, listener):
    server.script[PATH] = [how.truncate(2 * CHUNK)]
    get()
    assert (tmp_path / "file.bin").read_bytes() == body
    first, second = server.served
    assert second.range == f"bytes={2 * CHUNK}-" and second.status == 206
    # 131,072 bytes, then the other 300,000 - 131,072: not one byte twice
    assert (first.body_bytes, second.body_bytes) == (131_072, 168_928)
    assert listener.done == len(body)
    assert "retry 1 of 3" in listener.notes[0]


def test_a_break_in_the_middle_of_a_chunk_costs_at_most_that_chunk(get, server, how, body, tmp_path):
    server.script[PATH] = [how.truncate(100_000), how.truncate(200_001)]
    get()
    assert (tmp_path / "file.bin").read_bytes() == body
    assert len(body) <= sent(server) <= len(body) + 2 * CHUNK


def test_a_stalling_server_is_left_and_asked_again(get, server, how, body, tmp_path, listener):
    server.script[PATH] = [how.stall(CHUNK)]
    get(config=TransferConfig(read_timeout_s=0.3, retries=50, backoff_s=0.01))
    assert (tmp_path / "file.bin").read_bytes() == body
    assert "stalls" in listener.notes[0]


def test_a_server_that_never_answers_is_given_up(get, server, how, listener):
    def silent(handler, _body):
        handler.server.over.wait(60)

    server.script[PATH] = [silent] * 10
    with pytest.raises(FetchStoppedError, match=r"does not answer.*after 2 failures"):
        get(config=TransferConfig(read_timeout_s=0.1, retries=1, backoff_s=0))


def test_progress_starts_the_count_of_failures_again(get, server, how, body, tmp_path, patient):
    # nine breaks, each with some new bytes: more than three retries in all, never more than one in a row
    server.script[PATH] = [how.truncate(30_000 * part) for part in range(1, 10)]
    get()
    assert (tmp_path / "file.bin").read_bytes() == body
    assert len(server.served) == 10 > patient.retries + 1


def test_the_same_bytes_over_and_over_are_no_progress(get, server, how, tmp_path):
    # a server that cannot resume and always breaks off at the same place
    server.script[PATH] = [how.without_ranges(stop=CHUNK)] * 20
    with pytest.raises(FetchStoppedError, match="gave up"):
        get()
    assert len(server.served) == 4  # the first attempt and three retries


def test_giving_up_keeps_what_there_is_and_the_next_run_goes_on(get, server, how, body, tmp_path):
    server.script[PATH] = [how.truncate(2 * CHUNK)] + [how.status(503)] * 4
    with pytest.raises(FetchStoppedError, match=r"503.*131072 of 300000 bytes are kept"):
        get()
    assert part_path(tmp_path / "file.bin").read_bytes() == body[: 2 * CHUNK]
    assert not (tmp_path / "file.bin").exists()
    get()
    assert (tmp_path / "file.bin").read_bytes() == body
    assert sent(server) - 4 * len(b"no") == len(body)
    assert not part_path(tmp_path / "file.bin").exists()


def test_a_server_that_ignores_the_range_sends_everything_again(get, server, how, body, tmp_path, listener):
    server.script[PATH] = [how.truncate(CHUNK), how.without_ranges()]
    get()
    assert (tmp_path / "file.bin").read_bytes() == body
    assert server.served[1].range == f"bytes={CHUNK}-" and server.served[1].status == 200
    assert listener.done == len(body)


def test_another_range_than_asked_for_is_not_glued_on(get, server, how, body, tmp_path):
    wrong = how.status(206, body[5:], Content_Range=f"bytes 5-{len(body) - 1}/{len(body)}")
    server.script[PATH] = [how.truncate(CHUNK), wrong]
    get()
    assert (tmp_path / "file.bin").read_bytes() == body


def test_a_refused_range_starts_anew(get, server, how, body, tmp_path):
    server.script[PATH] = [how.truncate(CHUNK), how.status(416)]
    get()
    assert (tmp_path / "file.bin").read_bytes() == body
    assert [request.range for request in server.served] == [None, f"bytes={CHUNK}-", None]


def test_a_piece_longer_than_the_file_is_thrown_away(get, body, tmp_path, server):
    part_path(tmp_path / "file.bin").write_bytes(bytes(len(body) + 1))
    get()
    assert (tmp_path / "file.bin").read_bytes() == body
    assert server.served[0].range is None


def test_a_piece_of_another_file_ends_in_a_clean_second_download(get, body, tmp_path, listener, server):
    part_path(tmp_path / "file.bin").write_bytes(b"x" * CHUNK)
    get()
    assert (tmp_path / "file.bin").read_bytes() == body
    assert [request.range for request in server.served] == [f"bytes={CHUNK}-", None]
    assert "once more from the start" in listener.notes[0]
    assert listener.done == len(body)


def test_a_wrong_sum_is_an_error_and_leaves_nothing(get, server, how, tmp_path):
    server.script[PATH] = [how.corrupt, how.corrupt]
    with pytest.raises(FetchError, match=r"file\.bin: wrong sha256, 2 times"):
        get()
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_sum_leaves_the_file_that_was_there(get, server, how, tmp_path):
    (tmp_path / "file.bin").write_bytes(b"an older version")
    server.script[PATH] = [how.corrupt, how.corrupt]
    with pytest.raises(FetchError, match="wrong sha256"):
        get()
    assert (tmp_path / "file.bin").read_bytes() == b"an older version"


@pytest.mark.parametrize(
    ("code", "message"),
    [(404, "not to be had.*404.*data set's page"), (403, "refuses it.*403"), (401, "refuses it.*login")],
)
def test_a_final_refusal_is_not_tried_again(get, server, how, code, message, tmp_path):
    server.script[PATH] = [how.status(code)]
    with pytest.raises(FetchError, match=message) as caught:
        get()
    assert not isinstance(caught.value, FetchStoppedError)
    assert len(server.served) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("page", "headers"),
    [
        (b"<h1>Sign in</h1>", {"Content_Type": "text/html; charset=utf-8"}),
        (b"\n<!DOCTYPE html><title>Sign in</title>", {}),
        (b"<html><title>Sign in</title>", {"Content_Type": "application/octet-stream"}),
    ],
)
def test_a_login_page_is_recognised(get, server, how, page, headers, tmp_path):
    server.script[PATH] = [how.status(200, page, **headers)]
    with pytest.raises(FetchError, match="sent a web page instead of the file"):
        get()
    assert list(tmp_path.iterdir()) == []


def test_a_login_page_in_answer_to_a_range_costs_nothing(get, server, how, body, tmp_path):
    server.script[PATH] = [how.truncate(CHUNK), how.status(200, b"<html>", Content_Type="text/html")]
    with pytest.raises(FetchError, match="web page"):
        get()
    assert part_path(tmp_path / "file.bin").read_bytes() == body[:CHUNK]


def test_a_file_of_another_size_is_refused_before_it_is_read(get, server, body, tmp_path):
    with pytest.raises(FetchError, match=r"has 300000 bytes.*has 300001.*replaced"):
        get(registered=body + b"!")
    assert list(tmp_path.iterdir()) == []


def test_more_bytes_than_registered_without_a_length_are_refused(get, server, body, tmp_path):
    def no_length(handler, body):
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(body)

    server.script[PATH] = [no_length]
    with pytest.raises(FetchError, match="more than 299999 bytes"):
        get(registered=body[:-1])
    assert list(tmp_path.iterdir()) == []


def test_redirects_are_followed_and_loops_are_not(get, server, how, body, tmp_path):
    server.files["/elsewhere"] = body
    server.script[PATH] = [how.redirect("/elsewhere")]
    get()
    assert (tmp_path / "file.bin").read_bytes() == body

    (tmp_path / "file.bin").unlink()
    server.script[PATH] = [how.redirect(PATH)] * 50
    with pytest.raises(FetchError, match="redirects in a circle"):
        get()


def test_a_resumed_download_follows_redirects_too(get, server, how, body, tmp_path):
    server.files["/elsewhere"] = body
    server.script[PATH] = [how.redirect("/elsewhere")] * 2
    server.script["/elsewhere"] = [how.truncate(CHUNK)]
    get()
    assert (tmp_path / "file.bin").read_bytes() == body
    assert sent(server) == len(body)


def test_retry_after_is_obeyed_within_reason(get, server, how, tmp_path, listener, body):
    server.script[PATH] = [how.status(429, Retry_After="1")]
    get(config=TransferConfig(retries=1, backoff_s=0.0, backoff_cap_s=1.0))
    assert "in 1 s" in listener.notes[0]
    (tmp_path / "file.bin").unlink()
    server.script[PATH] = [how.status(429, Retry_After="3600")]
    with pytest.raises(FetchStoppedError, match="asks to wait 3600 s"):
        get()


def test_waiting_doubles_up_to_the_cap(get, server, how, listener, patient):
    server.script[PATH] = [how.status(500)] * 4
    with pytest.raises(FetchStoppedError):
        get()
    # 0.01 s, doubled twice: 0.01, 0.02, 0.04, below the cap of 0.05
    assert [note.rsplit(" in ", 1)[1] for note in listener.notes] == ["0.01 s", "0.02 s", "0.04 s"]


def test_no_server_at_all_stops_the_run(get):
    with socket.socket() as free:  # a port that nobody listens on
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/file.bin"
    with pytest.raises(FetchStoppedError, match=r"out of reach; gave up .* after 4 failures"):
        get(url=url)


def test_an_impossible_address_is_named(get):
    with pytest.raises(FetchError, match="no address"):
        get(url="ftp://127.0.0.1/file.bin")


def test_a_full_disk_keeps_the_piece(get, server, how, body, tmp_path, monkeypatch):
    server.script[PATH] = [how.truncate(CHUNK)] + [how.status(503)] * 4
    with pytest.raises(FetchStoppedError):
        get()

    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("data_fetch.transfer.open", full, raising=False)
    with pytest.raises(FetchStoppedError, match="the disk is full"):
        get()
    assert part_path(tmp_path / "file.bin").stat().st_size == CHUNK


@pytest.mark.parametrize("wrong", [{"read_timeout_s": 0}, {"connect_timeout_s": -1}, {"retries": -1}])
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(ValueError, match=r"must (be positive|not be negative)"):
        TransferConfig(**wrong)

"""The command line: its table, its exit codes, its advice, and Ctrl-C."""

import dataclasses
import json
import shlex
import signal
import subprocess
import sys
import time
from types import MappingProxyType

import pytest
from typer.testing import CliRunner

from data_fetch.__main__ import app
from data_fetch.registry import DATA_SETS

A, B, LIST = "some folder/a.h5", "some folder/b.h5", "all.list"


@pytest.fixture
def run(server, tiny, tmp_path, monkeypatch):
    """Run the command line in tmp_path with `tiny` registered; `data_fetch get` goes to the server."""
    sets = MappingProxyType(dict(DATA_SETS) | {"tiny": tiny})
    monkeypatch.setattr("data_fetch.registry.DATA_SETS", sets)
    monkeypatch.setattr("data_fetch.__main__.DATA_SETS", sets)
    monkeypatch.setenv("DATA_FETCH_BASE_URL", server.url)
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def test_list_shows_name_size_licence_and_what_is_here(run):
    run("get", "tiny", "--accept-terms")
    result = run("list")
    assert result.exit_code == 0
    rows = {line.split()[0]: line for line in result.output.splitlines() if line.strip()}
    assert "2.2 GB" in rows["la2018_official"] and "17.4 GB" in rows["la2018_official"]
    assert "233 MB" in rows["la2018"] and "0 of 103 files" in rows["la2018"]
    assert "do not pass on" in rows["la2018"]
    assert "456 MB" in rows["msd_heart"] and "CC-BY-SA 4.0" in rows["msd_heart"]
    assert "complete" in rows["tiny"]


def test_without_the_flag_the_terms_and_the_command_are_shown(run, server, tmp_path):
    result = run("get", "tiny", "--folder", "my data")
    assert result.exit_code == 2
    assert "Be kind to the atrium." in result.output
    assert "python -m data_fetch get tiny --accept-terms --folder 'my data'" in result.output
    assert server.served == [] and list(tmp_path.iterdir()) == []


def test_the_command_shown_is_one_that_works(run):
    shown = run("get", "tiny", "--folder", "my data").output.strip().splitlines()[-1]
    words = shlex.split(shown)
    assert words[:3] == ["python", "-m", "data_fetch"]
    result = run(*words[3:])
    assert result.exit_code == 0
    assert "tiny is complete: 3 files in my data/tiny" in result.output


@pytest.mark.parametrize("name", ["la2018", "la2018_official", "msd_heart"])
def test_the_real_sets_ask_first(run, name, server):
    result = run("get", name)
    assert result.exit_code == 2
    assert DATA_SETS[name].terms in result.output and DATA_SETS[name].pages[0] in result.output
    assert server.served == []


def test_an_unknown_name_is_a_wrong_command(run):
    result = run("get", "la2019", "--accept-terms")
    assert result.exit_code == 2
    assert "choose one of: la2018" in result.stderr


def test_what_is_missing_and_how_to_go_on(run, server, how, tmp_path):
    server.script[f"/tiny/{A}"] = [how.status(404)]
    result = run("get", "tiny", "--accept-terms")
    assert result.exit_code == 1
    assert "404" in result.stderr
    assert "not complete: data/tiny has 2 of 3 files" in result.stdout
    assert f"missing: 1 ({A})" in result.stdout
    assert "python -m data_fetch get tiny --accept-terms" in result.stdout
    assert run("get", "tiny", "--accept-terms").exit_code == 0


def test_a_full_disk_is_exit_code_1(run, monkeypatch, server):
    monkeypatch.setattr("data_fetch.disk.free_bytes", lambda _folder: 0)
    result = run("get", "tiny", "--accept-terms")
    assert result.exit_code == 1
    assert "tiny needs" in result.stderr and "--folder" in result.stderr
    assert server.served == []


def test_a_folder_that_may_not_be_looked_into_is_one_line(run, monkeypatch):
    def closed(*_args):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("data_fetch.__main__.survey", closed)
    result = run("list", "--folder", "x")
    assert result.exit_code == 2
    assert result.stderr == "error: cannot look into x: Permission denied\n"


def test_help_and_no_arguments(run):
    assert "--accept-terms" in run("get", "--help").output
    assert "list" in run().output


SCRIPT = """
import json, sys
from types import MappingProxyType
import data_fetch.registry as registry
described = json.loads(sys.argv.pop(1))
files = tuple(registry.RemoteFile(**file) for file in described.pop("files"))
tiny = registry.DataSet(**described, files=files)
registry.DATA_SETS = MappingProxyType({"tiny": tiny})
from data_fetch.__main__ import main
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="sends Unix signals")
@pytest.mark.parametrize("kill", ["SIGINT", "SIGKILL"])  # Ctrl-C; the machine switched off
def test_an_interrupted_run_keeps_the_piece(kill, server, tiny, how, remote, tmp_path, child_environment):
    big = b"a.h5" * 100_000
    server.files[f"/tiny/{A}"] = big
    tiny = dataclasses.replace(tiny, files=(remote(A, big), *tiny.files[1:]))
    server.script[f"/tiny/{A}"] = [how.stall(131_072)]
    described = json.dumps(dataclasses.asdict(tiny))
    words = ["get", "tiny", "--accept-terms", "--base-url", server.url]
    command = [sys.executable, "-c", SCRIPT, described, *words]
    settings = {"cwd": tmp_path, "text": True, "env": child_environment}
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **settings)
    part = tmp_path / "data/tiny" / (A + ".part")
    deadline = time.monotonic() + 600
    while not (part.exists() and part.stat().st_size == 131_072) and time.monotonic() < deadline:
        time.sleep(0.02)
    running.send_signal(signal.Signals[kill])
    out, err = running.communicate(timeout=600)
    if kill == "SIGINT":
        assert running.returncode == 130, err
        assert "interrupted" in err and "Traceback" not in err
        assert f"python -m data_fetch get tiny --accept-terms --base-url {server.url}" in out
        assert "missing: 3" in out and "1 of them begun" in out
    assert part.stat().st_size == 131_072
    assert sorted(path.name for path in part.parent.iterdir()) == ["a.h5.part"]  # no other litter

    done = subprocess.run(command, capture_output=True, **settings)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "data/tiny" / A).read_bytes() == big
    resumed = [request for request in server.served if request.path.endswith("a.h5")]
    assert [request.body_bytes for request in resumed] == [131_072, len(big) - 131_072]

"""The recipe of the container, as far as it goes without an engine: what it copies, and how it is run."""

import os
import re
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "tools" / "container"
LINES = re.sub(r"\\\n\s*", "", (FOLDER / "Containerfile").read_text()).splitlines()


def all_of(word):
    return [line.removeprefix(f"{word} ") for line in LINES if line.startswith(f"{word} ")]


def test_all_that_is_copied_is_there_and_no_more_than_the_install_needs():
    copied = [name for line in all_of("COPY") for name in line.split()[:-1]]
    assert all((ROOT / name).exists() for name in copied)
    assert not {"tests", "book", ".", ".git"} & set(copied)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert {project["project"]["readme"], "pyproject.toml", "constraints.txt"} <= set(copied)
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages - {"tests", "book", "tools"} <= set(copied)


def test_it_installs_what_make_does_and_starts_as_nobody():
    (installs,) = [line for line in all_of("RUN") if "pip install" in line]
    assert re.search(r"torch==\S+", installs)[0] in (ROOT / "Makefile").read_text()
    assert '-c constraints.txt -e ".[book]"' in installs
    assert all_of("USER") == ["10001"] and not all_of("EXPOSE")
    assert 'ENTRYPOINT ["atriacourse", "grade", "/submissions", "--out", "/grades"]' in LINES[-1]


@pytest.fixture
def grade(tmp_path):
    """grade("docker", "1000"): what the engine is called with, by a user of that number."""

    def run(engine, user):
        tools = tmp_path / engine / "bin"
        tools.mkdir(parents=True)
        told = tmp_path / engine / "told"
        for name, text in {
            engine: f'for word in "$@"; do echo "$word"; done >> {told}; echo END >> {told}',
            "id": f"echo {user}",
        }.items():
            (tools / name).write_text(f"#!/bin/sh\n{text}\n")
            (tools / name).chmod(0o755)
        (tmp_path / "in").mkdir(exist_ok=True)
        script = ["sh", str(FOLDER / "grade.sh"), "in", "out", "--jobs", "2"]
        done = subprocess.run(
            script,
            cwd=tmp_path,
            env={"PATH": f"{tools}:{os.environ['PATH']}", "ENGINE": str(tools / engine)},
            capture_output=True,
            text=True,
        )
        calls = told.read_text().split("END\n")[:-1] if told.exists() else []
        return done, [call.splitlines() for call in calls]

    return run


@pytest.mark.skipif(sys.platform == "win32", reason="a script for a shell")
@pytest.mark.parametrize("engine", ["docker", "podman"])
def test_it_is_run_without_root_network_or_anything_of_the_machine(grade, tmp_path, engine):
    done, (build, run) = grade(engine, "1000")
    assert done.returncode == 0, done.stderr
    assert build[0] == "build" and build[-1] == str(ROOT)
    options, words = run[: run.index("atriacourse-grade")], run[run.index("atriacourse-grade") + 1 :]
    assert words == ["--jobs", "2"]
    after = dict(pairwise(options))
    assert after["--network"] == "none" and after["--cap-drop"] == "ALL"
    assert after["--security-opt"] == "no-new-privileges" and "--read-only" in options
    assert after["--user"] == "1000:1000" and "size=" in after["--tmpfs"]
    mounts = [options[place + 1] for place, word in enumerate(options) if word == "--volume"]
    assert mounts == [f"{tmp_path}/in:/submissions:ro", f"{tmp_path}/out:/grades"]
    assert ("keep-id" in options) == (engine == "podman")
    assert not {"--privileged", "--pid", "--ipc"} & set(options)


@pytest.mark.skipif(sys.platform == "win32", reason="a script for a shell")
def test_root_is_sent_away(grade):
    done, calls = grade("docker", "0")
    assert done.returncode == 1 and "ordinary user" in done.stderr and calls == []

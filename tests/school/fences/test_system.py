"""Each fence alone, in a process of its own: what is closed cannot be opened again."""

import os
import subprocess
import sys

import pytest

from atriacourse.school.fences.system import Limits, landlock_version

NO_LANDLOCK = "this system has no Landlock (Linux 5.13 and later)"
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a fence of Linux")


def run(code, *arguments):
    """What a fresh Python prints; its last line of error if it fails."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


LANDLOCK = """
import os, socket, subprocess, sys
from atriacourse.school.fences.system import landlock
box, other, python = sys.argv[1:]
landlock(read=["/usr", "/lib", "/lib64", "/etc", "/bin", python], write=[box])
def tried(what):
    try:
        return what() or "done"
    except OSError as error:
        return type(error).__name__
print(
    tried(lambda: open(box + "/own.txt", "w").close()),
    tried(lambda: open(other).read()),
    tried(lambda: open(other, "w").close()),
    tried(lambda: os.listdir(os.path.dirname(other)) and None),
    tried(lambda: subprocess.run(["/bin/true"]) and None),
)
"""


@linux
@pytest.mark.skipif(landlock_version() == 0, reason=NO_LANDLOCK)
def test_landlock_closes_files_and_programs(tmp_path):
    (tmp_path / "box").mkdir()
    (tmp_path / "ada").mkdir()
    other = tmp_path / "ada" / "contrast.ipynb"
    other.write_text("secret")
    said = run(LANDLOCK, tmp_path / "box", other, sys.base_prefix)
    assert said.split() == ["done"] + ["PermissionError"] * 4
    assert other.read_text() == "secret"


MEMORY = """
from atriacourse.school.fences.system import Limits, limit_resources
limit_resources(Limits(memory_gb=0.5, file_mb=1))
try:
    bytearray(1024**3)
except MemoryError:
    print("memory", end=" ")
try:
    open("large.bin", "wb", buffering=0).write(bytes(3 * 1024**2)) <= 1024**2 and print("file")
except OSError:
    print("file")
"""


@linux
def test_memory_and_files_are_limited(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(MEMORY) == "memory file"


WATCH = """
import os, socket, subprocess, sys
from atriacourse.school.fences.audit_hook import watch
box, other = sys.argv[1:]
told = []
watch(read=(sys.prefix, sys.base_prefix), write=(box,), report=lambda *each: told.append(each))
def tried(what):
    try:
        what()
        return "done"
    except PermissionError:
        return "refused"
linked = box + "/link"
steps = [
    lambda: open(box + "/own.txt", "w").close(),
    lambda: open(other),
    lambda: open(box + "/../ada/contrast.ipynb"),
    lambda: os.listdir(os.path.dirname(other)),
    lambda: os.remove(other),
    lambda: os.rename(box + "/own.txt", other),
    lambda: socket.create_connection(("192.0.2.1", 80), timeout=1),
    lambda: socket.getaddrinfo("example.org", 80),
    lambda: subprocess.run(["/bin/true"]),
    lambda: os.system("true"),
    lambda: os.kill(os.getppid(), 0),
    lambda: open(linked),
]
print(*[tried(step) for step in steps], [kind for kind, _ in told], sep="|")
"""


def test_the_audit_hook_refuses_and_tells_everywhere(tmp_path):
    (tmp_path / "box").mkdir()
    (tmp_path / "ada").mkdir()
    other = tmp_path / "ada" / "contrast.ipynb"
    other.write_text("secret")
    if hasattr(os, "symlink"):
        (tmp_path / "box" / "link").symlink_to(other)
    *steps, told = run(WATCH, tmp_path / "box", other).split("|")
    assert steps == ["done"] + ["refused"] * 11
    kinds = ["read"] * 3 + ["write"] * 2 + ["connect"] * 2 + ["start"] * 3 + ["read"]
    assert told == str(kinds)
    assert other.read_text() == "secret"


def test_one_test_has_a_tenth_of_the_time_unless_it_is_said():
    assert Limits(minutes=10).cell_seconds == 60
    assert Limits(minutes=10, cell_minutes=0.5).cell_seconds == 30

"""A build or a test run that is stopped, in whatever way, leaves no process behind."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
WAITS = """
```{{code-cell}} ipython3
import pathlib, subprocess, sys, time

child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(900)"], start_new_session=True)
pathlib.Path({note!r}).write_text(str(child.pid))
time.sleep(900)
```
"""
TEST = """
import pathlib, subprocess, sys, time

def test_that_waits():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(900)"], start_new_session=True)
    pathlib.Path({note!r}).write_text(str(child.pid))
    time.sleep(900)
"""
MAKE = """
import pathlib, sys, make_book

make_book.BOOK = pathlib.Path(sys.argv[1])
make_book.watch()
sys.exit(make_book.main([]))
"""

pytestmark = [
    pytest.mark.book,
    pytest.mark.skipif(sys.platform == "win32", reason="sends Unix signals"),
]
ENDS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGKILL")


def stopped(command, note, name, **how):
    """Start it, send the signal when the note is written; gives the exit code, what was said, who is left."""
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **how)
    try:
        give_up = time.monotonic() + 300
        while not (note.is_file() and note.read_text()):
            assert running.poll() is None and time.monotonic() < give_up, running.communicate()[0]
            time.sleep(0.05)
        theirs = psutil.Process(running.pid).children(recursive=True)
        assert int(note.read_text()) in [process.pid for process in theirs]
        running.send_signal(getattr(signal, name))
        code = running.wait(timeout=120)
        _, left = psutil.wait_procs(theirs, timeout=60)
    finally:
        running.kill()
    return code, running.communicate()[0], left


@pytest.mark.parametrize("name", ENDS)
def test_a_book_that_is_stopped_leaves_no_process(small_book, tmp_path, name):
    chapter, note, scratch = small_book / "00_small.md", tmp_path / "note", tmp_path / "scratch"
    chapter.write_text(chapter.read_text() + WAITS.format(note=str(note)))
    scratch.mkdir()
    command = [sys.executable, "-c", MAKE, str(small_book)]
    search = os.pathsep.join([str(ROOT / "tools"), str(ROOT)])
    environment = os.environ | {"PYTHONPATH": search, "TMPDIR": str(scratch)}
    code, said, left = stopped(command, note, name, env=environment)
    assert left == []
    if name == "SIGKILL":
        assert code == -signal.SIGKILL
    else:
        assert code == 130 and "the build was stopped" in said and "Traceback" not in said
        assert list(scratch.glob("chapter*")) == []


@pytest.mark.parametrize(
    ("name", "workers"), [(name, ("-n", "1")) for name in ENDS] + [("SIGINT", ()), ("SIGTERM", ())]
)
def test_a_test_run_that_is_stopped_leaves_no_process(tmp_path, name, workers):
    note = tmp_path / "note"
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    (tmp_path / "pytest.ini").write_text(f"[pytest]\npythonpath = {ROOT / 'tools'}\n")
    (tmp_path / "test_waits.py").write_text(TEST.format(note=str(note)))
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *workers, str(tmp_path)]
    _, _, left = stopped(command, note, name, cwd=tmp_path, env=environment)
    assert left == []

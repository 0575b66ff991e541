"""Whole notebooks in real kernels; few of them, each with many cells."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import nullcontext

import nbformat
import psutil
import pytest

from atriacourse.school.fences.jail import execute, read_plain, warm_up
from atriacourse.school.fences.layout import FENCES, bubblewrap
from atriacourse.school.fences.system import Limits, landlock_version
from atriacourse.school.grading.evidence import error_of, printed, was_run
from atriacourse.school.grading.grade_class import IMPORTED

pytestmark = pytest.mark.slow

# the pattern is not what it finds; a later cell (a hidden test, say) must not be in the kernel's memory yet
SEARCH = """
import re, sys
found = 0
if sys.platform.startswith("linux"):
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb") as memory:
        for line in maps:
            place, rights = line.split()[:2]
            low, high = (int(each, 16) for each in place.split("-"))
            if rights.startswith("rw") and high - low < 2**28 and "[v" not in line:
                memory.seek(low)
                found += len(re.findall(b"said-in-a-[l]ater-cell", memory.read(high - low)))
print(found)
"""
CELLS = {
    "crash": "1 / 0",
    "read": "open({other!r}).read()",
    "connect": "import socket; socket.create_connection(('192.0.2.1', 80), timeout=2)",
    "start": "import subprocess; subprocess.run(['true'])",
    "shell": "!true",
    "write": "open({other!r}, 'w')",
    "secret": "import os; print(os.environ.get('SECRET'), os.environ['HOME'] == os.path.expanduser('~'))",
    "environ": "print('SECRET' in open('/proc/self/environ').read() if os.path.exists('/proc') else False)",
    "memory of others": SEARCH,
    "alone": "print(os.listdir('.'))",
    "keep": "open('journal-x.jsonl', 'w').write('said'); open('notes.txt', 'w').close()",
    "hang": "import time\nwhile True: time.sleep(0.01)",
    "memory": "x = bytearray(3 * 1024**3)",
    "shared": "print(open({shared!r}).read())",
    "course": "import atriacourse.exercises.check; print('here')",
    "last": "'said-in-a-later-cell'; print('the end')",
}


def notebook_of(cells, **words):
    """A notebook with a cell for each name."""
    new = nbformat.v4.new_code_cell
    made = [
        new(text.format(**words), metadata={"atriacourse": {"cell": name}}) for name, text in cells.items()
    ]
    return nbformat.v4.new_notebook(cells=made)


def by_name(done):
    cells = done.notebook.cells
    return {cell.metadata["atriacourse"]["cell"]: cell for cell in cells if "atriacourse" in cell.metadata}


@pytest.fixture(scope="module", params=["every fence", "forked", "audit hook alone"])
def ran(request, tmp_path_factory):
    """All cells, run behind what this system has, fresh and forked, and behind the hook alone."""
    folder = tmp_path_factory.mktemp("class")
    other, shared = folder / "contrast.ipynb", folder / "shared" / "scan.txt"
    other.write_text("secret")
    shared.parent.mkdir()
    shared.write_text("shared")
    os.environ["SECRET"] = "open sesame"
    try:
        with warm_up() if request.param == "forked" else nullcontext() as warm:
            done = execute(
                notebook_of(CELLS, other=str(other), shared=str(shared)),
                limits=Limits(minutes=5, memory_gb=2, cell_minutes=0.25),
                read=[shared.parent],
                packages=("atriacourse", "data_fetch"),
                keep=["journal-*.jsonl"],
                fences=() if request.param == "audit hook alone" else FENCES,
                warm=warm,
            )
    finally:
        del os.environ["SECRET"]
    assert other.read_text() == "secret"
    return request.param, done, by_name(done), str(other)


def test_every_cell_is_run_whatever_the_others_did(ran):
    _, done, cells, _ = ran
    assert done.ending == ""
    assert all(was_run(cell) for cell in cells.values())
    assert printed(cells["last"]) == "the end\n"
    assert error_of(cells["crash"]) == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize("name", ["read", "write", "connect", "start", "shell"])
def test_what_is_forbidden_fails(ran, name):
    assert "Error" in error_of(ran[2][name])


def test_what_was_tried_is_told(ran):
    _, done, _, other = ran
    tried = {(one.kind, one.what) for one in done.attempts}
    assert {("read", other), ("write", other), ("connect", "192.0.2.1"), ("start", "true")} <= tried
    assert len(tried) <= 6  # and nothing that only a library tried


def test_the_fences_that_were_closed_are_named(ran):
    param, done, _, _ = ran
    assert done.fences[-1] == "audit hook"
    if param != "audit hook alone":
        assert ("bubblewrap" in done.fences) == (bubblewrap() is not None)
        assert any("Landlock" in name for name in done.fences) == (landlock_version() > 0)
    else:
        assert done.fences == ("audit hook",)


def test_folder_and_variables_are_its_own(ran):
    _, done, cells, _ = ran
    assert printed(cells["secret"]) == "None True\n"
    assert printed(cells["environ"]) == "False\n"
    assert printed(cells["memory of others"]) == "0\n"
    assert printed(cells["alone"]) == "[]\n"
    assert printed(cells["shared"]) == "shared\n"
    assert done.files == {"journal-x.jsonl": b"said"}


def test_a_cell_without_end_is_interrupted(ran):
    assert error_of(ran[2]["hang"]) == "it ran longer than one cell may and was interrupted"


def test_a_hog_meets_a_memory_error(ran):
    if not hasattr(os, "O_PATH"):
        pytest.skip("this system does not heed RLIMIT_DATA")
    assert error_of(ran[2]["memory"]) == "MemoryError"


def test_time_and_memory_are_measured(ran):
    done = ran[1]
    assert done.cpu_seconds > 0 and done.seconds > 1
    assert 0.05 < done.memory_gb < 2


SHARED_MEMORY = """
import mmap
kept = [mmap.mmap(-1, 64 * 1024**2) for _ in range(40)]
for each in kept:
    each.write(b"x" * len(each))
import time
time.sleep(60)
"""


def test_shared_memory_is_weighed_too_and_ends_the_run():
    done = execute(notebook_of({"first": "print(1)", "hog": SHARED_MEMORY}), limits=Limits(memory_gb=0.7))
    assert "the limit is 0.7 GB" in done.ending
    assert printed(by_name(done)["first"]) == "1\n"  # what ran before is kept
    assert not was_run(by_name(done)["hog"])


STUBBORN = """
import time
while True:
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        pass
"""


def test_a_notebook_that_takes_no_interrupt_is_killed():
    done = execute(notebook_of({"loop": STUBBORN}), limits=Limits(minutes=0.25, cell_minutes=0.1))
    assert "stopped after 0.25 minutes" in done.ending


def test_a_kernel_that_ends_itself_is_told():
    done = execute(notebook_of({"end": "import os; os._exit(3)", "after": "1"}), limits=Limits())
    assert done.ending == "the kernel died"


def test_a_run_is_stopped_on_request():
    stop = threading.Event()
    stop.set()
    done = execute(notebook_of({"loop": STUBBORN}), limits=Limits(), stop=stop)
    assert done.ending == "the grading was interrupted"


def test_only_plain_files_are_read(tmp_path):
    (tmp_path / "a").write_text("x")
    assert read_plain(tmp_path / "a") == b"x"
    assert read_plain(tmp_path / "a", most_mb=0) is None
    assert read_plain(tmp_path) is None
    assert read_plain(tmp_path / "absent") is None


@pytest.fixture(scope="module")
def forked():
    """Runs notebooks of forks of one process."""
    with warm_up(IMPORTED) as warm:
        if warm is None:
            pytest.skip("only Linux forks runs")
        yield lambda cells, **limits: execute(notebook_of(cells), limits=Limits(**limits), warm=warm)


MARK = """
import builtins, json, random, torch, numpy as np
print(getattr(json, "mark", None), getattr(builtins, "mark", None))
json.mark = builtins.mark = "left behind"
print(random.random(), np.random.rand())
"""


def test_forked_runs_share_no_state_and_no_chance(forked):
    said = [printed(by_name(forked({"mark": MARK}))["mark"]).splitlines() for _ in range(2)]
    assert said[0][0] == said[1][0] == "None None"
    assert not set(said[0][1].split()) & set(said[1][1].split())


def test_a_forked_run_imports_next_to_nothing(forked):
    """What made most of a small notebook's time: a fresh kernel imports some 3,000 modules for this cell."""
    cell = (
        "import sys; before = len(sys.modules)\nimport numpy, pandas, torch, scipy.stats, matplotlib.pyplot\n"
        "from atriacourse.clinic.hunt import hunt_of\nprint(len(sys.modules) - before)"
    )
    assert int(printed(by_name(forked({"import": cell}))["import"])) < 20


def test_a_forked_kernel_that_ends_itself_or_hangs_or_hoards_is_told(forked):
    assert forked({"end": "import os; os._exit(3)"}).ending == "the kernel died"
    assert "stopped after 0.2 minutes" in forked({"loop": STUBBORN}, minutes=0.2, cell_minutes=0.1).ending
    assert "the limit is 0.7 GB" in forked({"hog": SHARED_MEMORY}, memory_gb=0.7).ending
    assert forked({"fine": "print(1)"}).ending == ""  # and the next run is none the worse


GRADES = """
import sys, nbformat
from contextlib import nullcontext
from atriacourse.school.fences.system import Limits
from atriacourse.school.fences.jail import execute, warm_up
cell = nbformat.v4.new_code_cell("open('here', 'w').close(); import time; time.sleep(600)")
with warm_up() if sys.argv[1] == "forked" else nullcontext() as warm:
    execute(nbformat.v4.new_notebook(cells=[cell]), limits=Limits(), warm=warm)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="sends Unix signals")
@pytest.mark.parametrize("how", ["fresh", "forked"])
def test_a_killed_grading_leaves_no_process_and_its_folder_goes_at_the_next_start(how, tmp_path, monkeypatch):
    env = dict(os.environ) | {"TMPDIR": str(tmp_path)}
    grading = subprocess.Popen([sys.executable, "-c", GRADES, how], env=env)
    wait_for(lambda: list(tmp_path.glob("ac-*/box/work/here")))
    family = psutil.Process(grading.pid).children(recursive=True)
    assert len(family) >= 2
    grading.kill()
    grading.wait()
    wait_for(lambda: not [one for one in family if one.is_running() and one.status() != "zombie"])
    assert list(tmp_path.glob("ac-*"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    theirs = tmp_path / f"ac-ffff-{grading.pid}-other"  # of another machine, or of nobody
    (theirs / "desk").mkdir(parents=True)
    (tmp_path / "ac-notes").mkdir()
    execute(notebook_of({"a": "1"}), limits=Limits())
    assert {path.name for path in tmp_path.iterdir()} == {theirs.name, "ac-notes"}


def wait_for(condition):
    deadline = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)

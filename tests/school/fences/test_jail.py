"""A student's code in its process: what it gives, what it may not, and what it is ended for."""

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace

import numpy as np
import psutil
import pytest

from atriacourse.school.fences.jail import EndedError, Jail, Spent, read_plain, warm_up
from atriacourse.school.fences.layout import FENCES
from atriacourse.school.fences.plain import pack, unpack
from atriacourse.school.fences.process import started
from atriacourse.school.fences.system import Limits, landlock_version

LINUX = sys.platform.startswith("linux")
LIMITS = Limits(minutes=5, memory_gb=2, file_mb=2, cell_minutes=1)
CELL = """
import os
import numpy as np

def twice(values):
    return np.asarray(values) * 2

def tried(what):
    try:
        return what() or "done"
    except BaseException as error:
        return type(error).__name__

mine = [1, 2.5, "word", (True, None), {"a": {3}}, np.eye(2), np.float32(0.5)]
"""


@pytest.fixture(scope="module")
def warm():
    with warm_up() as process:
        yield process


@pytest.fixture
def jail(warm):
    return Jail(
        limits=LIMITS, packages=("atriacourse",), hidden=("atriacourse.school",), warm=warm, spent=Spent()
    )


def ran(jail, *lines):
    """What a cell with these lines leaves in `found`, and its error."""
    with jail.inmate() as one:
        errors = one.ask({"run": [["mine", CELL + "\n".join(lines)]]})["errors"]
        found = one.ask({"look": ["found"]})["found"]
        return (unpack(found["found"]) if found else None), errors.get("mine", "")


@pytest.mark.parametrize("fresh", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_values_and_functions_come_out_as_plain_data(jail, fresh):
    with (replace(jail, warm=None) if fresh else jail).inmate() as one:
        assert one.ask({"run": [["first", CELL], ["second", "1 / 0"], ["third", "x = 3"]]}) == {
            "errors": {"second": "ZeroDivisionError: division by zero"}
        }
        found = one.ask({"look": ["mine", "twice", "x", "absent"]})["found"]
        assert sorted(found) == ["mine", "twice", "x"] and found["x"] == 3
        *plain, eye, half = unpack(found["mine"])
        assert plain == [1, 2.5, "word", (True, None), {"a": {3}}] and half == 0.5
        np.testing.assert_array_equal(eye, np.eye(2))
        number = found["twice"][1][0]
        said = one.ask({"call": number, "given": [pack(np.arange(3.0))]})
        np.testing.assert_array_equal(unpack(said["value"]), [0, 2, 4])
        wrong = one.ask({"call": number, "given": [["dict", []]]})
        assert wrong["error"][0] == "TypeError"
    assert jail.spent.fences[-1] == "audit hook"
    assert any("Landlock" in name for name in jail.spent.fences) == (landlock_version() > 0)


def test_a_function_of_ours_is_called_over_the_same_pipes(jail):
    with jail.inmate() as one:
        one.ask({"run": [["c", "def f(ask, x):\n    return ask(x) + ask(x + 1)"]]})
        number = one.ask({"look": ["f"]})["found"]["f"][1][0]
        asked = []
        said = one.ask(
            {"call": number, "given": [["function", 7], 5]},
            {7: lambda given: asked.append(given) or {"value": 10 * given[0]}},
        )
    assert said == {"value": 110} and asked == [[5], [6]]


OTHERS = {
    "a file of others": "lambda: open({other!r}).read()",
    "its folder": "lambda: os.listdir({folder!r})",
    "the system's passwords": "lambda: open('/etc/shadow').read()",
    "the list of users": "lambda: open('/etc/passwd').read()",
    "the system": "lambda: os.listdir('/sys') and os.listdir('/opt')",
    "its own memory": "lambda: open('/proc/self/mem', 'rb').read(1)",
    "its parent's variables": "lambda: open(f'/proc/{{os.getppid()}}/environ').read()",
    "a new file": "lambda: open({other!r} + '2', 'w')",
    "the course's files": "lambda: open(np.__file__, 'a')",
    "the worked solutions": "lambda: open({sources!r}).read()",
    "a program": "lambda: __import__('subprocess').run(['true'])",
    "a process": "os.fork",
    "a socket": "lambda: __import__('socket').create_connection(('192.0.2.1', 80), timeout=2)",
    "a signal": "lambda: os.kill(os.getppid(), 0)",
    "all objects": "lambda: __import__('gc').get_objects()",
    "frames": "lambda: __import__('inspect').stack()",
    "a trace": "lambda: __import__('sys').settrace(print)",
    "the C library": "lambda: __import__('ctypes').CDLL(None)",
}


@pytest.fixture
def words(tmp_path):
    other = tmp_path / "ada" / "contrast.ipynb"
    other.parent.mkdir()
    other.write_text("secret")
    from atriacourse.school.handouts.source import SOURCES

    return {"other": str(other), "folder": str(other.parent), "sources": str(SOURCES / "padding.md")}


@pytest.mark.parametrize("fences", [FENCES, ()], ids=["every fence", "audit hook alone"])
def test_what_is_none_of_its_business_is_refused_and_told(jail, words, fences):
    lines = [f"found.append(tried({each.format(**words)}))" for each in OTHERS.values()]
    found, error = ran(replace(jail, fences=fences), "found = []", *lines)
    assert error == ""
    assert dict(zip(OTHERS, found, strict=True)) == dict.fromkeys(OTHERS, "PermissionError")
    tried = {(one.kind, one.what) for one in jail.spent.attempts}
    assert {("read", words["other"]), ("read", "/etc/shadow"), ("read", words["sources"])} <= tried
    assert {("connect", "192.0.2.1"), ("start", "true"), ("look", "gc.get_objects")} <= tried


BEYOND = """
import ctypes  # as whoever has got round the audit hook: the calls themselves
libc = {libc}
def call(name, *given):
    ctypes.set_errno(0)
    return "done" if getattr(libc, name)(*given) >= 0 else ctypes.get_errno()
found = [
    call("chmod", {path}, 0o777), call("chown", {path}, 1, 1), call("utimes", {path}, None),
    call("setxattr", {path}, b"user.x", b"1", 1, 0), call("socket", 1, 1, 0), call("socket", 2, 1, 0),
    call("fork"), call("execv", b"/bin/true", None), call("kill", os.getppid(), 0),
    call("ptrace", 16, os.getppid(), 0, 0), call("unshare", 0x10000000), call("open", b"/etc/shadow", 0),
    call("open", b"/proc/1/environ", 0), call("shmget", 0, 4096, 0o1600),
]
"""


@pytest.mark.skipif(not LINUX or landlock_version() == 0, reason="fences of Linux")
def test_without_the_audit_hook_the_system_s_fences_stand(tmp_path):
    """In a process that closes the two fences of the system alone, calls of the C library are refused."""
    path = tmp_path / "file"
    path.write_text("x")
    code = "\n".join(
        [
            "import os, ctypes, threading",
            "from atriacourse.school.fences.system import close_system, landlock",
            f"landlock(read=['/usr', '/lib'], write=[{str(tmp_path / 'box')!r}]), close_system()",
            BEYOND.format(libc="ctypes.CDLL(None, use_errno=True)", path=repr(os.fsencode(path))),
            "found.append(threading.Thread(target=int).start() or 'a thread')",
            "print(found)",
        ]
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == str([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 13, 13, 1, "a thread"]), done
    assert oct(path.stat().st_mode)[-3:] != "777"


def test_variables_and_folder_are_its_own(jail, monkeypatch):
    monkeypatch.setenv("SECRET", "open sesame")
    found, _ = ran(
        jail, "found = [os.environ.get('SECRET'), os.listdir('.'), os.environ['HOME'] == os.getcwd()]"
    )
    assert found == [None, [], True]


def test_processes_share_no_state_and_no_chance(jail):
    drawn = "found = [getattr(json, 'mark', None), random.random(), np.random.rand()]"
    first, second = (ran(jail, "import json, random", drawn, "json.mark = 1")[0] for _ in range(2))
    assert first[0] is second[0] is None
    assert not set(first[1:]) & set(second[1:])


def test_the_word_about_the_fences_is_heard_before_a_line_is_run(jail):
    """Whoever writes to the pipe gives answers, no more."""
    forged = "for place in range(3, 20): tried(lambda: os.write(place, line))"
    with jail.inmate() as one:
        line = json.dumps({"fences": ["none"]}) + "\n"
        said = one.ask({"run": [["c", f"{CELL}\nline = {line.encode()!r}\n{forged}"]]})
    assert "audit hook" in jail.spent.fences and "none" not in jail.spent.fences
    assert said == {"fences": ["none"]}  # taken for the answer that it stands in the place of


SHARED = """
import mmap, time
kept = [mmap.mmap(-1, 2**26) for _ in range(20)]
for each in kept:
    each.write(b"x" * 2**26)
time.sleep(60)
"""
FILES = """
import time
for number in range(20):
    open(str(number), "wb").write(bytes(2**20))
time.sleep(60)
"""
FLOOD = """
for place in range(3, 20):
    for _ in range(40):
        tried(lambda: os.write(place, b"x" * 2**20))
"""


@pytest.mark.parametrize(
    ("line", "why", "limits"),
    [
        (
            "while True: pass",
            "seconds of the processor, the limit of one test",
            {"cell_minutes": 0.02, "patience": 500},
        ),
        ("import time; time.sleep(600)", "by the clock", {"cell_minutes": 0.02, "patience": 1}),
        ("os._exit(0)", "its process ended", {}),
        (SHARED, "GB of memory; the limit is 1 GB", {"memory_gb": 1}),
        (FILES, "had written more than 2 MB", {}),
        (FLOOD, "its process ended|no answer", {}),
    ],
    ids=["loop", "sleep", "exit", "memory", "disk", "output"],
)
def test_past_a_limit_it_is_ended(jail, line, why, limits):
    with pytest.raises(EndedError, match=why):
        ran(replace(jail, limits=replace(LIMITS, **limits)), line)


def test_what_it_prints_goes_nowhere(jail):
    """250 MB of output once made 960 MB here."""
    before = psutil.Process().memory_info().rss
    found, _ = ran(jail, "for _ in range(250): print('x' * 2**20)", "found = 1")
    assert found == 1 and psutil.Process().memory_info().rss - before < 50 * 2**20


def test_a_hog_meets_a_memory_error(jail):
    if not LINUX:
        pytest.skip("this system does not heed RLIMIT_DATA")
    assert ran(jail, "x = bytearray(3 * 1024**3)")[1].startswith("MemoryError")


def test_the_limit_of_a_submission_is_that_of_all_its_processes(jail):
    jail.spent.cpu_seconds = 60 * LIMITS.minutes + 1
    with pytest.raises(EndedError, match="5 minutes of the processor was reached before"), jail.inmate():
        pass


def test_it_is_stopped_on_request(jail):
    stop = threading.Event()
    stop.set()
    with pytest.raises(EndedError, match="the grading was interrupted"):
        ran(replace(jail, stop=stop), "while True: pass")


def test_nothing_is_left_of_it(jail, tmp_path):
    with started(["atriacourse.school.fences.room"], tmp_path, jail.warm) as one:
        assert one.process.is_running()
    assert not one.process.is_running() or one.process.status() == psutil.STATUS_ZOMBIE


def test_only_plain_files_are_read(tmp_path):
    (tmp_path / "a").write_text("x")
    assert read_plain(tmp_path / "a") == b"x"
    assert read_plain(tmp_path / "a", most_mb=0) is None
    assert read_plain(tmp_path) is None
    assert read_plain(tmp_path / "absent") is None


GONE = "import threading\nthreading.Timer(0.1, lambda: os._exit(0)).start()"
# what it says before it sleeps is what is waited for, so the next order finds nobody who reads it
DEAF = """
for place in range(3, 20):
    tried(lambda: os.write(place, b'{"errors": {}}\\n'))
import time
time.sleep(600)
"""
DRIPS = """
import time
while True:
    for place in range(3, 20):
        tried(lambda: os.write(place, b'{"tried": ["read", "x"]}\\n'))
    time.sleep(0.02)
"""


@pytest.mark.parametrize(
    ("line", "order"),
    [(GONE, {"look": ["found"]}), (DEAF, {"call": 0, "given": [pack(np.zeros(10**5))]}), (DRIPS, {})],
    ids=["gone before it is asked", "it does not read", "it says something without end"],
)
def test_one_that_does_not_listen_keeps_nobody_waiting(jail, line, order):
    limits = replace(LIMITS, cell_minutes=0.02, patience=1)
    with (
        pytest.raises(EndedError, match=r"its process ended|by the clock"),
        replace(jail, limits=limits).inmate() as one,
    ):
        one.ask({"run": [["mine", CELL + line]]})
        time.sleep(0.5)
        one.ask(order)


def test_waiting_for_the_processor_is_not_sleeping(jail):
    """At load nineteen an honest test once was cut by the clock."""
    with jail.inmate() as one:
        process = one._process
        time.sleep(0.3)
        assert process.waits()
        process.send(b'{"run": [["mine", "while True: pass"]]}\n')
        time.sleep(0.5)
        assert not process.waits() or not LINUX

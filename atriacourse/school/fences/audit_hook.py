"""Python's own watchman: what a student's code tries to open, reach, start or look at is noted and refused.

Beside system.py, used by room.py. An audit hook (PEP 578) works on every system and knows what was tried,
which the system's own fences do not tell. It is no wall: code outside of Python passes it by, which is why
the fences come first where a system has them.
"""

import os
import sys
import threading
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

READS = frozenset({"os.listdir", "os.scandir"})
WRITES = frozenset(
    {"os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.chmod", "os.chown", "os.link", "os.symlink"}
    | {"os.truncate", "os.utime"}
)
STARTS = frozenset(
    {"subprocess.Popen", "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn"}
    | {"pty.spawn", "os.startfile"}
)
CALLS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo"})
LOOKS = frozenset(  # into what else is in the process
    {"gc.get_objects", "gc.get_referrers", "gc.get_referents", "sys._getframe", "sys._current_frames"}
    | {"sys._current_exceptions", "sys.settrace", "sys.setprofile", "object.__getattr__"}
)
PRIVATE = ("tb_frame", "__code__", "__closure__")  # of what object.__getattr__ tells
WATCHED = (
    READS | WRITES | STARTS | CALLS | LOOKS | {"open", "os.kill", "ctypes.dlopen", "socket.gethostbyname"}
)
ASKING = ("IPython", "ipykernel", "pexpect", "ptyprocess")  # packages that start what a cell asks them to


def watch(
    *,
    read: Iterable[str],
    write: Iterable[str],
    report: Callable[[str, str], None],
    libraries: Iterable[str] = (),
) -> None:
    """Note and refuse, from now on and for good, what is not allowed in this process.

    Args:
        read, write: the folders (real paths) below which files may be read, and written.
        libraries: folders of code that is nobody's answer, beside what is installed.
        report: given a kind ("read", "write", "start", "connect", "look") and what was tried. Libraries that
            try to start a program of their own (`git`, to name a commit) are refused and not reported.
    """
    real, frame_of, folder_of_standard_library = os.path.realpath, sys._getframe, os.path.dirname(os.__file__)
    may_write = tuple(write)
    may_read = (*read, *may_write)
    own_libraries = tuple(f"{folder}{os.sep}" for folder in (os.path.dirname(__file__), *libraries))
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    watched, own = WATCHED, os.getpid()
    searched = frozenset(map(real, filter(None, sys.path)))  # for packages; listed by whoever looks for one
    parents = frozenset(
        os.path.dirname(folder) for folder in may_read
    )  # listed by imports of what may be read
    busy: set[int] = set()
    thread_of = threading.get_ident
    looking_for_others = os.path.join(folder_of_standard_library, "inspect.py")

    def inside(path: str | bytes | os.PathLike[Any], folders: tuple[str, ...]) -> bool:
        where = real(os.fsdecode(path))
        return any(where == folder or where.startswith(folder + os.sep) for folder in folders)

    def packaged(name: str) -> bool:
        return "site-packages" in name or "dist-packages" in name

    def caller() -> str:
        """The file of the code that asked: a cell or a library, never the standard library."""
        frame: FrameType | None = frame_of(1)
        while frame is not None:
            name = frame.f_code.co_filename
            standard = name.startswith((folder_of_standard_library, "<frozen")) and not packaged(name)
            if not standard and name != __file__:
                return name
            frame = frame.f_back
        return ""

    def from_cell() -> bool:
        name = caller()
        library = packaged(name) or name.startswith(own_libraries)
        return not library or any(f"{os.sep}{package}{os.sep}" in name for package in ASKING)

    def looked_by_cell() -> bool:
        """Whether the code that looks is a cell's own line; libraries look for reasons of their own."""
        frame: FrameType | None = frame_of(1)
        while frame is not None and frame.f_code.co_filename in (__file__, looking_for_others):
            frame = frame.f_back
        name = "" if frame is None else frame.f_code.co_filename
        known = name.startswith((folder_of_standard_library, "<frozen", *own_libraries))
        return bool(name) and not known and not packaged(name)

    def from_imports() -> bool:
        frame: FrameType | None = frame_of(1)
        while frame is not None and frame.f_code.co_filename == __file__:
            frame = frame.f_back
        return frame is not None and frame.f_code.co_filename.startswith("<frozen importlib")

    def refuse(kind: str, what: object) -> None:
        report(kind, str(what))
        raise PermissionError(f"while grading, your code may not {kind}: {what}")

    def on_files(event: str, args: tuple[Any, ...]) -> None:
        path = args[0]
        if not isinstance(path, str | bytes | os.PathLike):
            return  # an open file, or the working folder
        change = event in WRITES or (event == "open" and isinstance(args[2], int) and args[2] & writing)
        folders = may_write if change else may_read
        for each in args[:2] if event in ("os.rename", "os.link") else args[:1]:
            if inside(each, folders):
                continue
            if event in READS and real(os.fsdecode(each)) in parents and from_imports():
                continue
            search = from_imports() or real(os.fsdecode(each)) in searched
            if event in READS and search:
                raise PermissionError(os.fsdecode(each))  # the import system
            refuse("write" if change else "read", os.fsdecode(each))

    def on_network(event: str, args: tuple[Any, ...]) -> None:
        address = args[0] if event.startswith("socket.get") else args[1]
        if isinstance(address, tuple):
            address = address[0]
        refuse("connect", os.fsdecode(address) if isinstance(address, bytes) else address)

    def hook(event: str, args: tuple[Any, ...]) -> None:
        thread = thread_of()
        if event not in watched or thread in busy:  # what looks at frames here is told of, too
            return
        busy.add(thread)
        try:
            judge(event, args)
        finally:
            busy.discard(thread)

    def judge(event: str, args: tuple[Any, ...]) -> None:
        if event == "open" or event in READS or event in WRITES:
            on_files(event, args)
        elif event in STARTS:
            what = args[1] if event == "subprocess.Popen" else args[0] if args else event
            words = what if isinstance(what, list | tuple) else [what]
            what = " ".join(os.fsdecode(word) if isinstance(word, bytes) else str(word) for word in words)
            if from_cell():
                refuse("start", what)
            raise PermissionError(f"while grading, no program is started: {what}")
        elif event == "os.kill":
            if args[0] != own:
                refuse("start", f"a signal to process {args[0]}")
        elif event == "ctypes.dlopen":
            if from_cell():
                refuse("start", f"the C library {args[0]}")
        elif event in LOOKS:
            if (event != "object.__getattr__" or args[1] in PRIVATE) and looked_by_cell():
                refuse("look", args[1] if event == "object.__getattr__" else event)
        else:
            on_network(event, args)

    sys.addaudithook(hook)

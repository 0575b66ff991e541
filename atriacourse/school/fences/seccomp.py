"""Forbid this process the calls of the system that a student's function has no use for.

Beside system.py, which closes files. Landlock knows nothing of rights, dates and attributes of files, of Unix
sockets, or of starting a process; a filter of calls does (seccomp, Linux 3.5 and later, no root needed).
Sources: seccomp(2), and the tables of calls of Linux 6.13 for the two processors.
"""

import ctypes
import os
import platform
import struct
import sys

MACHINES = ("x86_64", "aarch64")
# what the calls are for -> their numbers on x86_64, on aarch64
FORBIDDEN: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "programs and processes": ((57, 58, 59, 322, 135), (221, 281, 92)),
    "sockets": ((41, 53), (198, 199)),
    "rights and owners of files": (
        (90, 91, 268, 452, 92, 93, 94, 260, 133, 259),
        (52, 53, 452, 54, 55, 33),
    ),
    "dates of files": ((132, 235, 261, 280), (88,)),
    "attributes of files": (
        (188, 189, 190, 197, 198, 199, 463, 466),
        (5, 6, 7, 14, 15, 16, 463, 466),
    ),
    "other processes": (
        (101, 200, 310, 311, 312, 424, 434, 438, 440, 129, 297),
        (117, 130, 270, 271, 272, 424, 434, 438, 440, 138, 240),
    ),
    "shared memory and queues": ((29, 64, 68, 240), (194, 190, 186, 180)),
    "mounts and namespaces": ((155, 161, 165, 166, 272, 308, 428, 429), (41, 51, 40, 39, 97, 268, 428, 429)),
    "the kernel": (
        (248, 249, 250, 298, 303, 304, 321, 323, 425, 179),
        (217, 218, 219, 241, 264, 265, 280, 282, 425, 60),
    ),
}
CLONE, CLONE3, KILL = (56, 220), (435, 435), ((62, 234), (129, 131))
FILTER = (317, 277)  # seccomp(2) itself
ARCHITECTURE = (0xC000003E, 0xC00000B7)
OLD_CALLS = 0x40000000  # of x86_64 with 32-bit pointers
A_THREAD = 0x00010000  # clone(2): of this process, no new one

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _NOT_PERMITTED, _NOT_KNOWN = 0x7FFF0000, 0x00050001, 0x00050026
_CALL, _ARCHITECTURE, _FIRST = 0, 4, 16  # where these stand in what a filter sees


def seccomp_there() -> bool:
    """Whether this system can do so."""
    known = sys.platform.startswith("linux") and platform.machine() in MACHINES
    get_seccomp = 21  # prctl(2)
    return known and bool(ctypes.CDLL(None).prctl(get_seccomp, 0, 0, 0, 0) >= 0)


def close_system() -> bool:
    """Forbid the calls, in every thread and for good. Returns: whether the system allowed it."""
    if not seccomp_there():
        return False
    machine = MACHINES.index(platform.machine())
    steps = _filter(machine, os.getpid())
    libc = ctypes.CDLL(None, use_errno=True)
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_void_p))

    no_new_privileges, install, all_threads = 38, 1, 1
    libc.prctl(no_new_privileges, 1, 0, 0, 0)
    program = Program(len(steps), ctypes.cast(code, ctypes.c_void_p))
    return bool(libc.syscall(FILTER[machine], install, all_threads, ctypes.byref(program)) == 0)


def _filter(machine: int, own: int) -> list[tuple[int, int, int, int]]:
    """The steps of the filter: (what, jump if so, jump if not, number)."""
    refuse, unknown, allow = (
        (_RETURN, 0, 0, _NOT_PERMITTED),
        (_RETURN, 0, 0, _NOT_KNOWN),
        (_RETURN, 0, 0, _ALLOW),
    )
    steps = [(_LOAD, 0, 0, _ARCHITECTURE), (_EQUAL, 1, 0, ARCHITECTURE[machine]), refuse]
    steps += [(_LOAD, 0, 0, _CALL), (_AT_LEAST, 0, 1, OLD_CALLS), refuse]
    steps += [(_EQUAL, 0, 1, CLONE3[machine]), unknown]  # the C library then takes clone, which can be read
    steps += [
        (_EQUAL, 0, 4, CLONE[machine]),
        (_LOAD, 0, 0, _FIRST),
        (_ANY_BIT, 0, 1, A_THREAD),
        allow,
        refuse,
    ]
    for call in KILL[machine]:  # a signal to itself, as `abort` sends it
        steps += [(_EQUAL, 0, 4, call), (_LOAD, 0, 0, _FIRST), (_EQUAL, 0, 1, own), allow, refuse]
    for calls in FORBIDDEN.values():
        for call in calls[machine]:
            steps += [(_EQUAL, 0, 1, call), refuse]
    return [*steps, allow]

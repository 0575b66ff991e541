"""The Python that runs a submission's cells: it fences itself in, then becomes an ordinary Jupyter kernel.

    python -m atriacourse.school.fences.kernel SETTINGS.json -f CONNECTION.json

Started by papermill_run.py through a kernel specification of its own; the settings are jail.py's. What was
tried and refused goes, a JSON line each, to a file that was opened before the fences closed.
"""

import contextlib
import json
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from atriacourse.school.fences.audit_hook import watch
from atriacourse.school.fences.system import (
    Limits,
    landlock,
    limit_processes,
    limit_resources,
    own_network,
)

MOST_REPORTS = 50


def fence(settings: dict[str, Any], log: int) -> list[str]:
    """Close every fence that this system has; returns their names. `log` is an open file."""
    # imported first: what is imported later must lie below a folder that may be read
    libraries = [folder for name in settings["packages"] for folder in import_module(name).__path__]
    closed = list(settings["closed"])
    wanted = settings["fences"]
    if "network" in wanted and own_network():
        limit_processes()
        closed.append("network namespace")
    limit_resources(Limits(**settings["limits"]))
    if "landlock" in wanted:
        version = landlock(read=settings["read"], write=settings["write"])
        closed += [f"Landlock {version}"] if version else []
    told: set[tuple[str, str]] = set()

    def report(kind: str, what: str) -> None:
        if (kind, what) not in told and len(told) < MOST_REPORTS:
            told.add((kind, what))
            with contextlib.suppress(OSError):
                os.write(log, (json.dumps({"kind": kind, "what": what[:300]}) + "\n").encode())

    watch(read=settings["read"], write=settings["write"], libraries=libraries, report=report)
    return [*closed, "audit hook"]


def main() -> None:
    """Fence this process in and start the kernel."""
    settings = json.loads(Path(sys.argv.pop(1)).read_text(encoding="utf-8"))
    log = os.open(settings["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    from ipykernel.kernelapp import IPKernelApp  # it imports what may not be found any more later

    closed = fence(settings, log)
    os.write(log, (json.dumps({"kind": "fences", "what": closed}) + "\n").encode())
    sys.argv.append("--InteractiveShell.xmode=Plain")  # nobody reads the others, and they take half a second
    IPKernelApp.launch_instance()


if __name__ == "__main__":
    main()

"""Run one notebook with papermill: what jail.py starts as a process of its own.

    python -m atriacourse.school.fences.papermill_run JOB.json

This process is ours; the student's code runs in the kernel that it starts (kernel.py), behind the fences.
An error in a cell is kept in the notebook and the next cell is run. After every cell the notebook is written,
so that what ran before a time limit still counts.
"""

import contextlib
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any


def main() -> None:
    """Run the job that the command line names; without whoever started us, nothing goes on."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    run(sys.argv[1])


def run(job_file: str, *, forked: bool = False) -> None:
    """Run a job. With `forked` this process has everything imported, and so has the kernel: see warm.py."""
    job = json.loads(Path(job_file).read_text(encoding="utf-8"))
    # An interrupt meant for the cell that runs too long must not end what stands between us and the kernel.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _own_orphans()
    if forked and job["settings"]:
        _fork_kernel(job)  # before the notebook, which has the hidden tests in it, is read
    import papermill
    from nbclient.exceptions import DeadKernelError

    ending = ""
    try:
        papermill.execute_notebook(
            job["source"],
            job["target"],
            kernel_name=job["kernel"],
            language="python",
            cwd=job["cwd"],
            progress_bar=False,
            log_output=False,
            execution_timeout=job["cell_seconds"],
            start_timeout=job["start_seconds"],
            allow_errors=True,
            interrupt_on_timeout=True,
            raise_on_iopub_timeout=False,
            config=_config(job),
        )
    except papermill.PapermillExecutionError:
        pass  # papermill's remark, after the last cell, that some cell had an error
    except DeadKernelError:
        ending = "the kernel died"
    except Exception as error:  # noqa: BLE001 (any end of a student's notebook is told, none may stop a batch)
        ending = f"{type(error).__name__}: {error}"
    times = os.times()
    cpu = times.user + times.system + times.children_user + times.children_system
    said = json.dumps({"ending": ending, "cpu_seconds": cpu})
    Path(job["ending"]).write_text(said, encoding="utf-8")
    end_children()


def end_children() -> None:
    """Kill what a notebook started and left behind."""
    import psutil

    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            child.kill()


def _end_with_parent() -> None:
    """Our input is a pipe that ends with the process that grades, however that ends."""
    while os.read(0, 1):
        pass
    end_children()
    os._exit(1)


def _fork_kernel(job: dict[str, Any]) -> None:
    """Fork the kernel's process, which waits for its connection, and let papermill take it for a new one."""
    import jupyter_client.provisioning.local_provisioner as local
    import psutil

    from atriacourse.school.fences import kernel, warm

    class Kernel(psutil.Process):
        """What jupyter_client knows of the process that it believes to have started."""

        stdin = stdout = stderr = None

        def poll(self) -> int | None:
            try:
                return self.wait(timeout=0)
            except psutil.TimeoutExpired:
                return None

    waits, tells = os.pipe()

    def be_kernel() -> None:
        os.close(tells)
        with os.fdopen(waits, encoding="utf-8") as pipe:
            connection = pipe.read()
        if connection:
            os.chdir(job["cwd"])
            sys.argv = ["kernel", job["settings"], "-f", connection]
            kernel.main()

    child = Kernel(warm.fork(be_kernel))
    os.close(waits)

    def begin(cmd: list[str], *_: object, **__: object) -> Any:  # for all that jupyter_client knows, a Popen
        with os.fdopen(tells, "w", encoding="utf-8") as pipe:
            pipe.write(cmd[-1])
        return child

    local.launch_kernel = begin


def _config(job: dict[str, Any]) -> object:
    """Sockets in the file system, which need no network."""
    from traitlets.config import Config

    if job["sockets"] is None:
        return Config()
    return Config(KernelManager={"transport": "ipc", "ip": job["sockets"]})


def _own_orphans() -> None:
    """Processes that a notebook leaves behind become our children, so that they end with us (prctl(2))."""
    if sys.platform.startswith("linux"):
        import ctypes

        be_subreaper = 36
        ctypes.CDLL(None).prctl(be_subreaper, 1, 0, 0, 0)


if __name__ == "__main__":
    main()

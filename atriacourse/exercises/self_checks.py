"""Run a student's notebook from its first cell and note what each self-check says; no check is ours alone.

After check.py; `atriacourse check` calls it, on the student's own machine or when a push is tried
(.github/assignment). What the notebook writes goes into a folder that is gone afterwards: a journal beside it
is read, and stays as it is.
"""

import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from atriacourse.errors import InputError
from atriacourse.files import read_text

if TYPE_CHECKING:
    from nbformat import NotebookNode

VERDICTS = ("Right", "Not yet", "No answer yet")  # how the line of a `Checked` begins
LABEL = re.compile(r"\((ex-[\w-]+)\)")  # of an exercise, above a chapter's cell
CELL_TIMEOUT_S = 1800


@dataclass(frozen=True, kw_only=True)
class SelfCheck:
    """What one check said, or a cell that stopped."""

    place: str  # the exercise, the part of an assignment, or the cell
    passed: bool
    says: str


def self_checks(path: Path) -> list[SelfCheck]:
    """Run a notebook and return its checks, in order; a cell that stops is one that failed.

    Raises: InputError for a file that is no notebook, or without the programs that run one.
    """
    try:
        import nbformat
        from nbclient import NotebookClient
        from nbclient.exceptions import CellTimeoutError, DeadKernelError
    except ImportError as error:
        raise InputError(
            f"to run a notebook, {error.name} is needed: python -m pip install nbclient ipykernel"
        ) from error
    try:
        notebook = nbformat.reads(read_text(path, way_out="give a notebook"), as_version=4)
    except (nbformat.ValidationError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise InputError(f"{path} is no notebook") from error
    with tempfile.TemporaryDirectory(prefix="checks-", ignore_cleanup_errors=True) as folder:
        for beside in path.resolve().parent.iterdir():
            if beside.is_file():
                shutil.copy(beside, folder)
        client = NotebookClient(
            notebook,
            timeout=CELL_TIMEOUT_S,
            kernel_name="python3",
            allow_errors=True,
            extra_arguments=["--log-level=ERROR"],  # a remark of the kernel on its transport, no use here
            resources={"metadata": {"path": folder}},
        )
        try:
            client.execute()
        except (CellTimeoutError, DeadKernelError) as error:
            stopped = SelfCheck(place="the notebook", passed=False, says=str(error).strip().split("\n")[0])
            return [*_verdicts(notebook), stopped]
    return list(_verdicts(notebook))


def _verdicts(notebook: "NotebookNode") -> Iterator[SelfCheck]:
    label = None
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type != "code":
            named = LABEL.findall(cell.source)
            label = named[-1] if named else label
            continue
        place = cell.metadata.get("atriacourse", {}).get("cell") or label or f"cell {number}"
        for output in cell.get("outputs", []):
            text = output.get("data", {}).get("text/plain", "")
            if output.output_type == "error":
                yield SelfCheck(
                    place=f"{place}, cell {number}", passed=False, says=f"{output.ename}: {output.evalue}"
                )
            elif output.output_type == "execute_result" and text.startswith(VERDICTS):
                yield SelfCheck(place=place, passed=text.startswith(VERDICTS[0]), says=text)

"""The chapters of the book: which files they are, one execution of each, and where the outputs go.

A chapter is a text file `NN_name.md` that Jupyter Book reads as a notebook. papermill runs its cells
once; the outputs are then placed on the chapter's own cells in Jupyter Book's cache, so that the page
shows exactly what that run gave and the build itself executes nothing.

`make_book.py` uses this to build the book, `tests/book` to test it.
"""

import os
import re
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import jupyter_cache
import nbformat
import papermill
import yaml
from jupyter_cache.base import CacheBundleIn
from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook
from nbformat import NotebookNode

CELL_TIMEOUT_S = 1800  # a cell that takes longer than half an hour hangs
CACHE = Path("_build") / ".jupyter_cache"  # where Jupyter Book looks for it, below the folder of _config.yml


class BookError(RuntimeError):
    """The book cannot be built; the message names the file and what to change."""


@dataclass(frozen=True, kw_only=True)
class Executed:
    """What one run of a chapter took."""

    name: str
    seconds: float  # by the clock
    cpu_seconds: float  # of all cores together; the clock runs on while others use the machine
    peak_memory_mb: float | None  # of the largest child process so far; None where the system cannot tell


def chapter_paths(book: Path) -> list[Path]:
    """The notebooks among the pages of `_toc.yml`, in reading order.

    Raises: BookError when the table of contents names a page that does not exist.
    """
    toc = yaml.safe_load((book / "_toc.yml").read_text(encoding="utf-8"))
    pages = [book / f"{page}.md" for page in _pages_of(toc)]
    for page in pages:
        if not page.is_file():
            raise BookError(
                f"_toc.yml names {page.name}, which is not in {book}; add the page or drop the line"
            )
    return [page for page in pages if is_myst_markdown_notebook(page.read_text(encoding="utf-8"))]


def _pages_of(entry: dict) -> list[str]:
    """Every `root:` and `file:` below one entry of the table of contents, depth first."""
    own = [entry[key] for key in ("root", "file") if key in entry]
    below = [child for key in ("parts", "chapters", "sections") for child in entry.get(key, [])]
    return own + [page for child in below for page in _pages_of(child)]


def read_chapter(path: Path) -> NotebookNode:
    """The chapter as a notebook without outputs, its cells numbered, read as Jupyter Book reads it."""
    notebook = read_myst_markdown_notebook(path.read_text(encoding="utf-8"), path=path)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:03d}"
    return notebook


def parameter_names(notebook: NotebookNode) -> set[str]:
    """The names assigned in the cell tagged `parameters`."""
    tagged = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    return {
        name for cell in tagged for name in re.findall(r"^(\w+) *(?::[^=]+)?=", cell.source, re.MULTILINE)
    }


def execute(path: Path, *, parameters: dict[str, object]) -> tuple[NotebookNode, Executed]:
    """Run one chapter with papermill.

    Args: path: the chapter; its folder is the working folder. parameters: replace the defaults of the
        cell tagged `parameters`.
    Returns: the chapter's own cells with the outputs of the run on them, and what the run took.
    Raises: BookError when the chapter has no such parameter (papermill itself only warns) or when a cell
        fails; the message names the cell.
    """
    notebook = read_chapter(path)
    unknown = set(parameters) - parameter_names(notebook)
    if unknown:
        known = ", ".join(sorted(parameter_names(notebook))) or "none"
        raise BookError(f"{path.name} has no parameter {', '.join(sorted(unknown))}; it has: {known}")
    began, cpu_before = time.perf_counter(), _children_cpu_seconds()
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.ipynb", Path(folder) / "out.ipynb"
        nbformat.write(notebook, source)
        try:
            ran = papermill.execute_notebook(
                source,
                target,
                parameters=parameters,
                kernel_name="python3",
                language="python",
                cwd=path.parent,
                progress_bar=False,
                extra_arguments=["--log-level=ERROR"],  # a remark of the kernel on its transport, no use here
                execution_timeout=CELL_TIMEOUT_S,
            )
        except papermill.PapermillExecutionError as error:
            raise BookError(f"{path.name}, code cell {error.exec_count}: {error}") from error
    took = Executed(
        name=path.stem,
        seconds=time.perf_counter() - began,
        cpu_seconds=_children_cpu_seconds() - cpu_before,
        peak_memory_mb=_children_peak_memory_mb(),
    )
    _place_outputs(notebook, ran)
    return notebook, took


def _place_outputs(notebook: NotebookNode, ran: NotebookNode) -> None:
    """Copy the outputs of papermill's notebook onto our cells; its injected cell and metadata stay behind."""
    injected = "injected-parameters"
    sources = [c for c in ran.cells if c.cell_type == "code" and injected not in c.metadata.get("tags", [])]
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, (cell, source) in enumerate(zip(cells, sources, strict=True), start=1):
        cell.outputs = source.outputs
        cell.execution_count = number
    notebook.metadata["language_info"] = ran.metadata["language_info"]
    if "widgets" in ran.metadata:
        notebook.metadata["widgets"] = ran.metadata["widgets"]


def _children_cpu_seconds() -> float:
    """Processor time of the child processes that have ended (the chapters' kernels among them)."""
    times = os.times()
    return times.children_user + times.children_system


def _children_peak_memory_mb() -> float | None:
    """Peak resident memory of the largest child process that has ended, in MB."""
    try:
        import resource  # not on Windows
    except ImportError:
        return None
    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux kibibytes
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit / 1e6


def place_in_cache(notebook: NotebookNode, path: Path, *, root: Path, seconds: float) -> None:
    """Put an executed chapter where Jupyter Book finds it, in place of what an earlier run left there.

    The cache knows a chapter by its code alone, not by the library's code or the data, so an old
    entry is never trusted: it is overwritten.
    """
    cache = jupyter_cache.get_cache(root / CACHE)
    bundle = CacheBundleIn(notebook, str(path), data={"execution_seconds": seconds})
    cache.cache_notebook_bundle(bundle, overwrite=True)

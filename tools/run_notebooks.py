"""Run the plain notebooks as a reader would, in an empty folder, from whatever package is installed.

    python tools/run_notebooks.py                 all of them, at smoke, on phantoms
    python tools/run_notebooks.py 02_audit        these alone

Exit code 1 if one stops; the others are run all the same.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import papermill

BOOK = Path(__file__).resolve().parents[1] / "book"


def run_notebook(path: Path) -> str:
    """Run one; returns what stopped it, or an empty text."""
    with tempfile.TemporaryDirectory(prefix="notebook-") as folder:
        try:
            papermill.execute_notebook(
                path,
                Path(folder) / path.name,
                parameters={"profile": "smoke", "data": "phantom"},
                kernel_name="python3",
                cwd=folder,
                progress_bar=False,
                execution_timeout=1800,
            )
        except papermill.PapermillExecutionError as error:
            return str(error)
    return ""


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="of chapters; all without any")
    names = parser.parse_args(arguments).names or [path.stem for path in sorted(BOOK.glob("[0-9]*.ipynb"))]
    os.environ.pop("PYTHONPATH", None)  # the installed package, not a checkout
    stopped = 0
    for name in names:
        began = time.monotonic()
        said = run_notebook(BOOK / f"{name}.ipynb")
        stopped += bool(said)
        print(f"{name}: {'stopped' if said else 'done'} after {time.monotonic() - began:.0f} s", flush=True)
        if said:
            print(said, file=sys.stderr)
    return int(stopped > 0)


if __name__ == "__main__":
    raise SystemExit(main())

"""Write hashes.txt: every package of constraints.txt that the book needs, with the hashes of all its files.

    python tools/hashes.py          needs `uv` and the package index; run it when constraints.txt moves

Covered are Linux, macOS and Windows with Python 3.11 to 3.13, by the files that the public index has; torch
is the build of that index. Whoever wants the CPU-only one of pytorch.org, or the tests, finds none here.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HASHES = ROOT / "hashes.txt"
HEAD = """\
# constraints.txt for what the book needs, with hashes: Linux, macOS and Windows, Python 3.11 to 3.13
# (made by tools/hashes.py):  python -m pip install --require-hashes -r hashes.txt
#                             python -m pip install --no-deps -e .
"""
COMMAND = ("uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes")
SHORT = ("--no-header", "--no-annotate", "--no-config", "-c", "constraints.txt", "--extra", "book")


def main() -> int:
    """Make the file anew; returns the exit code."""
    if shutil.which("uv") is None:
        print("this needs uv: python -m pip install uv", file=sys.stderr)
        return 2
    done = subprocess.run(
        [*COMMAND, *SHORT, "pyproject.toml"], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode != 0:
        print(done.stderr.strip(), file=sys.stderr)
        return 2
    HASHES.write_text(HEAD + done.stdout, encoding="utf-8", newline="\n")
    packages = len(re.findall(r"(?m)^[a-z]", done.stdout))
    print(f"{HASHES.name}: {packages} packages, {done.stdout.count('--hash=')} files")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

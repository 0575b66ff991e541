"""Make what a release offers: packages, the book as one file, the students' archive, checksums, notes.

    python tools/release.py --out dist        after `make book` and, for the PDF, tools/pdf.py

It is for the version in atriacourse/__init__.py. The students' archive is what git tracks, without
`atriacourse/school` (book/instructors.md). NOTES.md is the changelog's section of the version.
"""

import argparse
import contextlib
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from setuptools import build_meta

import atriacourse

ROOT = Path(__file__).resolve().parents[1]
STUDENTS = (
    "README.md",
    "LICENSE",
    "pyproject.toml",
    "atriacourse",
    "data_fetch",
    ":(exclude)atriacourse/school",
)


def section(changelog: str, version: str) -> str:
    """What the changelog says of a version. Raises: ValueError if it has no such section."""
    pattern = rf"^## {re.escape(version)}\b.*?\n(.*?)(?=^## |\Z)"
    found = re.search(pattern, changelog, re.MULTILINE | re.DOTALL)
    if found is None:
        raise ValueError(f"CHANGELOG.md has no section {version}: date it before the tag is set")
    return found[1].strip() + "\n"


def archive(*words: str) -> None:
    """What git tracks, as one file."""
    subprocess.run(["git", "archive", *words], cwd=ROOT, check=True)


def make_release(out: Path, *, tag: str | None) -> list[Path]:
    """Write everything into a fresh folder; returns the files. Raises: ValueError for what is not ready."""
    version = atriacourse.__version__
    if tag not in (None, f"v{version}"):
        raise ValueError(f"the tag is {tag} and the package's version {version}; they must be one")
    pages = ROOT / "_build" / "html"
    if not (pages / "index.html").is_file():
        raise ValueError("there are no pages; run `make book` first")
    notes = section((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), version)
    out.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:  # of what is committed, and nothing is left in the checkout
        archive("--format=tar", f"--output={folder}/source.tar", "HEAD")
        shutil.unpack_archive(f"{folder}/source.tar", f"{folder}/source", filter="data")
        with contextlib.chdir(f"{folder}/source"):
            build_meta.build_sdist(str(out))
            build_meta.build_wheel(str(out))
    shutil.make_archive(str(out / f"atriacourse-{version}-book"), "zip", pages.parent, pages.name)
    printed = pages.parent / "book.pdf"  # by tools/pdf.py, if that was run since the build
    if printed.is_file() and printed.stat().st_mtime >= (pages / "index.html").stat().st_mtime:
        shutil.copyfile(printed, out / f"atriacourse-{version}-book.pdf")
    students = out / "atriacourse.zip"  # the name that the notebooks' first cell looks for
    archive("--format=zip", f"--output={students}", "HEAD", *STUDENTS)
    files = sorted(out.iterdir())
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (out / "SHA256SUMS").write_text("".join(sums), encoding="utf-8", newline="\n")
    (out / "NOTES.md").write_text(notes, encoding="utf-8", newline="\n")
    return [*files, out / "SHA256SUMS", out / "NOTES.md"]


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="a folder that is not there yet")
    parser.add_argument("--tag", help="must be that of the package's version")
    given = parser.parse_args(arguments)
    try:
        files = make_release(given.out.resolve(), tag=given.tag)
    except (ValueError, FileExistsError) as error:
        print(error, file=sys.stderr)
        return 2
    for path in files:
        print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

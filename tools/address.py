"""Tell the course its public address, everywhere it stands; then make the notebooks anew.

    python tools/address.py https://github.com/NAME/REPO
    python tools/address.py --none               as if it had none

`_config.yml` is where it is read from: by the pages' buttons (Colab, issues, edit) and by the first cell of
each notebook, which installs the course from it. CITATION.cff and the workflow of assignments name it too.
"""

import argparse
import re
import sys
from pathlib import Path

from siblings import write_siblings

from atriacourse.exercises import colab

ROOT = Path(__file__).resolve().parents[1]
ADDRESS = re.compile(r"https://[\w.-]+/[\w.-]+/[\w.-]+?(?:\.git)?/?")


def set_address(root: Path, address: str | None) -> list[Path]:
    """Write it; returns the files that changed. Raises: ValueError for what is no repository's address."""
    if address is not None:
        if ADDRESS.fullmatch(address) is None:
            raise ValueError(f"an address is like https://github.com/NAME/REPO, got {address!r}")
        address = address.rstrip("/").removesuffix(".git")
    config, citation = root / "_config.yml", root / "CITATION.cff"
    checks = root / ".github" / "assignment" / "self-checks.yml"
    texts = {path: path.read_text(encoding="utf-8") for path in (config, citation, checks)}
    new, found = re.subn(r'(?m)^(repository:\n  url: )".*"$', rf'\g<1>"{address or ""}"', texts[config])
    if found != 1:
        raise ValueError(f'{config} has no line `url: "..."` below `repository:`; write it again')
    cited = re.sub(r"(?m)^repository-code: .*\n", "", texts[citation])
    if address is not None:
        cited = re.sub(r"(?m)^(license: .*\n)", rf"\g<1>repository-code: {address}\n", cited)
    course = colab.course(address) if address else "./atriacourse.zip"
    checked = re.sub(r"(?m)^(  COURSE: )\S+", rf"\g<1>{course}", texts[checks])
    changed = []
    for path, text in ((config, new), (citation, cited), (checks, checked)):
        if text != texts[path]:
            path.write_text(text, encoding="utf-8", newline="\n")
            changed.append(path)
    return [*changed, *write_siblings(root / "book")]


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("address", nargs="?")
    parser.add_argument("--none", action="store_true", help="take it away")
    given = parser.parse_args(arguments)
    if (given.address is None) != given.none:
        parser.error("give an address, or --none")
    try:
        for path in set_address(ROOT, given.address):
            sys.stdout.write(f"wrote {path.name}\n")
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

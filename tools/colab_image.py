"""Keep the package versions of Colab's published image, for the weekly run against them.

    python tools/colab_image.py pip-freeze.txt --image 2026.01 --commit COMMIT

`pip-freeze.txt` and the commit are those of https://github.com/googlecolab/backend-info, whose README names
the commit of each image. Written is .github/colab.txt: of all that the image has, what this course imports.
"""

import argparse
import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / ".github" / "colab.txt"
ALSO = ("ipykernel", "ipython", "ipywidgets")  # what shows a notebook's cells there


def image_constraints(frozen: str) -> list[str]:
    """The lines `name==version` of an image for what the course needs, local parts (+cu126) left out."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {canonicalize_name(Requirement(line).name) for line in project["dependencies"]} | set(ALSO)
    lines = []
    for line in frozen.splitlines():
        match = re.fullmatch(r"([A-Za-z0-9._-]+)==([^+\s]+)(?:\+\S*)?", line.strip())
        if match and canonicalize_name(match[1]) in needed:
            lines.append(f"{canonicalize_name(match[1])}=={match[2]}")
    return sorted(lines)


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("frozen", type=Path)
    parser.add_argument("--image", required=True, help="its date, e.g. 2026.01")
    parser.add_argument("--commit", required=True, help="of googlecolab/backend-info")
    given = parser.parse_args(arguments)
    lines = image_constraints(given.frozen.read_text(encoding="utf-8"))
    if not any(line.startswith("torch==") for line in lines):
        print(f"{given.frozen} names no torch: it is not the list of an image", file=sys.stderr)
        return 2
    head = [
        f"# Colab's image {given.image}: what the course imports, at the versions of",
        f"# https://github.com/googlecolab/backend-info/blob/{given.commit}/pip-freeze.txt",
        "# (tools/colab_image.py renews it)",
    ]
    KEPT.write_text("\n".join([*head, *lines]) + "\n", encoding="utf-8", newline="\n")
    print(f"{KEPT.relative_to(ROOT)}: {len(lines)} packages")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Print a link for every chapter that opens its notebook on your JupyterHub, by nbgitpuller.

    python tools/hub_links.py https://hub.example.org
    python tools/hub_links.py https://hub.example.org --repository https://github.com/NAME/NOTEBOOKS

Whoever follows a link has the repository in their home folder, brought up to date; what they changed stays.
Without --repository it is the course's own (tools/address.py). book/instructors.md says what the hub needs.
"""

import argparse
import re
import sys
from pathlib import Path
from urllib.parse import quote, urlencode

from pages import chapter_paths

from atriacourse.exercises.colab import course_address

BOOK = Path(__file__).resolve().parents[1] / "book"


def hub_link(hub: str, repository: str, notebook: str, *, branch: str = "main") -> str:
    """The link. Args: notebook: its path in the repository."""
    folder = repository.rstrip("/").removesuffix(".git").rpartition("/")[2]
    words = {"repo": repository, "branch": branch, "urlpath": f"lab/tree/{folder}/{notebook}"}
    return f"{hub.rstrip('/')}/hub/user-redirect/git-pull?{urlencode(words, quote_via=quote)}"


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("hub", help="its address")
    parser.add_argument("--repository", help="that has the notebooks, in a folder `book`")
    parser.add_argument("--branch", default="main")
    given = parser.parse_args(arguments)
    repository = given.repository or course_address(BOOK.parent)
    if repository is None:
        print("the course has no address (tools/address.py), so name a --repository", file=sys.stderr)
        return 2
    if not re.match(r"https?://", given.hub):
        print(f"a hub's address begins with https://, got {given.hub!r}", file=sys.stderr)
        return 2
    for path in chapter_paths(BOOK):
        title = next(line[2:] for line in path.read_text(encoding="utf-8").splitlines() if line[:2] == "# ")
        print(
            f"- [{title}]({hub_link(given.hub, repository, f'book/{path.stem}.ipynb', branch=given.branch)})"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Write a file so that it appears complete or not at all.

Beside errors.py; every folder of the package may use it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_whole(path: Path | str, *, ending: str = "") -> Iterator[Path]:
    """A draft beside `path` that takes its place when the block ends; if it fails, the file before is kept.

    Args: ending: of the draft's name, for writers that tell the format by it.
    Yields: the draft's path; its folder is there. Raises: what the block raises, and OSError.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}{ending}")
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def write_whole(path: Path | str, text: str) -> None:
    """Write a text as UTF-8 with plain line ends, all or nothing.

    Half of a character, which somebody's file may hold, is written as its number (and JSON reads it again).
    """
    with written_whole(path) as draft:
        draft.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")

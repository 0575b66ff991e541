"""The set-up cell of the book's notebooks: the package's text (teaching/colab.py) with the book's address.

The address comes from `_config.yml`, `repository: url`, the one place where it stands.
"""

from pathlib import Path

import yaml

from atriacourse.teaching import colab


def setup_cell(book: Path) -> str:
    """The cell's source, for the book in this folder."""
    return colab.setup_cell(repository(book))


def repository(book: Path) -> str | None:
    """The course's public address, None while it has none."""
    config = yaml.safe_load((book.parent / "_config.yml").read_text(encoding="utf-8"))
    return config.get("repository", {}).get("url")

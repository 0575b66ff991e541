"""The set-up cell of the book's notebooks: the package's text (exercises/colab.py) with the book's address.

The address comes from `_config.yml`, `repository: url`, the one place where it stands.
"""

from pathlib import Path

from atriacourse.exercises import colab


def setup_cell(book: Path) -> str:
    """The cell's source, for the book in this folder."""
    return colab.setup_cell(colab.course_address(book.parent))

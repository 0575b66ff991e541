"""A small book to break on purpose, and the real book, built once for all tests that look at its pages."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from chapters import Executed
from make_book import build_book

ROOT = Path(__file__).parents[2]

INDEX = "# A small book\n\nA formula: $a^2$. The chapter: [here](00_small.md).\n"
FRONT = """\
---
file_format: mystnb
kernelspec:
  name: python3
  display_name: Python 3
---

# Small

"""
CELLS = """\
```{code-cell} ipython3
:tags: [parameters]

size = 3
```

```{code-cell} ipython3
import uuid

print("size", size, "run", uuid.uuid4())
```
"""


@dataclass(frozen=True, kw_only=True)
class BuiltBook:
    """The real book, built with its defaults."""

    html: Path
    executed: list[Executed]


def copy_settings(target: Path) -> Path:
    """The course's settings, without its pages, in a new folder; returns the folder for the pages."""
    shutil.copy(ROOT / "_config.yml", target)
    (target / "book" / "_assets").mkdir(parents=True)
    shutil.copy(ROOT / "book" / "_assets" / "course.css", target / "book" / "_assets")
    return target / "book"


@pytest.fixture
def small_book(tmp_path) -> Path:
    """A book of an index and one chapter, with the course's own settings."""
    book = copy_settings(tmp_path)
    (book / "_toc.yml").write_text("format: jb-book\nroot: index\nchapters:\n  - file: 00_small\n")
    (book / "index.md").write_text(INDEX)
    (book / "00_small.md").write_text(FRONT + CELLS)
    return book


@pytest.fixture(scope="session")
def built_book(tmp_path_factory) -> BuiltBook:
    """The course's book, run once and rendered; the chapters' tests and the pages' tests share it."""
    root = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "_config.yml", root)
    shutil.copytree(ROOT / "book", root / "book")
    page, executed = build_book(root / "book", parameters={})
    return BuiltBook(html=page.parent, executed=executed)

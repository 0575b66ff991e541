"""A small book to break on purpose, and the real book, built once for all tests that look at its pages."""

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
from filelock import FileLock
from make_book import build_book
from measured import Executed
from pages import BookError

ROOT = Path(__file__).parents[2]

INDEX = "# A small book\n\nA formula: $a^2$. The chapter: [here](00_small.md).\n"
FRONT = """\
---
file_format: mystnb
kernelspec:
  name: python3
  display_name: Python 3
myst:
  substitutions:
    minutes: 5
    memory_gb: 2
---

# Small

:::{admonition} Before you start
:class: note
At most {{ minutes }} minutes. The paper reports {claim}`paper/table1/gamma_augmentation/dice`.
:::

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
EXERCISE = """
:::{exercise} Twice
:label: ex-twice
Twice three?
:::

```{stub} ex-twice
```

```{solution-start} ex-twice
:class: dropdown
```
Six.

```{code-cell} ipython3
:tags: [solution]

from atriacourse.exercises.check import check_answer

twice = 2 * 3  # solution
check_answer(twice, 6)
```

That was all.

```{solution-end}
```

The end.
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
    assets = ROOT / "book" / "_assets"
    for path in (*assets.glob("co*.*"), assets / "icon.svg"):
        shutil.copy(path, target / "book" / "_assets")
    return target / "book"


@pytest.fixture
def small_book(tmp_path) -> Path:
    """A book of an index and one chapter, with the course's own settings."""
    book = copy_settings(tmp_path)
    (book / "_toc.yml").write_text("format: jb-book\nroot: index\nchapters:\n  - file: 00_small\n")
    (book / "index.md").write_text(INDEX)
    (book / "00_small.md").write_text(FRONT + CELLS)
    return book


@pytest.fixture
def small_book_with_an_exercise(small_book) -> Path:
    """The small book, its chapter with one exercise, and the two pages that the build fills."""
    chapter = small_book / "00_small.md"
    chapter.write_text(chapter.read_text() + EXERCISE)
    (small_book / "timings.md").write_text("# Timings\n\n```{timings}\n```\n")
    (small_book / "claims.md").write_text("# Claims\n\n```{claims-ledger}\n```\n")
    with (small_book / "_toc.yml").open("a") as toc:
        toc.write("  - file: timings\n  - file: claims\n")
    return small_book


@pytest.fixture(scope="session")
def built_book(tmp_path_factory) -> BuiltBook:
    """The course's book, run once and rendered; the chapters' tests and the pages' tests share it.

    Under pytest-xdist the workers share it too: the first one builds, the others wait for it.
    """
    own = tmp_path_factory.getbasetemp()
    root = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "course"
    with FileLock(f"{root}.lock"):
        result = root / "result.json"
        if not result.is_file():
            root.mkdir()
            result.write_text(json.dumps(build_into(root)), encoding="utf-8")
    built = json.loads(result.read_text(encoding="utf-8"))
    if "failed" in built:
        pytest.fail(built["failed"], pytrace=False)
    executed = [Executed(**took) for took in built["executed"]]
    return BuiltBook(html=root / "_build" / "html", executed=executed)


def build_into(root: Path) -> dict:
    """Build the book below a folder, as `make book` does; returns what the chapters took, or what failed."""
    shutil.copy(ROOT / "_config.yml", root)
    shutil.copytree(ROOT / "book", root / "book")
    try:
        _, executed = build_book(root / "book", parameters={}, jobs=2)
    except BookError as error:
        return {"failed": str(error)}
    return {"executed": [asdict(took) for took in executed]}

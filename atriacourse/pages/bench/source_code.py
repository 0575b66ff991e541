"""Show the library's own code on a page, read from the source file, so that it cannot drift from it."""

import inspect
from collections.abc import Callable
from pathlib import Path

import atriacourse


def source_markdown(thing: type | Callable[..., object]) -> str:
    """The source of a function or class of the course as a Markdown code block, with its file above.

    In a notebook: `IPython.display.Markdown(source_markdown(thing))`.
    """
    text = inspect.getsource(thing)
    path = Path(inspect.getfile(thing)).relative_to(Path(atriacourse.__file__).parents[1])
    return f"From `{path.as_posix()}`:\n\n```python\n{text.rstrip()}\n```"

"""Directives in a text of the course: a fence of colons or backticks, a name in braces, options, a body.

    :::{exercise} Dice by hand
    :label: ex-dice
    What is the Dice coefficient of ...
    :::

Read by the book's tools (tools/exercises.py, tools/siblings.py) and by school/handouts/source.py.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from atriacourse.errors import InputError

OPEN = re.compile(r"^(?P<fence>:{3,}|`{3,})\{(?P<name>[\w-]+)\} *(?P<title>.*)$")
OPTION = re.compile(r"^:(?P<key>[\w-]+): *(?P<value>.*)$")


@dataclass(frozen=True, kw_only=True)
class Directive:
    """One directive of a text, e.g. `:::{exercise} Title` with its options and its text."""

    name: str
    title: str
    options: dict[str, str] = field(default_factory=dict)
    body: tuple[str, ...] = ()  # its lines, without those of the options


def pieces(text: str, place: str) -> Iterator[str | Directive]:
    """The lines of a text cell, with each directive in one piece.

    Raises: InputError, naming the place, for a directive that is never closed.
    """
    lines = iter(text.split("\n"))
    for line in lines:
        opened = OPEN.match(line)
        if not opened:
            yield line
            continue
        body = []
        for inner in lines:
            if inner.rstrip() == opened["fence"]:
                break
            body.append(inner)
        else:
            raise InputError(f"{place}: the directive {line!r} is never closed")
        options = {}
        while body and (option := OPTION.match(body[0])):
            options[option["key"]] = option["value"]
            body = body[1:]
        yield Directive(name=opened["name"], title=opened["title"].strip(), options=options, body=tuple(body))

"""From the name of a claim to the text that the page shows, and to what backs it.

A number in the book's prose is written as a path, never as digits:

    paper/table1/gamma_augmentation/dice       what others published (published.py)
    facts/<file>/<dotted.path>                 measured on the data (studies/facts/<file>.json)
    atlas/<study>/<variant>/<metric>           mean over cases and seeds with its interval (the atlas)
    atlas/<study>/<a>-vs-<b>/<metric>          the verdict of a comparison, as a sentence
    atlas/<study>/<a>-vs-<b>/<metric>/change   the same in brief, for the middle of a sentence
    atlas/<study>@<scale>/...                  the same at another scale than "atlas"

After published.py and ledger.py; notebooks are written by `with_claims`, pages by `look_up`.
"""

import difflib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atriacourse.errors import InputError
from atriacourse.studies.published import published_paths

FACTS = Path(__file__).parent / "facts"
CLAIM_KINDS = ("paper", "facts", "atlas")
CLAIM = re.compile(r"\{claim\}`([^`]+)`")


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What a path stands for."""

    path: str
    text: str  # what the page shows
    source: str  # where it comes from, in words
    records: tuple[str, ...] = ()  # the keys of the atlas's records, or the file, that back it


def resolve_claim(path: str) -> str:
    """The text that stands for a claim. Raises: InputError for an unknown path, naming near ones."""
    return look_up(path).text


def with_claims(text: str) -> str:
    """A text with what its {claim} roles stand for in their places. Raises: as `resolve_claim`."""
    return CLAIM.sub(lambda found: resolve_claim(found[1]), text)


def look_up(path: str, *, facts: Path = FACTS) -> Claim:
    """A claim with what backs it.

    Args: facts: folder of measured facts, one JSON file {"title", "provenance", "values"} each.
    Raises: InputError for an unknown path, naming near ones.
    """
    kind, _, rest = path.strip().partition("/")
    if kind == "paper":
        return _paper(path, rest)
    if kind == "facts":
        return _fact(path, rest, facts)
    if kind == "atlas":
        return _atlas(path, rest)
    raise InputError(f"claim {path!r} must begin with {', '.join(CLAIM_KINDS)} and a slash")


def _paper(path: str, rest: str) -> Claim:
    numbers = published_paths()
    if rest not in numbers:
        raise _unknown(path, rest, list(numbers))
    return Claim(path=path, text=numbers[rest].value, source=numbers[rest].source)


def _fact(path: str, rest: str, facts: Path) -> Claim:
    name, _, dotted = rest.partition("/")
    file = facts / f"{name}.json"
    if not file.is_file():
        raise _unknown(path, name, sorted(found.stem for found in facts.glob("*.json")))
    content = json.loads(file.read_text(encoding="utf-8"))
    values = flatten(content["values"])
    if dotted not in values:
        raise _unknown(path, dotted, list(values))
    origin = content.get("provenance", {})
    when = ", ".join(str(origin[key]) for key in ("data", "commit", "date") if origin.get(key))
    source = f"{content['title']} ({when})" if when else content["title"]
    return Claim(path=path, text=said(values[dotted]), source=source, records=(file.name,))


def _atlas(path: str, rest: str) -> Claim:
    from atriacourse.studies.ledger import atlas_claim  # imported late: it reads the records

    text, source, records = atlas_claim(rest)
    return Claim(path=path, text=text, source=source, records=records)


def flatten(values: Any, prefix: str = "") -> dict[str, Any]:
    """Nested dictionaries and lists as dotted names: {"a": {"b": [1]}} -> {"a.b.0": 1}."""
    items = (
        values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    )
    flat: dict[str, Any] = {}
    for name, value in items:
        if isinstance(value, dict | list):
            flat |= flatten(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def said(value: Any) -> str:
    """A recorded value as prose shows it: words as they are, numbers with at most six digits."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    return f"{value:.6g}"


def _unknown(path: str, part: str, known: Sequence[str]) -> InputError:
    near = difflib.get_close_matches(part, known, n=4, cutoff=0.3) or list(known[:4])
    return InputError(f"no record backs the claim {path!r}; near it: {', '.join(near) or 'nothing at all'}")

"""What makes a network the one it is: every setting that shapes it, its data, split and seed, as one key.

Before cells.py; formats.py brings older records to this. A key follows from the settings themselves and never
from today's defaults: whoever changes a default plans networks of other keys, and finds no record of the
networks before.

A setting that is new joins ADDED with the value at which everything is as it was before. At that value it is
left out of the key, so that older records keep theirs; and it is what an older record is read with.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from atriacourse.errors import InputError

if TYPE_CHECKING:
    from atriacourse.runs.config import RunConfig

PARTS = ("settings", "data", "split", "subsets", "member", "seed")  # of a network's identity
AFTERWARDS = {  # settings, or groups of them, that are no part of it, and why
    "profile": "it is but the name of the settings that one started from",
    "prediction.batch_size": "each slice is predicted by itself, however many at a time",
    "training.save_seconds": "a training that is gone on with ends as if it had never been stopped",
}
REFUSED = {  # what a study's settings may not change, and why; groups too
    "profile": "it is the scale's name; choose another scale",
    "minutes": "a network must come out the same on any day; give epochs",
    "postprocessing": "the mask that is scored is the variant's `reading`: raw, clean or closing:<radius>",
}


class Added(NamedTuple):
    """A setting that came later."""

    format: int  # of the records that say it; those of earlier formats do not
    before: Any  # the value, as JSON has it, at which everything is as it was before


ADDED: dict[str, Added] = {
    "prepare.clahe_regions": Added(2, 8),
    "prepare.clahe_clip_limit": Added(2, 0.01),
    "prepare.auto_gamma_bounds": Added(2, None),
    "network.fold": Added(3, 1),
    "training.average": Added(3, 0.0),
    "prediction.smooth_z": Added(3, 0.0),
}


@cache  # by value: a default that changes gives another config
def shaping_settings(config: "RunConfig") -> Mapping[str, Any]:
    """Dotted name -> plain value of every setting that shapes the network or its prediction.

    Post-processing counts where several validations choose the checkpoint by a cleaned mask.
    """
    from atriacourse.runs.config import dotted, to_json  # imported late: it brings torch

    apart = (*AFTERWARDS, *(("postprocessing",) if config.training.validations == 1 else ()))
    return {name: value for name, value in dotted(to_json(config)).items() if not _among(name, apart)}


def known_settings() -> Mapping[str, Any]:
    """Those of the defaults: whatever can shape a network today, by name."""
    from atriacourse.runs.config import RunConfig

    return shaping_settings(RunConfig())


def key_of(identity: Mapping[str, Any]) -> str:
    """The key of a network. Args: identity: its PARTS."""
    settings = {
        name: value
        for name, value in identity["settings"].items()
        if name not in ADDED or value != ADDED[name].before
    }
    return hash_of({name: identity[name] for name in PARTS} | {"settings": settings})


def bag_key(members: Sequence[str], combine: str | None) -> str:
    """The key of a bag. Args: members: their keys."""
    return hash_of({"members": list(members), "combine": combine})


def hash_of(content: Any) -> str:
    """Sixteen hex digits of plain data, whatever the order of its keys; 1 and 1.0 are one number."""
    return hashlib.sha256(json.dumps(_plain(content), sort_keys=True).encode()).hexdigest()[:16]


def refuse(assignments: Sequence[str]) -> None:
    """Raise InputError, with the reason, if a study is to change a setting that has no say in it."""
    for text in assignments:
        name = text.partition("=")[0].strip()
        for part, why in REFUSED.items():
            if _among(name, (part,)):
                raise InputError(f"{name} cannot be set for a study: {why}")


def _among(name: str, parts: Sequence[str]) -> bool:
    return any(name == part or name.startswith(f"{part}.") for part in parts)


def _plain(content: Any) -> Any:
    if isinstance(content, float):
        return int(content) if content.is_integer() else content
    if isinstance(content, dict):
        return {name: _plain(value) for name, value in content.items()}
    return [_plain(value) for value in content] if isinstance(content, list) else content

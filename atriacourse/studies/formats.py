"""Records of older formats: read as if they had been written today, and renamed where a study goes on.

After identity.py, before records.py. What a record holds has a number, its `format`. Each step takes the JSON
of one format to the next and is never changed again. A new setting needs no step but a line in ADDED
(identity.py) under a new FORMAT; a new metric needs nothing, records without it say "not recorded".

    1   settings are those that differed from the defaults of the time (DEFAULTS_1), and the key is theirs
    2   settings are all that shape the network
    3   as 2, with network.fold, training.average and prediction.smooth_z
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from atriacourse.errors import InputError
from atriacourse.studies.identity import ADDED, PARTS, bag_key, key_of

FORMAT = 3
Content = dict[str, Any]  # of a record's file


def current(content: Content) -> Content:
    """What a record of any known format says, in today's.

    Args: content: of its file, unchecked; whatever is missing stays missing.
    Raises: InputError for a format that is not known, or a setting of which neither the record nor ADDED says
        what it was.
    """
    wrote = content.get("format", 1)
    if not isinstance(wrote, int) or isinstance(wrote, bool) or wrote < 1:
        raise InputError(f"format must be a whole number from 1, got {wrote!r}")
    if wrote > FORMAT:
        raise InputError(
            f"it is of format {wrote}, and this version reads formats up to {FORMAT}; "
            f"upgrade with pip install --upgrade atriacourse"
        )
    for number in range(wrote, FORMAT):
        content = STEPS.get(number, dict)(content)
    settings = content.get("settings")
    if isinstance(settings, dict):
        later = {name: one.before for name, one in ADDED.items() if one.format > wrote}
        content = content | {"settings": later | settings}
    return content | {"format": FORMAT}


def full_settings(content: Content) -> Content:
    """1 -> 2: say every setting; a network's key follows from them, a bag's from its members'."""
    changed = content.get("settings")
    if not isinstance(changed, dict):
        return content
    settings = DEFAULTS_1 | changed
    if settings["training.validations"] != 1:
        settings = POSTPROCESSING_1 | settings
    before = {name: content.get(name) for name in PARTS}
    after = before | {"settings": settings}
    content = content | {"settings": settings}
    made = content.get("made")
    if isinstance(made, dict) and "weights_of" in made:
        plain = {name: value for name, value in changed.items() if not name.startswith("prediction.")}
        if hash_1(before | {"settings": plain}) == made["weights_of"]:  # else of one that nobody can tell
            donor = {n: DEFAULTS_1[n] if n.startswith("prediction.") else v for n, v in settings.items()}
            content["made"] = made | {"weights_of": key_of(after | {"settings": donor})}
    members = content.get("members") or []
    if content.get("kind") == "bag" and isinstance(members, list):
        numbers = range(len(members))
        combine = content.get("combine")
        if members == [hash_1(before | {"member": number}) for number in numbers] and content.get(
            "key"
        ) == hash_1({"members": members, "combine": combine}):
            content["members"] = [key_of(after | {"member": number}) for number in numbers]
            content["key"] = bag_key(content["members"], combine)
    elif content.get("key") == hash_1(before):
        content["key"] = key_of(after)
    return content  # one whose key is not its own keeps it, and is refused for that


STEPS: dict[int, Callable[[Content], Content]] = {
    1: full_settings
}  # a format without one only added settings


def key_1(identity: Mapping[str, Any]) -> str:
    """The key that a network had in format 1. Args: identity: its PARTS, of today."""
    settings = {
        name: value
        for name, value in identity["settings"].items()
        if name != "minutes" and not name.startswith("postprocessing.") and value != _value_1(name)
    }
    return hash_1({name: identity[name] for name in PARTS} | {"settings": settings})


def bag_key_1(members: list[str], combine: str) -> str:
    """The key that a bag had in format 1. Args: members: their keys of format 1."""
    return hash_1({"members": members, "combine": combine})


def hash_1(content: Any) -> str:
    """As keys of format 1 were made: 1 and 1.0 are two."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _value_1(name: str) -> Any:
    return ADDED[name].before if name in ADDED else DEFAULTS_1.get(name)


DEFAULTS_1: dict[str, Any] = {
    "epochs": 2000,
    "minutes": None,
    "validation": 0.1,
    "prepare.contrast": "none",
    "prepare.downsample": 1,
    "prepare.offsets": [0],
    "augmentation.geometry.flip_up_down": 0.5,
    "augmentation.geometry.flip_left_right": 0.5,
    "augmentation.geometry.rotation_degrees": 10.0,
    "augmentation.geometry.shift": 0.1,
    "augmentation.geometry.zoom_low": 0.7,
    "augmentation.geometry.zoom_high": 1.3,
    "augmentation.geometry.independent_zoom": True,
    "augmentation.geometry.padding": "mirror",
    "augmentation.gamma.probability": 0.5,
    "augmentation.gamma.low": 0.8,
    "augmentation.gamma.high": 2.0,
    "augmentation.intensity.bias": 0.0,
    "augmentation.intensity.noise": 0.0,
    "augmentation.tone.probability": 0.0,
    "augmentation.tone.knots": 6,
    "augmentation.statistics": "inside",
    "network.inputs": 1,
    "network.encoder": [64, 128, 256, 512, 512, 512],
    "network.decoder": [512, 256, 128, 64, 64],
    "network.upsampling": "bilinear_corners",
    "network.label_head": True,
    "network.label_stage": 4,
    "network.grids": [8, 4, 1],
    "network.hidden": 512,
    "network.dropout": 0.5,
    "training.optimiser": "sgd",
    "training.learning_rate": 0.001,
    "training.momentum": 0.99,
    "training.weight_decay": 0.0005,
    "training.gradient_clip": 0.0,
    "training.schedule.kind": "step",
    "training.schedule.factor": 0.5,
    "training.schedule.every": 50,
    "training.schedule.warmup": 0.03,
    "training.curriculum.sizes": [256, 384, 480, 512, 576, 640],
    "training.curriculum.batch_sizes": [8, 8, 4, 4, 4, 2],
    "training.curriculum.order": "growing",
    "training.curriculum.passes": 6,
    "training.curriculum.slices_per_case": 1,
    "training.loss.mask": "cross_entropy",
    "training.loss.label": "sigmoid_bce",
    "training.loss.label_weight": 1.0,
    "training.precision": "auto",
    "training.channels_last": True,
    "training.validations": 20,
    "prediction.mirrored_too": False,
    "prediction.zooms": [1.0],
    "prediction.pad_first": False,
    "prediction.precision": "auto",
}
POSTPROCESSING_1: dict[str, Any] = {
    "postprocessing.closing_radius": 2,
    "postprocessing.ball": "itk",
    "postprocessing.largest_component": True,
    "postprocessing.connectivity": 6,
}

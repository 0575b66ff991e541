"""Bagging at prediction: the mean of the members' probabilities.

After inference/predict.py, before inference/postprocess.py. Members are loaded one at a time, so that five
networks of the paper's size need the memory of one. Source: section 3.4, last paragraph.
"""

from collections.abc import Callable, Sequence

import numpy as np
from torch import nn

from atriacourse.augment.prepare import PrepareConfig
from atriacourse.errors import InputError
from atriacourse.inference.predict import PredictConfig, Prediction, predict_volume


def predict_ensemble(
    members: Sequence[Callable[[], nn.Module]],
    grey: np.ndarray,
    *,
    prepare: PrepareConfig,
    config: PredictConfig | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Prediction:
    """Mean probabilities of all members; an ensemble of one is its member.

    Args:
        members: functions that load and return a network; each is called once and its network let go.
        grey: 8-bit grey levels, uint8 (z, y, x).
        prepare, config: as in `predict_volume`.
        progress: told (slices done, slices in all) over all members.
    Raises: InputError for an ensemble without members, and as `predict_volume`.
    """
    if not members:
        raise InputError("an ensemble needs at least one member")
    total = len(members) * len(grey)
    atrium, labels = None, []
    for number, load in enumerate(members):
        done_before = number * len(grey)
        one = predict_volume(
            load(),
            grey,
            prepare=prepare,
            config=config,
            progress=lambda done, _, before=done_before: progress(before + done, total),
        )
        atrium = one.atrium if atrium is None else atrium + one.atrium
        labels.append(one.post_ablation)
    known = [label for label in labels if label is not None]
    return Prediction(atrium / np.float32(len(members)), float(np.mean(known)) if known else None)

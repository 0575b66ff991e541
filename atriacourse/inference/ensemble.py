"""Bagging at prediction: the mean of the members' probabilities.

After inference/predict.py, before inference/postprocess.py. Members are loaded one at a time, so that five
networks of the paper's size need the memory of one. Source: section 3.4, last paragraph.
"""

from collections.abc import Callable, Sequence

import numpy as np

from atriacourse.augment.prepare import PrepareConfig
from atriacourse.errors import InputError
from atriacourse.inference.predict import PredictConfig, Prediction, predict_volume
from atriacourse.network.unet import MultiTaskUNet


def predict_ensemble(
    members: Sequence[Callable[[], MultiTaskUNet]],
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
    atrium, labels = np.zeros((), np.float32), []
    for number, load in enumerate(members):

        def told(done: int, total: int, before: int = number) -> None:
            progress(before * total + done, len(members) * total)

        one = predict_volume(load(), grey, prepare=prepare, config=config, progress=told)
        atrium = atrium + one.atrium
        if one.post_ablation is not None:
            labels.append(one.post_ablation)
    return Prediction(atrium / np.float32(len(members)), float(np.mean(labels)) if labels else None)

"""Slices of one scan exactly as a trained network is shown them, for chapters that look inside it.

Beside chapters/network_receptive.py. The steps are those of inference/predict.py, in the
order in which the run predicts.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from atriacourse.augment.mirror import Padding
from atriacourse.augment.prepare import prepare_grey
from atriacourse.data.volume import Volume, grey_levels
from atriacourse.inference import predict
from atriacourse.runs.config import RunConfig


def network_input(image: Volume, slices: Sequence[int], config: RunConfig) -> tuple[Tensor, Padding]:
    """What the network sees of some slices of a scan, at their own size.

    Args: image: (z, y, x); slices: their numbers; config: of the run that trained the network.
    Returns: (len(slices), C, H, W) float32, H and W multiples of what its poolings need, and the padding
        whose `undo` cuts an output back to the (coarse) slice.
    """
    return predict.network_input(
        torch.from_numpy(prepare_grey(grey_levels(image), config.prepare)),
        slices,
        offsets=config.prepare.offsets,
        multiple=config.network.multiple,
        pad_first=config.prediction.pad_first,
    )

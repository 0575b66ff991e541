"""Slices of one scan exactly as a trained network is shown them, for chapters that look inside it.

Beside chapters/network_receptive.py. The steps are those of inference/predict.py: prepare, z-score,
mirror-pad.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from atriacourse.augment.mirror import Padding, pad_to_multiple
from atriacourse.augment.normalise import z_score
from atriacourse.augment.prepare import prepare_grey
from atriacourse.data.bank import neighbours
from atriacourse.data.volume import Volume, grey_levels
from atriacourse.runs.config import RunConfig


def network_input(image: Volume, slices: Sequence[int], config: RunConfig) -> tuple[Tensor, Padding]:
    """What the network sees of some slices of a scan.

    Args: image: (z, y, x); slices: their numbers; config: of the run that trained the network.
    Returns: (len(slices), C, H, W) float32, H and W multiples of what its poolings need, and the padding
        whose `undo` cuts an output back to the (coarse) slice.
    """
    grey = torch.from_numpy(prepare_grey(grey_levels(image), config.prepare))
    shown = [neighbours(z, config.prepare.offsets, len(grey)) for z in slices]
    batch = grey[torch.tensor(shown)].float() / 255
    variance, mean = torch.var_mean(batch, dim=(-2, -1), correction=0, keepdim=True)
    return pad_to_multiple(z_score(batch, mean, variance), config.network.multiple)

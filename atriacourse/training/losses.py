"""The loss of the paper, L = L_S + lambda * L_C: pixels against the mask, slices against pre/post.

After network/unet.py, before training/loop.py. Source: section 2.1; DIFFERENCES row "Label loss": "sigmoid
cross-entropy" can be read three ways, all of them here. Losses are computed in float32.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from atriacourse.bounds import check_settings
from atriacourse.data.bank import UNKNOWN_LABEL
from atriacourse.errors import InputError
from atriacourse.network.unet import MultiTaskOutput

MASK_LOSSES = ("cross_entropy", "cross_entropy_dice")
LABEL_LOSSES = ("sigmoid_bce", "softmax", "softmax_of_sigmoid")


@dataclass(frozen=True, kw_only=True)
class LossConfig:
    """Which losses, and how much the label counts."""

    mask: str = "cross_entropy"  # section 2.1
    label: str = "sigmoid_bce"  # section 2.1 "sigmoid cross-entropy"; authors' code: softmax_of_sigmoid
    label_weight: float = 1.0  # lambda, section 2.1

    def __post_init__(self) -> None:
        """Refuse unknown words and a negative weight."""
        if self.mask not in MASK_LOSSES:
            raise InputError(f"mask loss must be one of {', '.join(MASK_LOSSES)}, got {self.mask!r}")
        if self.label not in LABEL_LOSSES:
            raise InputError(f"label loss must be one of {', '.join(LABEL_LOSSES)}, got {self.label!r}")
        check_settings(self, "loss")


class Loss(NamedTuple):
    """The total and its parts; scalars."""

    total: Tensor
    mask: Tensor
    label: Tensor  # zero for a single-task network


def mask_loss(logits: Tensor, masks: Tensor, *, kind: str = "cross_entropy") -> Tensor:
    """Mean pixel cross-entropy, plus one minus the batch's soft Dice for "cross_entropy_dice".

    Args: logits: (N, 2, H, W); masks: (N, H, W) int64. Source: section 2.1; soft Dice: Milletari 2016.
    """
    logits = logits.float()
    loss = functional.cross_entropy(logits, masks)
    if kind == "cross_entropy_dice":
        atrium = torch.softmax(logits, dim=1)[:, 1]
        overlap = (atrium * masks).sum()
        loss = loss + 1 - (2 * overlap + 1) / (atrium.sum() + masks.sum() + 1)
    return loss


def label_loss(logits: Tensor, labels: Tensor, *, kind: str = "sigmoid_bce") -> Tensor:
    """The three readings of "sigmoid cross-entropy" for two logits and one label a slice.

    "sigmoid_bce": each logit its own yes/no question; "softmax": the usual two-class cross-entropy;
    "softmax_of_sigmoid" (authors' code): softmax cross-entropy of the sigmoids, which lie in 0..1, so
    that it cannot fall below log(1 + exp(-1)) = 0.3133.

    Args: logits: (N, 2); labels: (N,) int64 with 0, 1, or -1 for unknown, which is left out.
    Returns: a scalar; zero if no label is known.
    """
    known = labels != UNKNOWN_LABEL
    logits, labels = logits.float()[known], labels[known]
    if len(labels) == 0:
        return logits.sum()  # zero, and still part of the graph
    if kind == "sigmoid_bce":
        return functional.binary_cross_entropy_with_logits(logits, functional.one_hot(labels, 2).float())
    if kind == "softmax_of_sigmoid":
        logits = torch.sigmoid(logits)
    return functional.cross_entropy(logits, labels)


def total_loss(output: MultiTaskOutput, masks: Tensor, labels: Tensor, config: LossConfig) -> Loss:
    """L_S + lambda * L_C."""
    mask = mask_loss(output.mask_logits, masks, kind=config.mask)
    if output.label_logits is None:
        return Loss(mask, mask, torch.zeros_like(mask))
    label = label_loss(output.label_logits, labels, kind=config.label)
    return Loss(mask + config.label_weight * label, mask, label)

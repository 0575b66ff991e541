"""The optimisers (the paper's SGD, AdamW for short runs, Muon for shorter ones), and averaged weights.

After training/training_config.py, before training/loop.py. Source: section 2.1 (SGD); Loshchilov and Hutter
2019 (AdamW); Muon: Jordan et al. 2024, with the normalised weights of their networks for CIFAR-10.
"""

from typing import Any

import torch
from torch import Tensor, nn

from atriacourse.training.training_config import TrainingConfig

QUINTIC = (3.4445, -4.7750, 2.0315)  # of Jordan et al.: steep at 0, so that five rounds are enough
ROUNDS = 5
PUSH = 0.9  # momentum of Muon
OF_ITS_LENGTH = 30.0  # a convolution moves by this times the rate of its own length: 0.06 at 2e-3
BETAS, EPSILON = (0.9, 0.999), 1e-8  # of AdamW, torch's own


def make_optimiser(model: nn.Module, config: TrainingConfig) -> torch.optim.Optimizer:
    """The optimiser that the settings name, over all weights of the model."""
    rate, decay = config.learning_rate, config.weight_decay
    if config.optimiser == "sgd":
        return torch.optim.SGD(model.parameters(), rate, config.momentum, weight_decay=decay)
    if config.optimiser == "muon":
        return Muon(model, rate, weight_decay=decay)
    fused = next(model.parameters()).device.type == "cpu" or None  # a tenth of a small network's step
    return torch.optim.AdamW(model.parameters(), rate, weight_decay=decay, fused=fused)


class Muon(torch.optim.Optimizer):
    """Momentum made orthogonal for the 3x3 convolutions, AdamW for all other weights.

    A gradient of a convolution, as a matrix (outputs, inputs * 9), has few large singular values: plain steps
    go along a few directions and leave the others alone. Muon steps equally far along all of them. Batch
    normalisation follows every 3x3 convolution here, so that its length means nothing: it is kept at
    sqrt(outputs), and a step is a part of that.
    """

    def __init__(self, model: nn.Module, rate: float, *, weight_decay: float) -> None:
        weights = list(model.parameters())
        matrices = [weight for weight in weights if weight.ndim == 4 and weight.shape[-2:] == (3, 3)]
        known = {id(weight) for weight in matrices}
        others = [weight for weight in weights if id(weight) not in known]
        groups: list[dict[str, Any]] = [
            {"params": matrices, "push": PUSH},
            {"params": others, "betas": BETAS, "eps": EPSILON, "weight_decay": weight_decay},
        ]
        super().__init__([group for group in groups if group["params"]], {"lr": rate})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]  # torch's take a closure
        """Move every weight that has a gradient."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    move = _orthogonal_step if "push" in group else _adamw_step
                    move(weight, weight.grad, self.state[weight], group)


def _orthogonal_step(
    weight: Tensor, gradient: Tensor, kept: dict[str, Tensor], group: dict[str, Any]
) -> None:
    if not kept:
        kept["momentum_buffer"] = torch.zeros_like(weight)
    kept["momentum_buffer"].lerp_(gradient, 1 - group["push"])
    ahead = gradient.lerp(kept["momentum_buffer"], group["push"])
    update = orthogonalised(ahead.flatten(1)).view(weight.shape)
    length = len(weight) ** 0.5
    weight.mul_(length / weight.norm())
    weight.sub_(update * (OF_ITS_LENGTH * group["lr"] * length / update.norm().clamp(min=1e-12)))


def _adamw_step(weight: Tensor, gradient: Tensor, kept: dict[str, Tensor], group: dict[str, Any]) -> None:
    if not kept:
        kept["step"] = torch.zeros(())
        kept["exp_avg"], kept["exp_avg_sq"] = torch.zeros_like(weight), torch.zeros_like(weight)
    kept["step"] += 1
    first, second = group["betas"]
    kept["exp_avg"].lerp_(gradient, 1 - first)
    kept["exp_avg_sq"].lerp_(gradient.square(), 1 - second)
    mean = kept["exp_avg"] / (1 - first ** float(kept["step"]))
    square = kept["exp_avg_sq"] / (1 - second ** float(kept["step"]))
    weight.mul_(1 - group["lr"] * group["weight_decay"])
    weight.addcdiv_(mean, square.sqrt() + group["eps"], value=-group["lr"])


def orthogonalised(matrix: Tensor) -> Tensor:
    """About U V', where the matrix is U S V': every singular value near 1 (0.7 to 1.2), the vectors kept.

    Args: matrix: (rows, columns). Singular values below a thousandth of its norm rise less far.
    Source: Newton-Schulz iteration of Jordan et al. 2024, five rounds of X -> P X, P a polynomial of X X'.
    All P commute, so that they are multiplied up as small square matrices, and X is met once at the end.
    """
    one, three, five = QUINTIC
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    wide = wide / (wide.norm() + 1e-12)
    gram, whole = wide @ wide.T, torch.eye(len(wide), device=wide.device)
    for _ in range(ROUNDS):
        factor = one * torch.eye(len(wide), device=wide.device) + three * gram + five * gram @ gram
        gram, whole = factor @ gram @ factor, factor @ whole
    wide = whole @ wide
    return wide if matrix.shape[0] <= matrix.shape[1] else wide.T


@torch.no_grad()
def average_in(average: nn.Module, model: nn.Module, *, share: float) -> None:
    """Move the averaged weights and batch statistics towards the model's, by a share of the way, 0 to 1."""
    for mean, now in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
        if mean.is_floating_point():
            mean.lerp_(now, share)
        else:
            mean.copy_(now)  # a count of batches

"""A student's own small U-Net beside the library's: the same draws, one step, the same losses.

After network/unet.py; for the exercise of chapter 5.
"""

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional

from atriacourse.network.unet import MultiTaskUNet, NetworkConfig


def library_unet() -> nn.Module:
    """The course's network with one pooling, 8 channels above and 16 at the bottom."""
    return MultiTaskUNet(NetworkConfig(encoder=(8, 16), decoder=(8,), label_head=False))


def one_step(make: Callable[[], nn.Module]) -> Callable[[int], list[float]]:
    """What `check_function` asks of a network: a function of a seed.

    All weights are drawn anew from that seed, in the order in which the layers were made; then come two
    slices of 16 x 24 pixels, and one step of gradient descent on their cross-entropy.

    Returns: the function. It gives the number of parameters, the shape of the logits, and the loss before and
        after the step.
    """

    def answers(seed: int) -> list[float]:
        network, random = make(), torch.Generator().manual_seed(seed)
        for weight in network.parameters():
            weight.data = 0.2 * torch.randn(weight.shape, generator=random)
        images = torch.randn(2, 1, 16, 24, generator=random)
        masks = (images[:, 0] > 0.5).long()
        losses: list[torch.Tensor] = []
        for _ in range(2):
            output = network(images)
            logits = getattr(output, "mask_logits", output)
            losses.append(functional.cross_entropy(logits, masks))
            slopes = torch.autograd.grad(losses[-1], list(network.parameters()))
            with torch.no_grad():
                for weight, slope in zip(network.parameters(), slopes, strict=True):
                    weight.sub_(0.1 * slope)
        count = sum(weight.numel() for weight in network.parameters())
        return [count, *logits.shape, *(float(loss.detach()) for loss in losses)]

    return answers

"""A profile or a run in words and numbers: settings, parameters, FLOPs, memory.

After runs/config.py; what `atriacourse describe` prints.
"""

import json

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from atriacourse.network.unet import MultiTaskUNet
from atriacourse.runs.config import RunConfig, dotted, to_json
from atriacourse.runs.flops import epoch_tflop

BYTES_PER_WEIGHT = {"sgd": 4 * 3, "adamw": 4 * 4, "muon": 4 * 4}  # weight, gradient, at most two moments


def parameters(model: nn.Module) -> int:
    """The number of trainable numbers."""
    return sum(weight.numel() for weight in model.parameters())


def forward_flops(config: RunConfig, crop: int) -> int:
    """Floating-point operations of one slice through the network, counted on shapes alone."""
    with torch.device("meta"):
        model = MultiTaskUNet(config.network).eval()
        image = torch.empty(1, config.network.inputs, crop, crop)
        with FlopCounterMode(display=False) as counter:
            model(image)
    return counter.get_total_flops()


def activation_bytes(config: RunConfig, crop: int, batch: int, *, bytes_per_number: int = 4) -> int:
    """What training keeps of one batch for the backward pass: the outputs of every layer, an upper bound."""
    kept = 0

    def count(module: nn.Module, inputs: object, output: torch.Tensor) -> None:
        nonlocal kept
        kept += output.numel()

    with torch.device("meta"):
        model = MultiTaskUNet(config.network)
        for module in model.modules():
            if isinstance(module, nn.Conv2d | nn.BatchNorm2d | nn.MaxPool2d | nn.Upsample | nn.Linear):
                module.register_forward_hook(count)
        model(torch.empty(batch, config.network.inputs, crop, crop))
    return kept * bytes_per_number


def describe_config(config: RunConfig) -> str:
    """Everything about a config that a reader wants to know before spending time on it."""
    with torch.device("meta"):
        model = MultiTaskUNet(config.network)
    total = parameters(model)
    trunk = total - (parameters(model.label_head) if model.label_head is not None else 0)
    curriculum = config.training.curriculum
    averaged = 4 if config.training.average else 0
    optimiser_gb = total * (BYTES_PER_WEIGHT[config.training.optimiser] + averaged) / 1e9
    length = f"{config.minutes:g} minutes" if config.minutes is not None else f"{config.epochs} epochs"
    lines = [
        f"profile {config.profile}: {length}",
        f"parameters: {total:,} ({trunk:,} without the label head)",
        f"weights, gradients and optimiser: {optimiser_gb:.2f} GB",
        "crop  batch  forward GFLOP a slice  activations GB a batch (float32)",
    ]
    for crop, batch in zip(curriculum.sizes, curriculum.batch_sizes, strict=True):
        gflop = forward_flops(config, crop) / 1e9
        gigabytes = activation_bytes(config, crop, batch) / 1e9
        lines.append(f"{crop:4d}  {batch:5d}  {gflop:21.1f}  {gigabytes:30.2f}")
    work = epoch_tflop(config, cases=100)
    lines.append(f"work: {work:.3g} TFLOP an epoch of 100 cases trained on (train --work TFLOP)")
    lines.append("settings (change one with --set name=value):")
    lines += [f"  {name}={json.dumps(value)}" for name, value in dotted(to_json(config)).items()]
    return "\n".join(lines)

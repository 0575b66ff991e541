"""Checkpoints: one safetensors file each, weights and optimiser as tensors, the rest as JSON in its header.

Beside training/loop.py; nothing here is a pickle. A file is written under another name and then renamed,
so a run killed while writing keeps the checkpoint before.
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from atriacourse.errors import InputError
from atriacourse.files import written_whole

MODEL, OPTIMISER = "model.", "optimiser."


def save_checkpoint(
    path: Path, *, model: nn.Module, state: dict[str, Any], optimiser: torch.optim.Optimizer | None = None
) -> None:
    """Write weights, optimiser (optional) and a JSON-able state to `path`, all or nothing.

    Raises: OSError if it cannot be written (a full disk); the file from before is kept.
    """
    tensors = {MODEL + name: tensor for name, tensor in model.state_dict().items()}
    metadata = {"format": "atriacourse-1", "state": json.dumps(state)}
    if optimiser is not None:
        packed = optimiser.state_dict()
        for index, slots in packed["state"].items():
            for slot, value in slots.items():
                tensors[f"{OPTIMISER}{index}.{slot}"] = torch.as_tensor(value)
        metadata["optimiser_groups"] = json.dumps(packed["param_groups"])
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    with written_whole(path) as draft:
        try:
            save_file(tensors, draft, metadata=metadata)
        except SafetensorError as error:
            raise OSError(f"{path} could not be written ({error}); what was there before is kept") from error


def read_checkpoint(path: Path) -> tuple[dict[str, Tensor], dict[str, Any], dict[str, str]]:
    """Read all tensors, the state and the raw header of a checkpoint.

    Raises: InputError if the file is missing, cut short, or not one of ours.
    """
    if not path.is_file():
        raise InputError(f"no checkpoint at {path}; train first, or name the folder of a run")
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
        state = json.loads(header["state"])
    except (SafetensorError, KeyError, ValueError, OSError) as error:
        raise InputError(
            f"{path} is not a whole checkpoint ({error}); it may have been cut short or be another file: "
            f"use the run's other checkpoint (best or last), or train again"
        ) from error
    return tensors, state, header


def load_model(path: Path, model: nn.Module) -> dict[str, Any]:
    """Fill the model's weights from a checkpoint; returns the checkpoint's state.

    Raises: InputError if the weights belong to another network.
    """
    tensors, state, _ = read_checkpoint(path)
    _fill(model, tensors, path)
    return state


def load_training(path: Path, model: nn.Module, optimiser: torch.optim.Optimizer) -> dict[str, Any]:
    """Fill model and optimiser, so that training goes on as if it had never stopped."""
    tensors, state, header = read_checkpoint(path)
    if "optimiser_groups" not in header:
        raise InputError(f"{path} holds weights only and cannot be resumed; resume from last.safetensors")
    _fill(model, tensors, path)
    weights = [weight for group in optimiser.param_groups for weight in group["params"]]
    slots: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith(OPTIMISER):
            index, slot = name.removeprefix(OPTIMISER).split(".", 1)
            weight = weights[int(index)]
            if tensor.shape == weight.shape:  # lay it out as its weight: else each step takes 3 times as long
                tensor = torch.empty_like(weight, device="cpu", dtype=tensor.dtype).copy_(tensor)
            slots.setdefault(int(index), {})[slot] = tensor
    groups = json.loads(header["optimiser_groups"])
    optimiser.load_state_dict({"state": slots, "param_groups": groups})
    return state


def _fill(model: nn.Module, tensors: dict[str, Tensor], path: Path) -> None:
    weights = {name.removeprefix(MODEL): tensor for name, tensor in tensors.items() if name.startswith(MODEL)}
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        raise InputError(
            f"the weights in {path} belong to another network than its config says: {error}"
        ) from error

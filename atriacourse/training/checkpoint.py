"""Checkpoints: one safetensors file each, weights and optimiser as tensors, the rest as JSON in its header.

Beside training/loop.py; nothing here is a pickle. A file is written under another name and then renamed,
so a run killed while writing keeps the checkpoint before. What is read is checked: one flipped bit, a weight
that is no number or an optimiser of another shape would change every mask without a word.
"""

import json
import zlib
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from atriacourse.errors import InputError
from atriacourse.files import checked_json, written_whole

MODEL, AVERAGE, OPTIMISER = "model.", "average.", "optimiser."
HOW = {"lr", "fused", "foreach"}  # the schedule's, and how torch takes a step: by device and version
FORMAT = "atriacourse-1"
HALF = "float16"
ELSE = "use the run's other checkpoint (best or last), or train again in another folder"


def save_checkpoint(
    path: Path,
    *,
    model: nn.Module,
    state: dict[str, Any],
    optimiser: torch.optim.Optimizer | None = None,
    average: nn.Module | None = None,
    half: bool = False,
) -> None:
    """Write weights, optimiser (optional) and a JSON-able state to `path`, all or nothing.

    Args:
        average: the network of averaged weights, if there is one; `load_model` then takes these.
        half: round the weights to half precision, for a file of half the size; it is read as any other.
    Raises: OSError if it cannot be written (a full disk); the file from before is kept.
    """
    tensors = {
        MODEL + name: tensor.half() if half and tensor.is_floating_point() else tensor
        for name, tensor in model.state_dict().items()
    }
    if average is not None:
        tensors |= {AVERAGE + name: tensor for name, tensor in average.state_dict().items()}
    metadata = {"format": FORMAT, "state": json.dumps(state)}
    if optimiser is not None:
        packed = optimiser.state_dict()
        for index, slots in packed["state"].items():
            for slot, value in slots.items():
                tensors[f"{OPTIMISER}{index}.{slot}"] = torch.as_tensor(value)
        metadata["optimiser_groups"] = json.dumps(packed["param_groups"])
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    if half:
        metadata["weights"] = HALF
    metadata["check"] = check_of(tensors)
    with written_whole(path) as draft:
        try:
            save_file(tensors, draft, metadata=metadata)
        except SafetensorError as error:
            raise OSError(f"{path} could not be written ({error}); what was there before is kept") from error


def check_of(tensors: dict[str, Tensor]) -> str:
    """Eight hex digits that change with any name, type, shape or bit of the tensors."""
    check = 0
    for name, tensor in sorted(tensors.items()):
        check = zlib.crc32(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode(), check)
        check = zlib.crc32(tensor.reshape(-1).view(torch.uint8).numpy().data, check)
    return f"{check:08x}"


def read_checkpoint(path: Path) -> tuple[dict[str, Tensor], dict[str, Any], dict[str, str]]:
    """Read all tensors, the state and the raw header of a checkpoint.

    Raises: InputError if the file is missing, cut short, changed, of a newer format, or not one of ours.
    """
    if not path.is_file():
        raise InputError(f"no checkpoint at {path}; train first, or name the folder of a run")
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
    except PermissionError as error:
        raise InputError(
            f"{path} may not be read (permission denied); ask its owner for the right"
        ) from error
    except (SafetensorError, KeyError, ValueError, TypeError, AttributeError, OSError) as error:
        raise InputError(
            f"{path} is not a whole checkpoint ({error}); it was cut short or is another file: {ELSE}"
        ) from error
    made_by = header.get("format", "")
    if made_by != FORMAT and made_by.startswith("atriacourse-"):
        raise InputError(
            f"{path} has the format {made_by}, and this version reads {FORMAT}: it comes from a newer "
            f"version; update (git pull, or pip install --upgrade), or train again in another folder"
        )
    if made_by != FORMAT or "state" not in header:
        raise InputError(
            f"{path} is not a whole checkpoint (no format {FORMAT} in its header); it may be another "
            f"program's: {ELSE}"
        )
    if "check" in header and header["check"] != check_of(tensors):  # older ones have none
        _refuse_nan(tensors, path)
        raise InputError(f"{path} is damaged: its numbers are not those that were written; {ELSE}")
    state = checked_json(header["state"], dict[str, Any], where=f"the state in {path}", way_out=ELSE)
    return tensors, state, header


def load_model(path: Path, model: nn.Module) -> dict[str, Any]:
    """Fill the model's weights from a checkpoint, the averaged ones if it has any; returns its state.

    Raises: InputError if the weights belong to another network or are no numbers.
    """
    tensors, state, header = read_checkpoint(path)
    if header.get("weights") == HALF:
        tensors = {name: one.float() if one.dtype == torch.float16 else one for name, one in tensors.items()}
    averaged = any(name.startswith(AVERAGE) for name in tensors)
    _fill(model, tensors, path, prefix=AVERAGE if averaged else MODEL)
    return state


def load_training(
    path: Path, model: nn.Module, optimiser: torch.optim.Optimizer, average: nn.Module | None = None
) -> dict[str, Any]:
    """Fill model, optimiser and, if given, average, so that training goes on as if it had never stopped.

    Raises: InputError as `load_model`, or if the optimiser's state is not whole or of another optimiser.
    """
    tensors, state, header = read_checkpoint(path)
    if "optimiser_groups" not in header:
        raise InputError(f"{path} holds weights only and cannot be resumed; resume from last.safetensors")
    _fill(model, tensors, path)
    if average is not None:
        _fill(average, tensors, path, prefix=AVERAGE)
    groups = optimiser.state_dict()["param_groups"]
    _check_groups(header["optimiser_groups"], groups, path)
    weights = [weight for group in optimiser.param_groups for weight in group["params"]]
    slots: dict[int, dict[str, Tensor]] = {}
    for name in sorted(name for name in tensors if name.startswith(OPTIMISER)):
        index, _, slot = name.removeprefix(OPTIMISER).partition(".")
        if not index.isdecimal() or int(index) >= len(weights):
            raise InputError(f"{path} is damaged: {name} belongs to no weight of the network; {ELSE}")
        weight, tensor = weights[int(index)], tensors[name]
        if tensor.shape == weight.shape:  # lay it out as its weight: else each step takes 3 times as long
            tensor = torch.empty_like(weight, device="cpu", dtype=tensor.dtype).copy_(tensor)
        slots.setdefault(int(index), {})[slot] = tensor
    _check_slots(slots, weights, groups, path)
    optimiser.load_state_dict({"state": slots, "param_groups": groups})
    return state


def _check_groups(text: str, now: list[dict[str, Any]], path: Path) -> None:
    """The optimiser's own settings, where both versions of torch know them, must be as they were."""
    where = f"the optimiser in {path}"
    before = checked_json(text, list[dict[str, Any]], where=where, way_out=ELSE)
    now = json.loads(json.dumps(now))
    other = {"groups"} if len(before) != len(now) else set()
    for old, new in zip(before, now, strict=False):
        other |= {"params"} - old.keys()
        other |= {name for name in old.keys() & new.keys() - HOW if old[name] != new[name]}
    if other:
        raise InputError(f"{where} has other {', '.join(sorted(other))} than the run's settings say; {ELSE}")


def _check_slots(
    slots: dict[int, dict[str, Tensor]], weights: list[Tensor], groups: list[dict[str, Any]], path: Path
) -> None:
    """What the optimiser remembers of each weight: all of it, of the weight's shape, and finite.

    A weight that never had a gradient (a label head without labels) has nothing.
    """
    shapes_of = {index: _shapes(group) for group in groups for index in group["params"]}
    if any(shapes_of.values()) and not slots:
        raise InputError(f"{path} is damaged: the optimiser's memory is not there; {ELSE}")
    for index, found in slots.items():
        shapes = shapes_of[index]
        odd = sorted(found.keys() ^ shapes.keys())
        for slot, shape in shapes.items():
            tensor, weight = found.get(slot), weights[index]
            wanted = tuple(weight.shape) if shape is None else shape
            if tensor is not None and (
                tuple(tensor.shape) != wanted or tensor.dtype != torch.float32 or not tensor.isfinite().all()
            ):
                odd.append(f"{slot} ({tuple(tensor.shape)}, {tensor.dtype}, or not finite)")
        if odd:
            raise InputError(
                f"{path} is damaged: the optimiser's memory of weight {index} is missing, superfluous, of "
                f"another shape or type, or not finite in {', '.join(odd)}; {ELSE}"
            )


def _shapes(group: dict[str, Any]) -> dict[str, tuple[int, ...] | None]:
    """What an optimiser remembers of a weight of that group; None: of the weight's own shape."""
    if "betas" in group:
        return {"step": (), "exp_avg": None, "exp_avg_sq": None}
    return {"momentum_buffer": None} if group.get("momentum", group.get("push")) else {}


def _fill(model: nn.Module, tensors: dict[str, Tensor], path: Path, *, prefix: str = MODEL) -> None:
    weights = {name.removeprefix(prefix): one for name, one in tensors.items() if name.startswith(prefix)}
    other = [name for name in tensors if not name.startswith((MODEL, AVERAGE, OPTIMISER))]
    own = model.state_dict()
    other += [name for name in weights.keys() & own.keys() if weights[name].dtype != own[name].dtype]
    if other:
        raise InputError(
            f"{path} is damaged: {sorted(other)[0]} is unknown here or of another type of number; {ELSE}"
        )
    _refuse_nan(weights, path)
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        says = " ".join(str(error).split())
        raise InputError(
            f"the weights in {path} belong to another network than its config says: {says[:300]}"
        ) from error


def _refuse_nan(weights: dict[str, Tensor], path: Path) -> None:
    broken = [name for name, value in weights.items() if not value.float().isfinite().all()]
    negative = [
        name for name, value in weights.items() if "running_var" in name and (value.float() < 0).any()
    ]
    if broken or negative:
        raise InputError(
            f"{len(broken or negative)} of the network's tensors in {path} are NaN, infinite or a negative "
            f"variance, the first is {(broken or negative)[0]}; {ELSE}"
        )

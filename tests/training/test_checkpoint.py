"""Checkpoints: nothing lost on the way, no pickle inside, and a damaged file is said to be damaged."""

import json
import struct

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from atriacourse.errors import InputError
from atriacourse.training import checkpoint
from atriacourse.training.checkpoint import load_model, load_training, read_checkpoint, save_checkpoint
from atriacourse.training.optimiser import make_optimiser
from atriacourse.training.training_config import TrainingConfig

STATE = {"epoch": 3, "best": 0.1 + 0.2, "history": [{"loss": 1e-300}], "none": None}


def small_model(seed=0, width=5):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Conv2d(3, width, 3, padding=1), nn.BatchNorm2d(width), nn.Conv2d(width, 2, 1))
    return model.to(memory_format=torch.channels_last)


def optimiser_of(kind, model):
    if kind == "sgd":
        return torch.optim.SGD(model.parameters(), 0.01, 0.99, weight_decay=5e-4)
    if kind == "muon":
        return make_optimiser(model, TrainingConfig(optimiser="muon"))
    return torch.optim.AdamW(model.parameters(), 0.01)


def take_steps(model, optimiser, seeds):
    model.train()
    for seed in seeds:
        images = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(seed))
        optimiser.zero_grad()
        model(images).square().mean().backward()
        optimiser.step()


def same_tensors(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_weights_buffers_and_state_come_back_exactly(tmp_path):
    model = small_model()
    take_steps(
        model, optimiser_of("sgd", model), range(3)
    )  # so that the batch statistics are not the initial ones
    save_checkpoint(tmp_path / "a.safetensors", model=model, state=STATE)
    other = small_model(seed=1)
    assert load_model(tmp_path / "a.safetensors", other) == STATE
    assert same_tensors(model.state_dict(), other.state_dict())


def test_weights_kept_in_half_precision_are_read_as_any_other(tmp_path):
    model = small_model()
    take_steps(model, optimiser_of("sgd", model), range(3))
    whole, half, other = tmp_path / "a.safetensors", tmp_path / "b.safetensors", small_model(seed=1)
    save_checkpoint(whole, model=model, state=STATE)
    save_checkpoint(half, model=model, state=STATE, half=True)
    assert load_model(half, other) == STATE and half.stat().st_size < whole.stat().st_size
    for name, tensor in model.state_dict().items():
        read = other.state_dict()[name]
        assert torch.equal(read, tensor.half().to(tensor.dtype)) and read.dtype == tensor.dtype


@pytest.mark.parametrize("kind", ["sgd", "adamw", "muon"])
def test_training_goes_on_as_if_never_stopped(tmp_path, kind, one_thread):
    model = small_model()
    optimiser = optimiser_of(kind, model)
    take_steps(model, optimiser, range(4))
    save_checkpoint(tmp_path / "a.safetensors", model=model, optimiser=optimiser, state=STATE)
    take_steps(model, optimiser, range(4, 9))

    other = small_model(seed=1)
    its_optimiser = optimiser_of(kind, other)
    assert load_training(tmp_path / "a.safetensors", other, its_optimiser) == STATE
    take_steps(other, its_optimiser, range(4, 9))
    assert same_tensors(model.state_dict(), other.state_dict())


@pytest.mark.parametrize("kind", ["sgd", "adamw", "muon"])
def test_the_optimiser_comes_back_in_the_memory_layout_of_the_weights(tmp_path, kind):
    # With the layouts mixed every value is the same but a step takes three to four times as long.
    model = small_model(width=8)
    optimiser = optimiser_of(kind, model)
    take_steps(model, optimiser, range(1))
    save_checkpoint(tmp_path / "a.safetensors", model=model, optimiser=optimiser, state={})
    load_training(tmp_path / "a.safetensors", model, optimiser)
    for weight, slots in optimiser.state.items():
        moments = [value for value in slots.values() if value.shape == weight.shape]
        assert moments and all(moment.stride() == weight.stride() for moment in moments)


@pytest.mark.parametrize("before", [None, True])
def test_how_torch_takes_a_step_may_change(tmp_path, before):
    # by device, and by version of the course: fused on a CPU, torch's own choice elsewhere
    model = small_model()
    optimiser = torch.optim.AdamW(model.parameters(), 0.01, fused=before)
    take_steps(model, optimiser, range(3))
    save_checkpoint(tmp_path / "a.safetensors", model=model, optimiser=optimiser, state=STATE)
    other = small_model(seed=1)
    now = torch.optim.AdamW(other.parameters(), 0.01, fused=None if before else True)
    load_training(tmp_path / "a.safetensors", other, now)
    assert now.param_groups[0]["fused"] is not before
    for one, its in ((model, optimiser), (other, now)):
        take_steps(one, its, range(3, 5))
    theirs = dict(other.named_parameters())
    for name, weight in model.named_parameters():
        if name != "0.bias":  # batch normalisation takes it out again: its gradient is rounding alone
            torch.testing.assert_close(weight, theirs[name], rtol=0, atol=1e-5)


def parsed(path):
    """Read a file by the safetensors specification: 8 bytes of length, JSON, numbers; nothing else."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    return header, content[8 + length :]


def test_the_file_is_json_and_numbers_and_nothing_else(tmp_path):
    model = small_model()
    optimiser = optimiser_of("adamw", model)
    take_steps(model, optimiser, range(1))
    save_checkpoint(tmp_path / "a.safetensors", model=model, optimiser=optimiser, state=STATE)
    header, numbers = parsed(tmp_path / "a.safetensors")
    metadata = header.pop("__metadata__")
    assert json.loads(metadata["state"]) == STATE
    assert json.loads(metadata["optimiser_groups"])[0]["lr"] == 0.01
    ends = sorted(tuple(entry["data_offsets"]) for entry in header.values())
    assert [start for start, _ in ends] == [0, *(end for _, end in ends[:-1])]  # no gap between the tensors
    assert ends[-1][1] == len(numbers)  # and nothing behind them
    start, end = header["model.0.weight"]["data_offsets"]
    stored = np.frombuffer(numbers[start:end], "<f4").reshape(header["model.0.weight"]["shape"])
    np.testing.assert_array_equal(stored, model[0].weight.detach().numpy())


@pytest.mark.parametrize("part", [0.0, 0.001, 0.3, 0.6, 0.99])
def test_a_file_cut_short_names_the_way_out(tmp_path, part):
    model = small_model()
    path = tmp_path / "last.safetensors"
    save_checkpoint(path, model=model, state=STATE)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(part * len(whole))])
    with pytest.raises(InputError, match=r"last\.safetensors is not a whole checkpoint.*best or last"):
        load_model(path, model)


@pytest.mark.parametrize("content", [b"\x80\x04\x95 a pickle", b"{}" * 100, b"\xff" * 64])
def test_a_file_of_something_else_is_refused(tmp_path, content):
    (tmp_path / "a.safetensors").write_bytes(content)
    with pytest.raises(InputError, match="not a whole checkpoint"):
        read_checkpoint(tmp_path / "a.safetensors")


@pytest.mark.parametrize("metadata", [None, {"state": "{half"}, {"other": "{}"}])
def test_a_safetensors_file_of_another_program_is_refused(tmp_path, metadata):
    save_file({"model.weight": torch.ones(2)}, tmp_path / "a.safetensors", metadata=metadata)
    with pytest.raises(InputError, match="not a whole checkpoint"):
        read_checkpoint(tmp_path / "a.safetensors")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"no checkpoint at .*best\.safetensors; train first"):
        read_checkpoint(tmp_path / "best.safetensors")


def test_weights_of_another_network_are_refused(tmp_path):
    save_checkpoint(tmp_path / "a.safetensors", model=small_model(width=5), state={})
    with pytest.raises(InputError, match="belong to another network"):
        load_model(tmp_path / "a.safetensors", small_model(width=6))


def test_weights_alone_cannot_be_resumed(tmp_path):
    model = small_model()
    save_checkpoint(tmp_path / "best.safetensors", model=model, state={})
    with pytest.raises(InputError, match=r"resume from last\.safetensors"):
        load_training(tmp_path / "best.safetensors", model, optimiser_of("sgd", model))


def test_a_save_that_dies_half_way_keeps_the_file_before(tmp_path, monkeypatch):
    model, path = small_model(), tmp_path / "last.safetensors"
    save_checkpoint(path, model=model, state=STATE)
    before = path.read_bytes()

    def dies(tensors, target, metadata):
        target.write_bytes(before[:100])
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "save_file", dies)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(path, model=small_model(seed=1), state={})
    assert path.read_bytes() == before


def test_a_disk_that_takes_no_more_is_an_oserror_and_keeps_the_file_before(tmp_path):
    resource = pytest.importorskip("resource")  # not on Windows
    model, path = small_model(), tmp_path / "last.safetensors"
    save_checkpoint(path, model=model, state=STATE)
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, hard))  # no file may grow beyond 500 bytes
    try:
        with pytest.raises(OSError, match="could not be written"):
            save_checkpoint(path, model=small_model(seed=1), state={})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["last.safetensors"]

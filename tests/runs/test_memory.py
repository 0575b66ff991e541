"""What cannot fit into the machine is refused before it is tried; what could fit never is."""

from types import SimpleNamespace

import pytest
import torch

from atriacourse.errors import InputError
from atriacourse.network.unet import MultiTaskUNet
from atriacourse.runs import memory
from atriacourse.runs.config import override
from atriacourse.runs.memory import memory_bytes, refuse_what_cannot_fit
from atriacourse.runs.profiles import PROFILES, profile

CPU = torch.device("cpu")


def kept_bytes(config, crop, batch):
    """What autograd really keeps of a batch in mixed precision: every storage that it saved, counted once."""
    kept = {}

    def keep(tensor):
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = (storage.nbytes(), storage)  # held, so that no address is used again
        return tensor

    model = MultiTaskUNet(config.network)
    weights = {weight.untyped_storage().data_ptr() for weight in (*model.parameters(), *model.buffers())}
    images = torch.rand(batch, config.network.inputs, crop, crop)
    hooks = torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor)
    with hooks, torch.autocast("cpu", dtype=torch.bfloat16):
        model(images)
    return sum(size for pointer, (size, _) in kept.items() if pointer not in weights)


@pytest.mark.parametrize("name", ["smoke", "laptop"])
def test_the_estimate_is_no_more_than_what_is_really_kept(name):
    config = profile(name)
    crop = config.training.curriculum.sizes[-1]
    kept = kept_bytes(config, crop, 4)
    assert 0.5 * kept < 4 * 2 * config.network.activations(crop) <= kept


def test_a_batch_that_cannot_fit_is_refused_with_the_estimate(monkeypatch):
    config = override(profile("laptop"), ["training.curriculum.batch_sizes=[16, 4096]"])
    monkeypatch.setattr(memory, "memory_bytes", lambda device: 4e9)
    with pytest.raises(InputError, match=r"a batch of 4096 slices of 96 x 96 needs about \d+\.\d GB or more"):
        refuse_what_cannot_fit(config, cases=10_000, device=CPU)
    refuse_what_cannot_fit(config, cases=20, device=CPU)  # a pass over 20 cases has no more slices than 20


@pytest.mark.parametrize("name", PROFILES)
def test_no_profile_is_refused_where_it_has_run(name):
    """The paper's own recipe was run on GPUs of 12 GB (Titan Xp)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory, "memory_bytes", lambda device: 12e9)
        refuse_what_cannot_fit(profile(name), cases=80, device=CPU)


def test_a_container_may_have_less_than_its_machine(monkeypatch, tmp_path):
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(memory, "CONTAINER", limit)
    everything = memory_bytes(CPU)
    limit.write_text("max\n")
    assert memory_bytes(CPU) == everything > 1e8
    limit.write_text("123456789\n")
    assert memory_bytes(CPU) == 123456789


def test_a_gpu_has_its_own(monkeypatch):
    monkeypatch.setattr(
        torch.cuda, "get_device_properties", lambda device: SimpleNamespace(total_memory=int(8e9))
    )
    assert memory_bytes(torch.device("cuda")) == 8e9

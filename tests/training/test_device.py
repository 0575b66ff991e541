"""Devices and precisions chosen, and subnormal numbers flushed in every thread of a fresh process."""

import os
import subprocess
import sys

import pytest
import torch

from atriacourse.errors import InputError
from atriacourse.training.device import PRECISIONS, autocast, choose_device, choose_precision

CPU, GPU, APPLE = torch.device("cpu"), torch.device("cuda"), torch.device("mps")


@pytest.fixture
def gpus(monkeypatch):
    """Let torch believe in some number of GPUs of some generation."""

    def pretend(count, capability=(8, 0), *, apple=False):
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: apple)
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device=None: capability)

    return pretend


def test_auto_takes_the_gpu_if_there_is_one(gpus):
    gpus(0)
    assert choose_device() == CPU
    gpus(1)
    assert choose_device("auto") == GPU
    assert choose_device("cpu") == CPU
    assert choose_device("cuda:0") == torch.device("cuda:0")
    gpus(1, apple=True)
    assert choose_device("auto") == GPU
    gpus(0, apple=True)
    assert choose_device("auto") == choose_device("mps") == APPLE
    assert choose_device("cpu") == CPU


@pytest.mark.parametrize(
    ("count", "name", "message"),
    [
        (0, "cuda", "device cuda was asked for, but torch sees no such GPU; use --device cpu or auto"),
        (1, "mps", "device mps was asked for, but torch sees no such GPU; use --device cpu or auto"),
        (1, "cuda:1", "device cuda:1 was asked for"),
        (1, "tpu", "device must be auto, cpu, cuda, cuda:N or mps, got 'tpu'"),
        (1, "meta", "device must be auto, cpu, cuda, cuda:N or mps, got 'meta'"),
        (1, "", "got ''"),
    ],
)
def test_a_device_that_is_not_there_is_refused(gpus, count, name, message):
    gpus(count)
    with pytest.raises(InputError, match=message):
        choose_device(name)


def test_auto_precision_is_what_the_hardware_has(gpus, monkeypatch):
    gpus(1, (8, 0))  # Ampere
    assert choose_precision("auto", GPU) == "bf16"
    gpus(1, (7, 5))  # Turing: Colab's T4 has no bf16 of its own
    assert choose_precision("auto", GPU) == "fp16"
    for has_it, used, expected in ((1, 1, "bf16"), (0, 1, "float32"), (1, 0, "float32")):
        monkeypatch.setattr(
            torch.cpu, "_is_avx512_bf16_supported", lambda has_it=has_it: has_it, raising=False
        )
        monkeypatch.setattr(
            torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda used=used: used, raising=False
        )
        assert choose_precision("auto", CPU) == expected
    monkeypatch.delattr(torch.cpu, "_is_avx512_bf16_supported")  # an older torch cannot be asked
    assert choose_precision("auto", CPU) == "float32"


def test_an_apple_gpu_computes_in_float32():
    assert choose_precision("auto", APPLE) == choose_precision("float32", APPLE) == "float32"
    for name in ("bf16", "fp16"):
        with pytest.raises(InputError, match=f"float32 only; got {name}: take it or auto"):
            choose_precision(name, APPLE)


def test_a_named_precision_is_taken_at_its_word():
    assert choose_precision("float32", GPU) == "float32"
    assert choose_precision("fp16", GPU) == "fp16"
    assert choose_precision("bf16", CPU) == "bf16"
    with pytest.raises(InputError, match="fp16 training needs a GPU; on a CPU use bf16, float32 or auto"):
        choose_precision("fp16", CPU)
    with pytest.raises(InputError, match=f"one of {', '.join(PRECISIONS)}, got 'int8'"):
        choose_precision("int8", CPU)


@pytest.mark.parametrize(("precision", "dtype"), [("float32", torch.float32), ("bf16", torch.bfloat16)])
def test_autocast_decides_what_layers_compute_in(precision, dtype):
    layer = torch.nn.Conv2d(1, 1, 3)
    with autocast(precision, CPU):
        assert layer(torch.zeros(1, 1, 8, 8)).dtype == dtype
    assert layer(torch.zeros(1, 1, 8, 8)).dtype == torch.float32


# ---- subnormal numbers. The setting belongs to threads that start once a process: each case has its own.

PROGRAM = """
import torch
from atriacourse.training.device import keep_cpu_fast

torch.set_num_threads(2)
if {workers_first}:
    torch.ones(4_000_000).mul_(2)  # torch starts its worker thread
said = keep_cpu_fast()
# 2**20 as bits is the subnormal 1.5e-39. A long product is shared out: one half of it to each thread.
subnormal = torch.full((4_000_000,), 2**20, dtype=torch.int32).view(torch.float32)
bits = (subnormal * 0.5).view(torch.int32)
print(said, int(bits.count_nonzero()))
"""


def run(*, workers_first):
    # OMP_NUM_THREADS=1 would leave no second thread to look at
    environment = {**os.environ, "OMP_NUM_THREADS": "2"}
    program = PROGRAM.format(workers_first=workers_first)
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    said, left = done.stdout.split()
    return said == "True", int(left)


@pytest.fixture
def can_flush():
    """Some processors cannot flush at all."""
    if not torch.set_flush_denormal(False):
        pytest.skip("this processor does not flush subnormal numbers")


@pytest.mark.slow
def test_called_first_every_thread_flushes(can_flush):
    assert run(workers_first=False) == (True, 0)


@pytest.mark.slow
def test_called_too_late_it_says_so(can_flush):
    said, left = run(workers_first=True)
    assert not said
    assert left > 0  # the worker's half of the numbers is still subnormal

"""Where and how precisely to compute: the device, mixed precision, and settings that keep a CPU fast.

Used by training/loop.py and inference/predict.py.
"""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import torch

from atriacourse.bounds import shown
from atriacourse.errors import InputError

PRECISIONS = ("auto", "float32", "bf16", "fp16")


def choose_device(name: str = "auto") -> torch.device:
    """The GPU if there is one (NVIDIA's or AMD's, then Apple's), else the CPU; or the device named.

    Raises: InputError if the named device does not exist.
    """
    if name == "auto":
        apple = "mps" if torch.backends.mps.is_available() else "cpu"
        return torch.device("cuda" if torch.cuda.is_available() else apple)
    if name == "cpu" or (name == "mps" and torch.backends.mps.is_available()):
        return torch.device(name)
    match = re.fullmatch(r"cuda(?::([0-9]{1,4}))?", name)
    if match is None and name != "mps":
        raise InputError(f"device must be auto, cpu, cuda, cuda:N or mps, got {shown(name)}")
    if match is None or int(match[1] or 0) >= torch.cuda.device_count():  # torch takes 999 for -25
        raise InputError(f"device {name} was asked for, but torch sees no such GPU; use --device cpu or auto")
    return torch.device(name)


def choose_precision(name: str, device: torch.device) -> str:
    """What "auto" means on this device: bf16 where the hardware has it, fp16 on older GPUs, else float32.

    An Apple GPU computes in float32: the course was never run on one, and mixed precision is young there.
    """
    if name not in PRECISIONS:
        raise InputError(f"precision must be one of {', '.join(PRECISIONS)}, got {name!r}")
    if name == "fp16" and device.type == "cpu":
        raise InputError("fp16 training needs a GPU; on a CPU use bf16, float32 or auto")
    if name in ("fp16", "bf16") and device.type == "mps":
        raise InputError(f"on an Apple GPU the course computes in float32 only; got {name}: take it or auto")
    if name != "auto":
        return name
    if device.type == "cuda":
        return "bf16" if torch.cuda.get_device_capability(device) >= (8, 0) else "fp16"
    return "bf16" if device.type == "cpu" and _cpu_has_bf16() else "float32"


def _cpu_has_bf16() -> bool:
    """Whether the processor has it and oneDNN uses it; ONEDNN_MAX_CPU_ISA=AVX2 refuses it."""
    has = getattr(torch.cpu, "_is_avx512_bf16_supported", None)  # no public way to ask as of torch 2.13
    uses = getattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", None)
    return has is not None and uses is not None and bool(has() and uses())


def autocast(precision: str, device: torch.device) -> AbstractContextManager[object]:
    """The context in which the network runs; a plain one for float32."""
    dtype = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(precision, torch.float32)
    return torch.autocast(device.type, dtype=dtype, enabled=precision in ("bf16", "fp16"))


@contextmanager
def subnormals_flushed() -> Iterator[None]:
    """Undo `keep_cpu_fast` afterwards in the calling thread; also a decorator.

    Other libraries count on subnormal numbers: scipy's k-d tree takes the next number above zero as a
    border between points, and runs until the stack is full where that number is flushed to zero.
    """
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def keep_cpu_fast() -> bool:
    """Flush subnormal numbers to zero: without it a long run on a CPU falls to a tenth of its speed.

    Numbers near 1e-40 pile up in the optimiser's state, and CPUs handle them in microcode. The setting
    belongs to a thread, and torch's worker threads inherit it from the thread that first needs them: call
    this before the first large torch operation of a program.

    Returns: whether all of torch's threads flush now; False if the workers were there before.
    """
    torch.set_flush_denormal(True)
    count = torch.get_num_threads() * 100_000  # enough for every thread to get some
    # written and read as bits, because as a number it would be flushed on the way
    subnormal = torch.full((count,), 2**20, dtype=torch.int32).view(torch.float32)
    return not (subnormal * 0.5).view(torch.int32).any()

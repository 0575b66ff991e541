"""Write what the labs of the pages run in the browser: trained networks, and slices to try them on.

    python tools/page_networks.py                  book/_assets/networks/*.js

Batch normalisation is folded into the convolution before it. Weights become whole numbers of 8 or 16 bits,
with a scale for each output channel; what that changes is tested in a browser (tests/book/test_living.py).
book/_assets/network.js reads them. The slices are of phantoms that no network here was trained on.
"""

import base64
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import nn

from atriacourse.augment.prepare import PrepareConfig, prepare_grey, prepare_mask
from atriacourse.data.bank import neighbours
from atriacourse.data.phantom import Phantom, PhantomConfig, make_phantom
from atriacourse.network.unet import MultiTaskUNet
from atriacourse.runs.folder import open_model

OUT = Path(__file__).resolve().parents[1] / "book" / "_assets" / "networks"
NAMES = ("phantom-gamma", "phantom-plain")
SEED = 4_000_000  # of the labs' phantoms; cohorts are made of other seeds
SIDE = 160  # of a lab's slice, in pixels
FEW = 4000  # weights; book/_assets/network.js knows it too


def folded(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[torch.Tensor, torch.Tensor]:
    """Weights and bias of the one convolution that does what both do in evaluation."""
    if norm.running_mean is None or norm.running_var is None or convolution.bias is None:
        raise ValueError("a convolution with bias and a norm with running statistics are needed")
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    weights = convolution.weight * scale.view(-1, 1, 1, 1)
    return weights, (convolution.bias - norm.running_mean) * scale + norm.bias


def layers_of(network: MultiTaskUNet) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Weights and bias of every layer, in the order in which network.js unpacks them."""
    for block in [*network.encoder, *(up.block for up in network.decoder)]:
        parts = list(block)
        yield folded(parts[0], parts[1])
        yield folded(parts[3], parts[4])
    heads = [network.mask_head, *(network.label_head or [])]
    for head in heads:
        if isinstance(head, nn.Conv2d | nn.Linear):
            yield head.weight, head.bias


def number_type(weights: int) -> np.dtype[np.signedinteger]:
    """16 bits for layers of few weights: those work at full resolution, where rounding shows; else 8."""
    return np.dtype("<i2" if weights <= FEW else "i1")


def packed(network: MultiTaskUNet) -> bytes:
    """Scales and biases as float32, weights as whole numbers, layer by layer."""
    parts = []
    with torch.no_grad():
        for weights, bias in layers_of(network):
            flat = weights.reshape(len(weights), -1)
            kind = number_type(flat.numel())
            scale = (flat.abs().amax(dim=1) / np.iinfo(kind).max).clamp(min=1e-12)
            whole = torch.round(flat / scale[:, None]).numpy().astype(kind)
            parts += [scale.numpy().astype("<f4"), bias.numpy().astype("<f4"), whole]
    return b"".join(np.ascontiguousarray(part).tobytes() for part in parts)


def page_network(name: str, network: MultiTaskUNet) -> str:
    """The script that a page loads when a reader first asks for this network."""
    held = {"config": asdict(network.config), "text": base64.b64encode(packed(network)).decode()}
    return f"(self.atriaNetworks ??= {{}})[{json.dumps(name)}] = {json.dumps(held)};\n"


def lab_slice(phantom: Phantom, prepare: PrepareConfig) -> dict[str, object]:
    """The slice with the most atrium, cut to SIDE pixels about it: neighbours as channels, and the truth."""
    grey, truth = prepare_grey(phantom.image, prepare), prepare_mask(phantom.mask, prepare) > 127
    z = int(truth.sum(axis=(1, 2)).argmax())
    shown, wanted = grey[neighbours(z, prepare.offsets, len(grey))], truth[z]
    for axis in (0, 1):
        centre = round(np.nonzero(wanted)[axis].mean())
        start = min(max(centre - SIDE // 2, 0), max(wanted.shape[axis] - SIDE, 0))
        kept = range(start, min(start + SIDE, wanted.shape[axis]))
        shown, wanted = shown.take(kept, axis=axis + 1), wanted.take(kept, axis=axis)
    channels, height, width = shown.shape
    return {
        "says": f"site {phantom.site}, {'after' if phantom.post_ablation else 'before'} ablation",
        **{"channels": channels, "height": height, "width": width, "spacing_mm": phantom.spacing_mm},
        "grey": base64.b64encode(shown.tobytes()).decode(),
        "truth": base64.b64encode(wanted.astype(np.uint8).tobytes()).decode(),
    }


def page_slices(prepare: PrepareConfig) -> str:
    """The script with the labs' slices, of phantoms that no network was trained on."""
    slices = []
    for site, post in (("B", False), ("A", False), ("A", True)):
        config = PhantomConfig(matrix=288, site=site, post_ablation=post)
        slices.append(lab_slice(make_phantom(config, seed=SEED + len(slices)), prepare))
    return f"self.atriaSlices = {json.dumps(slices)};\n"


def main() -> int:
    """Write them all; returns the exit code."""
    OUT.mkdir(exist_ok=True)
    saved = {name: open_model(name) for name in NAMES}
    texts = {name: page_network(name, one.load(0, torch.device("cpu"))) for name, one in saved.items()}
    texts["slices"] = page_slices(saved[NAMES[0]].config.prepare)
    for name, text in texts.items():
        path = OUT / f"{name}.js"
        path.write_text(text, encoding="utf-8", newline="\n")
        sys.stdout.write(f"{path.name}: {path.stat().st_size / 1000:.0f} kB\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

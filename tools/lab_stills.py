"""Draw what a lab shows in print and where no script runs: book/_assets/stills/*.png.

    nice python tools/lab_stills.py         seconds

Two pictures side by side, one finding of each lab, on the first slice of book/_assets/networks/slices.js: the
truth in orange; in blue what `phantom-gamma` outlines (on the right of contrast: `phantom-plain`).
"""

import base64
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy import ndimage
from torch import Tensor, nn

from atriacourse.augment.gamma import apply_gamma
from atriacourse.inference.predict import network_input
from atriacourse.network.unet import MultiTaskUNet
from atriacourse.runs.folder import open_model

ASSETS = Path(__file__).resolve().parents[1] / "book" / "_assets"
ZOOM = 2
ORANGE, BLUE = (230, 159, 0), (86, 180, 233)
WIDEST = 99.5  # per cent of the pixels are darker than what becomes white
DARK_GAMMA = 0.4
COVER = 16  # pixels

Slice = tuple[Tensor, np.ndarray]  # (C, H, W) grey levels 0..1, (H, W) bool


def first_slice() -> Slice:
    """The first slice of the labs and its truth."""
    text = (ASSETS / "networks" / "slices.js").read_text(encoding="utf-8")
    one = json.loads(text.removeprefix("self.atriaSlices = ").rstrip(";\n"))[0]
    size = (one["height"], one["width"])
    grey, truth = (np.frombuffer(base64.b64decode(one[key]), np.uint8) for key in ("grey", "truth"))
    return torch.from_numpy(grey.reshape(one["channels"], *size) / np.float32(255)), truth.reshape(size) > 0


def shown(images: Tensor) -> Tensor:
    """What the network gets of it: the library's own z-score; the slice needs no padding."""
    grey = (255 * images).round().to(torch.uint8)
    return network_input(grey, [1], offsets=(-1, 0, 1), multiple=1)[0]


def found(network: MultiTaskUNet, inputs: Tensor) -> np.ndarray:
    """What the network outlines, (H, W) bool."""
    with torch.inference_mode():
        logits = network(inputs).mask_logits[0]
    return (logits[1] > logits[0]).numpy()


def votes(network: MultiTaskUNet, inputs: Tensor) -> np.ndarray:
    """What each cell of the finest grid adds to the odds of "after"; the label head has no bend."""
    caught: list[Tensor] = []
    head = network.label_head
    if head is None:
        raise ValueError("the network must have a label head")
    hook = head[0].register_forward_hook(lambda layer, given, pooled: caught.append(pooled))
    with torch.inference_mode():
        network(inputs)
        hook.remove()
        first, last = (part for part in head if isinstance(part, nn.Linear))
        weight = (last.weight[1] - last.weight[0]) @ first.weight
        side, channels = network.config.grids[0], network.config.encoder[network.config.label_stage]
        finest = (weight * caught[0][0])[: channels * side * side]
        return finest.view(channels, side, side).sum(dim=0).numpy()


def panel(images: Tensor, *outlines: tuple[np.ndarray, tuple[int, int, int]]) -> np.ndarray:
    """The middle channel, enlarged, and outlines, uint8 (H, W, 3)."""
    grey = images[len(images) // 2].numpy()
    bright = np.clip(255 * grey / np.percentile(grey, WIDEST), 0, 255).astype(np.uint8)
    picture = np.repeat(enlarged(bright)[..., None], 3, axis=2)
    for mask, colour in outlines:
        large = enlarged(mask)
        picture[large & ~ndimage.binary_erosion(large, iterations=2)] = colour
    return picture


def enlarged(plane: np.ndarray) -> np.ndarray:
    """Each pixel ZOOM times as high and wide."""
    return plane.repeat(ZOOM, axis=0).repeat(ZOOM, axis=1)


def tinted(picture: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Orange over cells above zero, blue over those below, the louder the stronger."""
    side = -(-np.array(picture.shape[:2]) // cells.shape)
    over = np.kron(cells / np.abs(cells).max(), np.ones(side))[: picture.shape[0], : picture.shape[1], None]
    colour = np.where(over > 0, np.array(ORANGE), np.array(BLUE))
    return (picture + 0.7 * np.abs(over) * (colour - picture)).astype(np.uint8)


def stills() -> dict[str, list[np.ndarray]]:
    """The panels of each lab."""
    networks = {
        name: open_model(name).load(0, torch.device("cpu")).eval()
        for name in ("phantom-gamma", "phantom-plain")
    }
    gamma, plain = networks.values()
    images, truth = first_slice()
    dark = apply_gamma(images[None], torch.tensor([DARK_GAMMA]))[0]
    upside_down = images.flip(1)
    middle = tuple(slice((side - COVER) // 2, (side + COVER) // 2) for side in truth.shape)
    covered, inputs = images.clone(), shown(images)
    covered[:, *middle] = inputs[:, :, *middle] = 0
    return {
        "contrast": [
            panel(dark, (truth, ORANGE), (found(network, shown(dark)), BLUE)) for network in (gamma, plain)
        ],
        "geometry": [
            panel(images, (truth, ORANGE), (found(gamma, shown(images)), BLUE)),
            panel(upside_down, (truth[::-1], ORANGE), (found(gamma, shown(upside_down)), BLUE)),
        ],
        "network": [
            panel(images, (truth, ORANGE), (found(gamma, shown(images)), BLUE)),
            panel(covered, (truth, ORANGE), (found(gamma, inputs), BLUE)),
        ],
        "label": [tinted(panel(one), votes(gamma, shown(one))) for one in (images, upside_down)],
    }


def main() -> None:
    """Write them all."""
    (ASSETS / "stills").mkdir(exist_ok=True)
    for name, panels in stills().items():
        between = np.full((len(panels[0]), 8, 3), 255, np.uint8)
        both = Image.fromarray(np.concatenate([panels[0], between, panels[1]], axis=1))
        both.quantize(96, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
            ASSETS / "stills" / f"{name}.png", optimize=True
        )


if __name__ == "__main__":
    main()

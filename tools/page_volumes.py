"""Write the volumes of the labs on cleaning and measuring: book/_assets/networks/volume-*.js and human.js.

    nice python tools/page_volumes.py              a minute on one thread

Two phantoms, what a shipped network makes of each, and the truth, cut to where either finds an atrium. The
network never saw them, and nothing was planted: one mask gains by the paper's cleaning, the other loses a
vein by it. The numbers of two human masks stand beside. book/_assets/labs/volume.js reads all this.
"""

import base64
import json
import sys
import zlib
from dataclasses import dataclass

import numpy as np
import page_networks
import torch

from atriacourse.data.masks import bounding_box
from atriacourse.data.phantom import PhantomConfig, make_phantom
from atriacourse.inference.predict import predict_volume
from atriacourse.pages.bench.sandbox import HUMAN
from atriacourse.runs.folder import open_model

NETWORK = "phantom-plain"
PHANTOM = PhantomConfig(
    matrix=180, field_mm=225, site="B"
)  # voxels of 1.25 mm, as the network was trained on
SEEDS = {"one": 4_000_105, "two": 4_000_103}
FAINT = 12  # of 255; below it a probability is set to nothing, or the volume could not be cut
MARGIN = (
    5  # voxels about both; more than the lab's largest radius, so that cleaning the part cleans the whole
)
GREY_STEP = 4  # grey levels that become one, so that they pack well


@dataclass(frozen=True, kw_only=True)
class LabVolume:
    """What a page has of one phantom, all (z, y, x)."""

    grey: np.ndarray  # uint8
    atrium: np.ndarray  # uint8, 255 times the probability
    truth: np.ndarray  # bool
    spacing_mm: tuple[float, float, float]


def lab_volume(name: str) -> LabVolume:
    """The phantom of that name and what the network finds in it."""
    phantom, saved = make_phantom(PHANTOM, seed=SEEDS[name]), open_model(NETWORK)
    network, settings = saved.load(0, torch.device("cpu")), saved.config
    found = predict_volume(network, phantom.image, prepare=settings.prepare, config=settings.prediction)
    atrium = np.rint(255 * found.atrium).astype(np.uint8)
    atrium[atrium <= FAINT] = 0
    box = bounding_box((atrium > 0) | phantom.mask, margin=MARGIN)
    if box is None:
        raise ValueError(f"phantom {name} has no atrium")
    grey = phantom.image[box] // GREY_STEP * GREY_STEP
    return LabVolume(grey=grey, atrium=atrium[box], truth=phantom.mask[box], spacing_mm=phantom.spacing_mm)


def packed(array: np.ndarray) -> str:
    """Bytes, deflated, as text."""
    return base64.b64encode(zlib.compress(array.astype(np.uint8).tobytes(), 9)).decode()


def page_volume(name: str, volume: LabVolume) -> str:
    """The script that a page loads when a reader first asks for this volume."""
    held = {
        "shape": volume.truth.shape,
        "spacing_mm": volume.spacing_mm,
        **{key: packed(getattr(volume, key)) for key in ("grey", "atrium", "truth")},
    }
    return f"(self.atriaVolumes ??= {{}})[{json.dumps(name)}] = {json.dumps(held)};\n"


def page_human() -> str:
    """The script with what lies between two human masks of one image."""
    return f"self.atriaHuman = {json.dumps(HUMAN)};\n"


def main() -> int:
    """Write them all; returns the exit code."""
    torch.set_num_threads(1)
    texts = {f"volume-{name}": page_volume(name, lab_volume(name)) for name in SEEDS}
    for name, text in {**texts, "human": page_human()}.items():
        path = page_networks.OUT / f"{name}.js"
        path.write_text(text, encoding="utf-8", newline="\n")
        sys.stdout.write(f"{path.name}: {path.stat().st_size / 1000:.0f} kB\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

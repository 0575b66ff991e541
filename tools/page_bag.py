"""Train the small bag of chapter 10's lab, and write what its page loads: book/_assets/networks/bag-*.js.

    nice -n 19 python tools/page_bag.py            some minutes on one thread

Five networks, each on a bootstrap of one site's phantoms, and one on the phantoms of the other site. Their
record, bag.json, has the command, seeds and commit, and what the weights in the page, which are rounded,
score on phantoms held out, at both sites. What is half done lies in _build/bag; the same command goes on.
"""

import base64
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import page_networks
import torch
from page_volumes import packed
from torch import nn

from atriacourse.data.case import Cohort
from atriacourse.data.cohort import open_cohort
from atriacourse.data.phantom import PhantomConfig, make_phantom, write_phantom_cohort
from atriacourse.data.splits import Split, holdout_split
from atriacourse.data.volume import grey_levels
from atriacourse.evaluation.overlap import dice
from atriacourse.files import read_json
from atriacourse.inference.predict import predict_volume
from atriacourse.network.unet import MultiTaskUNet, NetworkConfig
from atriacourse.runs.bag import train_bag
from atriacourse.runs.config import RunConfig, override, write_json
from atriacourse.runs.folder import open_model
from atriacourse.runs.profiles import profile
from atriacourse.runs.provenance import provenance
from atriacourse.runs.recipes import SMALL
from atriacourse.runs.train import train_run

WORK = Path(__file__).parents[1] / "_build" / "bag"
RECORD = page_networks.OUT / "bag.json"
PHANTOMS = {"A": 81, "B": 82}  # seed of each site's; no chapter's phantom is among them
CASES, HELD_OUT, MEMBERS, SEED = 16, 0.5, 5, 0
SETTINGS = (
    *SMALL,
    "network.label_head=false",
    "network.encoder=[5, 10, 20, 20]",
    "network.decoder=[20, 10, 5]",
    "network.label_stage=3",
    "augmentation.gamma.probability=0",  # what the other site looks like, no member has met
    "epochs=40",
    "prediction.precision=float32",
)
SHOWN = (("A", 4_000_202), ("A", 4_000_204), ("B", 4_000_204), ("B", 4_000_206))  # no network has seen them


def config() -> RunConfig:
    """Of every network here."""
    return override(profile("smoke"), SETTINGS)


def phantoms_of(site: str) -> Cohort:
    """One site's, written where they are not."""
    made = PhantomConfig(site=site)
    return open_cohort(write_phantom_cohort(WORK / site, cases=CASES, config=made, seed=PHANTOMS[site]))


def split_of(cohort: Cohort) -> Split:
    """Every phantom is a patient of its own."""
    return holdout_split(cohort, seed=SEED, fraction=HELD_OUT, groups={name: name for name in cohort.names})


def opened(text: str) -> MultiTaskUNet:
    """The network that a page makes of a script of `page_networks.page_network`, in PyTorch.

    Returns: evaluated, with batch normalisation that changes nothing, because the convolutions hold it.
    """
    held = json.loads(text[text.index("] = ") + 4 : text.rindex(";")])
    config = {key: tuple(v) if isinstance(v, list) else v for key, v in held["config"].items()}
    network = MultiTaskUNet(NetworkConfig(**config)).eval()
    data, at = base64.b64decode(held["text"]), 0
    for part in layers_of(network):
        count = len(part.weight)
        scale, bias = np.frombuffer(data, "<f4", 2 * count, at).reshape(2, count)
        kind = page_networks.number_type(part.weight.numel())
        whole = np.frombuffer(data, kind, part.weight.numel(), at + 8 * count)
        at += 8 * count + whole.nbytes
        part.weight.data = torch.tensor(whole.reshape(count, -1) * scale[:, None]).view_as(part.weight)
        part.bias.data = torch.tensor(bias)
    for norm in network.modules():
        if isinstance(norm, nn.BatchNorm2d):
            norm.running_var.fill_(1 - norm.eps)
    return network


def layers_of(network: MultiTaskUNet) -> list[nn.Conv2d]:
    """The convolutions in the order of `page_networks.layers_of`; these networks have no label head."""
    blocks = [*network.encoder, *(up.block for up in network.decoder)]
    return [part for block in blocks for part in block if isinstance(part, nn.Conv2d)] + [network.mask_head]


def dice_of(networks: list[MultiTaskUNet], grey: np.ndarray, truth: np.ndarray) -> float:
    """Of the mask where the networks' mean probability is above one half, over the volume, not cleaned."""
    settings = config()
    atria = [
        predict_volume(one, grey, prepare=settings.prepare, config=settings.prediction).atrium
        for one in networks
    ]
    return round(dice(truth, np.mean(atria, axis=0) > 0.5), 4)


def train() -> tuple[dict[str, MultiTaskUNet], dict[str, Split]]:
    """The bag of site A and the network of site B, each by name, and the two splits."""
    home, abroad = phantoms_of("A"), phantoms_of("B")
    splits = {"A": split_of(home), "B": split_of(abroad)}
    train_bag(home, WORK / "members", config=config(), split=splits["A"], members=MEMBERS, seed=SEED)
    train_run(abroad, WORK / "other", config=config(), split=splits["B"], seed=SEED)
    bag, other = open_model(WORK / "members"), open_model(WORK / "other")
    found = {f"bag-{k}": bag.load(k, torch.device("cpu")) for k in range(MEMBERS)}
    return {**found, "bag-other": other.load(0, torch.device("cpu"))}, splits


def record_of(texts: dict[str, str], splits: dict[str, Split]) -> dict[str, Any]:
    """What was trained on what, and what the page's weights score on the phantoms held out of each site."""
    networks = {name: opened(text) for name, text in texts.items()}
    chosen = {name: [one] for name, one in networks.items()}
    chosen["mean"] = [one for name, one in networks.items() if name != "bag-other"]
    held_out = {
        site: {
            name: {
                case.name: dice_of(some, grey_levels(case.image()), case.mask().voxels)
                for case in phantoms_of(site).subset(split.test)
            }
            for name, some in chosen.items()
        }
        for site, split in splits.items()
    }
    trained = {name: read_json(run_of(name) / "run.json", way_out="train again") for name in texts}
    return {
        **{key: value for key, value in provenance(torch.device("cpu")).items() if key != "threads"},
        "seed": SEED,
        "phantoms": {
            site: {"config": asdict(PhantomConfig(site=site)), "cases": CASES, "seed": seed}
            for site, seed in PHANTOMS.items()
        },
        "settings": list(SETTINGS),
        "seconds": {name: run["seconds"] for name, run in trained.items()},
        "trained_on": {name: run["trained_on"] for name, run in trained.items()},
        "held_out": held_out,
    }


def run_of(name: str) -> Path:
    """The folder of a network's run."""
    return WORK / "other" if name == "bag-other" else WORK / "members" / f"member_{name.split('-')[1]}"


def page_slices(record: dict[str, Any]) -> str:
    """The script with the lab's slices, each that with the most atrium, and the mean Dice of the record."""
    slices = []
    for site, seed in SHOWN:
        phantom = make_phantom(PhantomConfig(site=site), seed=seed)
        z = int(phantom.mask.sum(axis=(1, 2)).argmax())
        slices.append(
            {
                "says": f"site {site}, {'after' if phantom.post_ablation else 'before'} ablation",
                **{"height": PhantomConfig().matrix, "width": PhantomConfig().matrix},
                **{"grey": packed(phantom.image[z]), "truth": packed(phantom.mask[z])},
            }
        )
    held_out = {
        site: {name: float(np.mean(list(scores.values()))) for name, scores in rows.items()}
        for site, rows in record["held_out"].items()
    }
    return f"self.atriaBag = {json.dumps({'slices': slices, 'heldOut': held_out})};\n"


def main() -> int:
    """Train what is not there, write scripts and record; returns the exit code."""
    torch.set_num_threads(1)  # networks so small are not worth sharing out
    networks, splits = train()
    texts = {name: page_networks.page_network(name, one) for name, one in networks.items()}
    record = record_of(texts, splits)
    write_json(RECORD, record)
    texts["bag-slices"] = page_slices(record)
    for name, text in texts.items():
        path = page_networks.OUT / f"{name}.js"
        path.write_text(text, encoding="utf-8", newline="\n")
        sys.stdout.write(f"{path.name}: {path.stat().st_size / 1000:.0f} kB\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

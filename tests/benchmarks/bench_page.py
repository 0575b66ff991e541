"""One slice of 128 x 128 through a shipped network: in plain JavaScript, as the pages do it, and in PyTorch.

Both on one thread, both as processor time. Node runs book/_assets/network.js with the network that
tools/page_networks.py wrote; without Node nothing is timed. Target: at most 0.3 s a slice in JavaScript.
"""

import json
import shutil
import statistics
import subprocess
import time
from pathlib import Path

import torch
from measure import Row, row, show

from atriacourse.runs.folder import open_model

ASSETS = Path(__file__).parents[2] / "book" / "_assets"
NAME = "phantom-gamma"
SIDE, ROUNDS = 128, 9
CODE = """
const [engineFile, networkFile, name, side, rounds] = process.argv.slice(1);
const engine = require(engineFile)();
require(networkFile);
const network = engine.unpack(self.atriaNetworks[name]);
const images = engine.tensor(3, +side, +side);
images.data.forEach((_, i) => { images.data[i] = Math.sin(i) ** 2; });
const seconds = [];
for (let k = 0; k < +rounds; k++) {
  const began = process.cpuUsage();
  engine.predictSlice(network, images);
  const { user, system } = process.cpuUsage(began);
  seconds.push((user + system) / 1e6);
}
console.log(JSON.stringify(seconds));
"""


def run() -> list[Row]:
    node = shutil.which("node")
    name = f"one slice of {SIDE} x {SIDE}, {NAME}: "
    if node is None:
        return [row(name + "JavaScript", None, "s", note="needs Node, which is not installed")]
    files = [str(ASSETS / "network.js"), str(ASSETS / "networks" / f"{NAME}.js")]
    command = [node, "-e", f"globalThis.self = globalThis;{CODE}", *files, NAME, str(SIDE), str(ROUNDS)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    page = statistics.median(json.loads(done.stdout))

    torch.set_num_threads(1)
    network, seconds = open_model(NAME).load(0, torch.device("cpu")).eval(), []
    images = torch.rand(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        for _ in range(ROUNDS):
            began = time.process_time()
            network(images)
            seconds.append(time.process_time() - began)
    library = statistics.median(seconds)
    note = f"median of {ROUNDS}, processor time"
    return [
        row(name + "JavaScript", page, "s", below=0.3, note=note),
        row(name + "PyTorch, one thread", library, "s", note=note),
        row(name + "JavaScript / PyTorch", page / library, "times"),
    ]


if __name__ == "__main__":
    print(show(run()))

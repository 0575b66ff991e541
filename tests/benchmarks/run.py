"""Run every benchmark beside this file and print one table: value, target, met or not.

    python tests/benchmarks/run.py [--only WORD] [--out FILE.json]

Each `bench_*.py` has a `run() -> list[Row]` (see measure.py) and runs in a process of its own, so that
none inherits another's threads or floating-point mode. Exit code 1 if one of them broke, else 0: a target
missed is a result, not an error.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import Row, provenance, show

HERE = Path(__file__).parent
ONE = """
import importlib.util, json, pathlib, sys
sys.path.insert(0, sys.argv[1])
spec = importlib.util.spec_from_file_location("benchmark", sys.argv[2])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
pathlib.Path(sys.argv[3]).write_text(json.dumps(module.run(), default=lambda number: number.item()))
"""


def run_one(script: Path) -> list[Row] | None:
    """The rows of one benchmark, or None if it broke (its traceback is on stderr)."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "rows.json"
        command = [sys.executable, "-c", ONE, str(HERE), str(script), str(answer)]
        if subprocess.run(command, check=False, stdout=sys.stderr).returncode != 0:
            return None
        return json.loads(answer.read_text())


def main() -> int:
    parser = argparse.ArgumentParser(description="Run every benchmark and print one table.")
    parser.add_argument("--only", default="", help="run the benchmarks whose file name contains this")
    parser.add_argument("--out", type=Path, help="also write the rows and their provenance as JSON")
    arguments = parser.parse_args()

    made_by = provenance()
    scripts = sorted(script for script in HERE.glob("bench_*.py") if arguments.only in script.stem)
    rows, broken = [], []
    for script in scripts:
        print(f"running {script.name} ...", file=sys.stderr)
        found = run_one(script)
        if found is None:
            broken.append(script.name)
        rows += [{"file": script.name, **one} for one in found or []]
    print(show(rows))
    print(f"\n{made_by['cpu']}, {made_by['cores']} cores, {made_by['threads']} threads, torch", end=" ")
    print(f"{made_by['versions']['torch']}, commit {made_by['commit'][:12]}, {made_by['date']}")
    if arguments.out:
        arguments.out.write_text(
            json.dumps({"provenance": made_by, "rows": rows, "broken": broken}, indent=1)
        )
    if broken:
        print(f"broke: {', '.join(broken)}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

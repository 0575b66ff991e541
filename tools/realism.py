"""Set the statistics of a phantom cohort beside those of the real scans, print them, and write the table.

    python tools/realism.py --real FOLDER --phantom FOLDER [--out atriacourse/data/phantom/realism.csv]

The statistics are those of atriacourse/data/statistics.py, which explains each.
"""

import argparse
import datetime
import hashlib
import json
from pathlib import Path

from atriacourse.data.cohort import open_cohort
from atriacourse.data.statistics import cohort_statistics, compare_statistics


def data_hash(folder: Path) -> str:
    """One sum for a data set: sha256 of the sorted file sums in its SHA256SUMS; "none" without that file."""
    listing = next(
        (f / "SHA256SUMS" for f in (folder, *folder.parents) if (f / "SHA256SUMS").is_file()), None
    )
    if listing is None:
        return "none"
    sums = sorted(
        line.split()[0] for line in listing.read_text(encoding="utf-8").splitlines() if line.strip()
    )
    return hashlib.sha256("\n".join(sums).encode()).hexdigest()


def main(arguments: list[str] | None = None) -> None:
    """Measure both cohorts, print the comparison, and write it where asked."""
    parser = argparse.ArgumentParser(prog="python tools/realism.py", description=__doc__.split("\n")[0])
    parser.add_argument("--real", type=Path, required=True, help="folder of real scans with masks")
    parser.add_argument("--phantom", type=Path, required=True, help="folder written by write_phantom_cohort")
    parser.add_argument("--out", type=Path, help="write the table here as CSV, with its provenance above it")
    options = parser.parse_args(arguments)
    real, phantom = open_cohort(options.real), open_cohort(options.phantom)
    table = compare_statistics(cohort_statistics(real), cohort_statistics(phantom)).round(4)
    print(table.to_string())
    if options.out is not None:
        settings = json.loads((options.phantom / "phantom.json").read_text(encoding="utf-8"))
        del settings["cases"]
        provenance = {
            "command": "python tools/realism.py --real FOLDER --phantom FOLDER --out FILE",
            "real cases": len(real),
            "real data": data_hash(options.real.absolute()),
            "phantom cases": len(phantom),
            "phantom settings": json.dumps(settings),
            "date": datetime.date.today().isoformat(),
        }
        comments = "".join(f"# {key}: {value}\n" for key, value in provenance.items())
        options.out.write_text(comments + table.to_csv(), encoding="utf-8")


if __name__ == "__main__":
    main()

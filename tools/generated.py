"""Make anew every committed file that is made from others; `make generated` runs it.

    python tools/generated.py

The plain notebooks of the chapters (siblings.py), the results block of README.md (record.py), and records of
an older format (upgrade_records.py). What is measured or trained is made by its own command alone: bands.py,
facts, dry_run.py, preview.py, realism.py, study_numbers.py, train_models.py, page_networks.py,
page_volumes.py, page_bag.py, lab_stills.py, front_picture.py.
"""

import subprocess
import sys
from pathlib import Path

TOOLS = Path(__file__).resolve().parent
COMMANDS = (("siblings.py",), ("record.py", "readme"), ("upgrade_records.py",))

if __name__ == "__main__":
    for name, *words in COMMANDS:
        subprocess.run([sys.executable, TOOLS / name, *words], check=True)

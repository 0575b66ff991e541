"""Bring the committed records to today's format and names, once after FORMAT (studies/formats.py) has grown.

    python tools/upgrade_records.py

A study's own folder needs none of it: `atriacourse study run` does the same there.
"""

from atriacourse.school.bands.band import RECORDS as CLASS
from atriacourse.studies.records import ATLAS
from atriacourse.studies.upgrade import upgrade_records

if __name__ == "__main__":
    for folder in (ATLAS, CLASS):
        print(f"{folder}: {upgrade_records(folder)} records")

"""`import atriacourse` in a fresh process: quick, and without torch."""

import statistics
import subprocess
import sys

from measure import Row, row, show

CODE = """
import sys, time
began = time.perf_counter()
import atriacourse
print(time.perf_counter() - began, "torch" in sys.modules)
"""


def run() -> list[Row]:
    answers = [
        subprocess.run(
            [sys.executable, "-c", CODE], capture_output=True, text=True, check=True
        ).stdout.split()
        for _ in range(8)
    ]
    seconds = statistics.median(float(spent) for spent, _ in answers[1:])  # the first warms the disk cache
    torch_came = any(torch == "True" for _, torch in answers)
    return [
        row("import atriacourse", seconds, "s", below=0.3, note="median of 7 fresh processes"),
        row("import atriacourse: torch came along", float(torch_came), "0 or 1", below=1),
    ]


if __name__ == "__main__":
    print(show(run()))

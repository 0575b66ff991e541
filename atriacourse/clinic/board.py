"""The scoreboard as a picture: which check alarmed at which fault, and where there was none.

After scoring.py.
"""

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from atriacourse.clinic.faults import FAULTS
from atriacourse.clinic.scoring import CLEAN, Scoreboard
from atriacourse.pages.pictures.style import BLUE, ORANGE, STYLE, closed


def board(scores: Scoreboard) -> Figure:
    """One row a fault, one column a check: a blue square is a catch, an orange cross a false alarm.

    The last row is the sound runs; a number there says in how many of them a check alarmed.
    """
    checks = list(scores.alarms.columns)
    faults = list(scores.caught.index)
    caught = scores.alarms.groupby(level="fault", sort=False).any()
    false = scores.alarms.loc[CLEAN].sum()
    last = len(faults)
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            figsize=(3.4 + 0.27 * len(checks), 2.2 + 0.23 * last), layout="constrained"
        )
        for row, fault in enumerate(faults):
            hits = [column for column, check in enumerate(checks) if caught.loc[fault, check]]
            axes.plot(hits, [row] * len(hits), "s", color=BLUE, markersize=8)
        for column, check in enumerate(checks):
            if false[check]:
                axes.plot(column, last, "X", color=ORANGE, markersize=9)
                axes.text(column, last + 0.55, str(int(false[check])), ha="center", va="top", fontsize=8)
        axes.axhline(last - 0.5, color="#999999", linewidth=0.8)
        labels = [f"{fault} ({FAULTS[fault].part})" for fault in faults]
        axes.set_yticks(range(last + 1), [*labels, CLEAN])
        axes.set_xticks(range(len(checks)), checks, rotation=90)
        axes.xaxis.tick_top()
        axes.tick_params(length=0, labelsize=8)
        axes.set(xlim=(-0.6, len(checks) - 0.4), ylim=(last + 1.2, -0.6))
        axes.grid(color="#EEEEEE")
        axes.set_axisbelow(True)
        for side in axes.spines.values():
            side.set_visible(False)
        return closed(figure)

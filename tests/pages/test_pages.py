"""Charts and source listings of the pages."""

import matplotlib as mpl
import pandas as pd
import pytest

from atriacourse.data.phantom import PhantomConfig
from atriacourse.errors import InputError
from atriacourse.evaluation.overlap import dice
from atriacourse.exercises.guess import Guess
from atriacourse.pages.bench.source_code import source_markdown
from atriacourse.pages.pictures import charts

mpl.use("agg")


def test_pipeline_fills_the_steps_of_the_page():
    figure = charts.pipeline(here=["load", "score"])
    filled = [text.get_text() for text in figure.axes[0].texts if text.get_color() == "white"]
    assert filled == ["load", "score"]
    with pytest.raises(InputError, match="no step is called bake"):
        charts.pipeline(here=["bake"])


def test_training_curves_put_loss_and_validation_on_one_count_of_epochs(tmp_path):
    with pytest.raises(InputError, match=r"no validation\.csv yet"):
        charts.training_curves(tmp_path)
    log = pd.DataFrame({"epoch": [0, 1, 2], "mask_loss": [3.0, 2.0, 1.0], "label_loss": [0.7, 0.6, 0.5]})
    log.to_csv(tmp_path / "log.csv")
    pd.DataFrame({"epoch": [1, 3], "dice": [0.2, 0.8]}).to_csv(tmp_path / "validation.csv")
    left, right = charts.training_curves(tmp_path).axes
    assert [line.get_xydata().tolist() for line in left.lines] == [
        [[1, 3], [2, 2], [3, 1]],
        [[1, 0.7], [2, 0.6], [3, 0.5]],
    ]
    assert right.lines[0].get_xydata().tolist() == [[1, 0.2], [3, 0.8]]
    assert left.get_xlim() == right.get_xlim()


def test_case_scores_draw_every_case_and_the_interval():
    table = pd.DataFrame({"name": ["b", "a", "c"], "dice": [0.9, 0.8, 0.85]})
    figure = charts.case_scores(table, metric="dice", label="Dice")
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["mean, 95 % interval", "a", "c", "b"]
    assert axes.lines[0].get_xdata().tolist() == [0.8, 0.85, 0.9]
    assert len(axes.containers) == 1  # the error bar


def test_one_case_has_no_interval():
    figure = charts.case_scores(pd.DataFrame({"name": ["a"], "dice": [0.8]}), metric="dice", label="Dice")
    assert len(figure.axes[0].containers) == 0


def test_missed_guesses_have_an_open_mark():
    guess = Guess(question="Dice", low=0.5, high=0.7)
    figure = charts.guesses([(guess, 0.6), (guess, 0.9)])
    faces = [axes.lines[-1].get_markerfacecolor() for axes in figure.axes]
    assert faces == [charts.BLUE, "white"]
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["Dice", "Dice"]


@pytest.mark.parametrize(
    ("thing", "file", "first"),
    [
        (dice, "atriacourse/evaluation/overlap.py", "def dice("),
        (PhantomConfig, "atriacourse/data/phantom/phantom_config.py", "@dataclass"),
    ],
)
def test_source_comes_from_the_file(thing, file, first):
    shown = source_markdown(thing)
    assert shown.startswith(f"From `{file}`:\n\n```python\n{first}")
    assert shown.endswith("\n```")

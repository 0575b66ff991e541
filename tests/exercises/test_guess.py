"""Guesses: what they say, what the page gets, and the file a class can merge."""

import json
import re

import numpy as np
import pytest
import torch

from atriacourse.errors import InputError
from atriacourse.exercises.guess import Guess, merge_guesses, save_guesses
from atriacourse.pages.bench.chapter import begin

GUESS = Guess(question="Dice", low=0.5, high=0.7)


@pytest.fixture
def chapter(tmp_path, monkeypatch):
    monkeypatch.setenv("ATRIACOURSE_WORK", str(tmp_path))
    return begin("03_contrast", profile="smoke", data="phantom", seed=1)


def test_a_guess_says_on_which_side_the_answer_lies():
    assert repr(GUESS.reveal(0.6)) == "Dice: 0.6, inside your interval (0.5 to 0.7)"
    assert "above" in str(GUESS.reveal(0.8))
    assert "below" in str(GUESS.reveal(0.2))
    assert "not a number" in str(GUESS.reveal(float("nan")))


@pytest.mark.parametrize("value", [0.5, np.float32(0.7 - 1e-6), torch.tensor(0.6), np.array(0.6)])
def test_the_bounds_belong_to_the_interval_and_any_number_will_do(value):
    assert GUESS.reveal(value).holds is True


def test_large_numbers_are_written_out():
    assert "1,234,567, above" in repr(Guess(question="n", low=1000, high=2000).reveal(1234567))


@pytest.mark.parametrize("bounds", [{"low": ..., "high": ...}, {"low": 1, "high": ...}])
def test_a_guess_that_was_not_made_is_asked_for(bounds):
    with pytest.raises(InputError, match=r"put your interval in place of \.\.\..*'Dice'"):
        Guess(question="Dice", **bounds)


def test_an_interval_that_is_none_is_refused():
    with pytest.raises(InputError, match="smaller number"):
        Guess(question="Dice", low=0.7, high=0.5)
    with pytest.raises(InputError, match="must be numbers, got '1'"):
        Guess(question="Dice", low="1", high=2)


def test_the_page_gets_the_numbers_and_the_sentence():
    html = Guess(question='A <b> & "c"', low=1, high=2.5).reveal(3)._repr_html_()
    assert 'data-question="A &lt;b&gt; &amp; &quot;c&quot;"' in html
    assert re.findall(r'data-(low|high|value)="([^"]*)"', html) == [
        ("low", "1"),
        ("high", "2.5"),
        ("value", "3"),
    ]
    assert "3, above your interval (1 to 2.5)</p></div>" in html


def test_a_class_merges_its_files(chapter, tmp_path):
    saved = save_guesses(chapter, [(GUESS, 0.6), (GUESS, np.float32(0.9))])
    assert saved.path == chapter.work / "guesses_03_contrast.json"
    assert repr(saved).startswith("2 guesses kept in guesses_03_contrast.json")
    other = tmp_path / "ada.json"
    other.write_bytes(saved.path.read_bytes())
    table = merge_guesses([saved.path, other])
    assert table["holds"].tolist() == [True, False, True, False]
    assert table["file"].tolist() == [str(saved.path)] * 2 + [str(other)] * 2
    assert set(table["chapter"]) == {"03_contrast"}
    assert table.loc[0, ["question", "low", "high", "value"]].tolist() == ["Dice", 0.5, 0.7, 0.6]
    assert merge_guesses([]).columns.tolist() == table.columns.tolist()


FILE = {"chapter": 1, "profile": 2, "data": 3, "date": 4, "guesses": [], "values": []}
GUESSED = {"question": "q", "low": 1, "high": 2}


@pytest.mark.parametrize(
    "text",
    ["", "not json", "[]", "null", "7", '{"chapter": "x"}', '{"chapter"', "[" * 100_000, "9" * 5000]
    + [
        json.dumps(FILE | {"guesses": [guess], "values": values})
        for guess, values in (
            (GUESSED, []),
            (GUESSED, ["1"]),
            (GUESSED, {"a": 1}),
            (GUESSED | {"low": 3}, [1]),
            (GUESSED | {"low": True}, [1]),
            (GUESSED | {"low": "0"}, [1]),
            (GUESSED | {"question": None}, [1]),
            ({"question": "q"}, [1]),
            (None, [1]),
        )
    ],
)
def test_a_file_of_something_else_is_named(tmp_path, text):
    path = tmp_path / "odd.json"
    path.write_text(text)
    with pytest.raises(
        InputError, match=r"odd\.json is damaged: .*; give a file of guesses that save_guesses"
    ) as error:
        merge_guesses([path])
    assert "\n" not in str(error.value)


def test_a_file_whose_values_were_cut_off_is_refused(chapter):
    path = save_guesses(chapter, [(GUESS, 0.6)]).path
    path.write_text(json.dumps({**json.loads(path.read_text()), "values": []}))
    with pytest.raises(InputError, match=r"is damaged: .*; give a file of guesses"):
        merge_guesses([path])

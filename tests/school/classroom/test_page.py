"""The page: what it says, what it hides, and that it needs nothing but itself."""

import re
from html.parser import HTMLParser

import numpy as np

from atriacourse.school.bands.band import Band
from atriacourse.school.classroom import pooled
from atriacourse.school.classroom.collect import collect
from atriacourse.school.classroom.page import classroom_html, write_classroom

NAMES = ["adalovelace", "benoit", "cleopatra", "dorothea"]


def class_of_four(write_journal, write_guesses, rng, folder):
    for number, name in enumerate(NAMES):
        gains = (0.05 * number + rng.normal(0, 0.01, 6)).tolist()
        write_journal(
            name,
            gains,
            pair=("standard", "clahe"),
            folder=folder / name,
            clinic=2018 + number % 2,
            said=(-1, 0.12),
        )
        guess = (number, number + 2.0, 2.5)
        write_guesses(f"{name}_guesses.json", {"<script>alert(1)</script> & more": guess}, folder=folder)
    (folder / "cleopatra.json").write_text("{")
    return collect([folder])


def test_what_it_says(tmp_path, write_journal, write_guesses, rng, monkeypatch):
    monkeypatch.setattr(pooled, "seed_band", lambda *_: Band(low=-0.02, high=0.12, runs=9))
    found = class_of_four(write_journal, write_guesses, rng, tmp_path)
    page = write_classroom(found, tmp_path / "out" / "page.html", date="2026-11-23").read_text(
        encoding="utf-8"
    )
    text = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "What 4 of us measured" in text and "2026-11-23" in text
    assert "Pooled over 4 seeds and 2 centres: +0.0" in text
    assert "(9 recorded runs); 3 of 4 lie there" in text  # 0, 0.05, 0.10 but not 0.15
    assert "4 hypotheses stood in the journals" in text and "held the difference 3 times" in text
    # guesses 0-2, 1-3, 2-4, 3-5 and the result 2.5
    assert "2 of 4 guesses held the result (2.5)" in text and "1 more could not be used" in text
    assert page.count("<svg") == 2 == page.count('role="img"')


def test_what_it_hides(tmp_path, write_journal, write_guesses, rng):
    found = class_of_four(write_journal, write_guesses, rng, tmp_path)
    page = classroom_html(found, date="2026-11-23")
    for name in [*NAMES, *(str(run.seed) for run in found.runs), str(tmp_path)]:
        assert name not in page
    assert "<script" not in page and "&lt;script&gt;alert(1)" in page
    assert found.left_out[0][0].endswith("cleopatra.json")


class Checker(HTMLParser):
    """Collects addresses and open tags."""

    def __init__(self):
        super().__init__()
        self.open, self.addresses = [], []

    def handle_starttag(self, tag, attrs):
        self.addresses += [value for name, value in attrs if name in ("src", "href", "xlink:href")]
        if tag not in ("meta", "br", "path", "use", "rect"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if self.open and tag == self.open[-1]:
            self.open.pop()


def test_it_needs_nothing_but_itself(tmp_path, write_journal, write_guesses, rng):
    checker = Checker()
    checker.feed(classroom_html(class_of_four(write_journal, write_guesses, rng, tmp_path), date="today"))
    assert checker.open == []
    assert all(address.startswith("#") for address in checker.addresses)


def test_guesses_alone(tmp_path, write_guesses):
    write_guesses("a.json", {"q": (0, 1, 0.5)})
    page = classroom_html(collect([tmp_path]), date="today")
    assert "What we guessed" in page and "How to read it" in page and "runs were made again" not in page


def test_a_single_run_is_not_counted_among_pairs_told_apart(tmp_path, write_journal):
    write_journal("ada", [0.1] * 6)
    page = classroom_html(collect([tmp_path]), date="today")
    assert "1 run of 1 pair of variants" in page and "0 of 0" not in page


def test_a_wild_guess_does_not_hide_the_others():
    from atriacourse.school.classroom.draw import question_figure
    from atriacourse.school.classroom.pooled import Question

    guesses = tuple((0.1 * n, 0.1 * n + 0.2, 0.5) for n in range(12)) + ((-1e9, 1e9, 0.5),)
    figure = question_figure(Question(chapter="c", text="q", guesses=guesses))
    left, right = figure.axes[0].get_xlim()
    assert right - left < 10 and np.isfinite([left, right]).all()


def test_a_wide_band_does_not_hide_the_runs(tmp_path, write_journal, monkeypatch):
    from atriacourse.school.classroom.draw import pair_figure
    from atriacourse.school.classroom.pooled import pairs_of

    write_journal("ada", [0.1] * 6, pair=("standard", "clahe"))
    limits = {}
    for half in (0.15, 50.0):
        monkeypatch.setattr(pooled, "seed_band", lambda *_, half=half: Band(low=-half, high=half, runs=9))
        (pair,) = pairs_of(collect([tmp_path]).runs)
        limits[half] = pair_figure(pair).axes[0].get_xlim()
    # zero to 0.1, the run's own width more on either side, and a twentieth of it
    assert np.allclose(limits[50.0], (-0.105, 0.205)) and np.allclose(limits[0.15], (-0.105, 0.155))

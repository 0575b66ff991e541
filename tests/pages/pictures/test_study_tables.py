"""Tables of comparisons: their words follow the interval that decides, and nothing is left out."""

from atriacourse.pages.pictures.study_tables import every_comparison, filterable, in_words, word_of
from atriacourse.studies.catalogue import study
from atriacourse.studies.comparison import compare_study, compare_variants
from atriacourse.studies.results import study_results


def test_the_two_cases_of_chapter_11_are_what_it_says():
    once = compare_variants(study_results(study("parts")), "best", "once")
    assert once.high < 0 < once.high_together and once.winner is None and once.together == 9
    bag = compare_variants(study_results(study("bagging")), "member", "five")
    assert sum(gain > 0 for gain in bag.by_case) >= 14 and bag.low < 0 and bag.winner is None
    table = in_words([once, bag])
    assert list(table.loc["verdict"]) == ["not told apart"] * 2
    assert table.loc["read together with"].iloc[0] == "8 others"


def test_a_word_says_on_which_side_the_first_named_lies():
    found = {(one.a, one.b): one for one in compare_study(study_results(study("curriculum")), metric="hd_mm")}
    assert found["growing", "reversed"].difference > 0 and word_of(found["growing", "reversed"]) == "worse"


def test_every_comparison_stands_in_the_table():
    rows = every_comparison(["dice"])
    of_table1 = rows[(rows["study"] == "table1") & (rows["scale"] == "atlas")]
    assert len(of_table1) == 3 and set(rows["verdict"]) == {"better", "worse", "not told apart"}
    shown = filterable(of_table1, label='a "label"').data
    assert shown.count("<tr>") + shown.count("<tr ") == 4
    assert 'aria-label="a &quot;label&quot;"' in shown and "course-filter" in shown

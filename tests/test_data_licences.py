"""The page on the data's licences says what the downloader's registry says."""

from pathlib import Path

import pytest

from data_fetch.registry import DATA_SETS

PAGE = (Path(__file__).parents[1] / "book" / "data_licences.md").read_text(encoding="utf-8")


def size(count):
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


@pytest.mark.parametrize("data_set", DATA_SETS.values(), ids=lambda one: one.name)
def test_every_data_set_stands_there_with_its_terms(data_set):
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{data_set.name}` |"))
    terms = data_set.licence.removeprefix("challenge terms: ")
    assert terms in row
    assert all(page in PAGE for page in data_set.pages)
    assert size(data_set.download_bytes) in PAGE
    accept = " --accept-terms" if "do not pass on" in terms else ""
    assert f"python -m data_fetch get {data_set.name}{accept}" in PAGE


def test_the_attribution_names_all_that_the_licence_asks_for():
    quote = " ".join(line.removeprefix(">").strip() for line in PAGE.splitlines() if line.startswith(">"))
    for part in ("Segmentation Decathlon", "King's College London", "CC-BY-SA 4.0", "by-sa/4.0", "Changed:"):
        assert part in quote

"""Each sentence follows its number: tried on either side of where the claim turns."""

import pytest

from atriacourse.pages.chapters import sentences


@pytest.mark.parametrize(
    ("said", "holds"),
    [
        (sentences.without_parts(0.964, count=4, line=0.927), "does not fall"),
        (sentences.without_parts(0.91, count=4, line=0.927), "falls to the line before"),
        (sentences.label_found(0.01, randoms=200), "reads something"),
        (sentences.label_found(0.3, randoms=200), "do not show"),
        (sentences.beside_dummy(0.8, 0.66, name="it"), "learned more"),
        (sentences.beside_dummy(0.6, 0.66, name="it"), "worth less"),
        (sentences.loudness(19.1), "label pulls 19.1 times as hard as the mask"),
        (sentences.loudness(0.1), "mask pulls 10.0 times as hard as the label"),
        (sentences.loudness(1.2), "equally loud"),
    ],
)
def test_the_sentence_is_that_of_its_number(said, holds):
    assert holds in said

"""A figure under sliders: every state is on the page once, in the order in which the script looks for it."""

import base64
import io
import json
import sys
from html.parser import HTMLParser
from types import SimpleNamespace

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from atriacourse.errors import InputError
from atriacourse.pages.widgets import inline
from atriacourse.pages.widgets.explore import explore, said

mpl.use("agg")


def grey(**state):
    """A figure filled with a grey that names its state: 10 a + b per cent."""
    value = 0.1 * state["a"] + 0.01 * state.get("b", 0)
    figure = plt.figure(figsize=(1, 1), facecolor=(value, value, value))
    plt.close(figure)
    return figure


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def all(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


def first_grey(uri):
    picture = Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))).convert("L")
    return int(np.asarray(picture)[0, 0])


def test_every_state_is_embedded_in_the_order_of_the_sliders():
    tags = Tags(explore(grey, alt="A grey square.", a=[1, 3], b=[0, 4, 8]).html())
    (figure,) = tags.all("figure")
    greys = [first_grey(uri) for uri in figure["data-frames"].split(" ")]
    # a moves slowest: 10, 14, 18, 30, 34 and 38 per cent of 255
    assert greys == pytest.approx([25.5, 35.7, 45.9, 76.5, 86.7, 96.9], abs=2)
    assert json.loads(figure["data-texts"])[4] == "A grey square. Shown: a 3, b 4."
    assert [json.loads(one["data-values"]) for one in tags.all("input")] == [["1", "3"], ["0", "4", "8"]]


def test_without_a_script_the_first_state_is_seen_and_no_dead_slider():
    tags = Tags(explore(grey, alt="A grey square", start={"a": 3}, a=[1, 3]).html())
    (picture,) = tags.all("img")
    assert first_grey(picture["src"]) == pytest.approx(76.5, abs=2)
    assert picture["alt"] == "A grey square. Shown: a 3."
    assert "hidden" in tags.all("div")[0]
    assert tags.all("input")[0]["value"] == "1"  # the place of the value 3


def test_labels_caption_and_texts_are_escaped():
    made = explore(
        grey, alt=lambda a: f'"{a}" < 4', caption="x < y", labels={"a": "radius <mm>"}, a=[1, 2]
    ).html()
    assert "<figcaption>x &lt; y</figcaption>" in made and "radius &lt;mm&gt;" in made
    assert json.loads(Tags(made).all("figure")[0]["data-texts"]) == ['"1" < 4', '"2" < 4']


@pytest.mark.parametrize(
    ("given", "said_why"),
    [
        ({}, "one or two named lists"),
        ({"a": [1], "b": [1], "c": [1]}, "one or two named lists"),
        ({"a": []}, "one or two named lists"),
        ({"a": range(11), "b": range(11)}, "121 pictures are too many"),
        ({"a": [1, 2], "start": {"a": 5}}, "cannot start at a=5"),
        ({"a": [1, 2], "labels": {"x": "X"}}, "which is no state"),
    ],
)
def test_what_it_cannot_show_is_an_error(given, said_why):
    with pytest.raises(InputError, match=said_why):
        explore(grey, alt="A square", **given)


def test_values_are_written_as_a_reader_would():
    values = [0.1 + 0.2, 2.0, np.float32(0.8), 3, True, "both"]
    assert [said(value) for value in values] == ["0.3", "2", "0.8", "3", "yes", "both"]


def test_in_the_book_s_run_and_outside_a_notebook_the_states_are_embedded(monkeypatch):
    explorer = explore(grey, alt="A square", a=[1, 2])
    assert set(explorer._repr_mimebundle_()) == {"text/plain", "text/html"}
    shell = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    assert inline.live()
    monkeypatch.setenv("ATRIACOURSE_BOOK", "1")
    assert not inline.live()
    assert "text/html" in explorer._repr_mimebundle_()


def test_with_a_kernel_a_slider_draws_again():
    widgets = pytest.importorskip("ipywidgets")
    drawn = []

    def draw(**state):
        drawn.append(state)
        return grey(**state)

    box = explore(draw, alt="A square", start={"a": 3}, a=[1, 3])._widget(widgets)
    slider, picture = box.children[:2]
    before = picture.value
    slider.value = 1
    assert drawn == [{"a": 3}, {"a": 1}]
    assert picture.value != before
    anywhere = explore(draw, alt="A square", continuous=True, a=[1.0, 3.0])._widget(widgets).children[0]
    anywhere.value = 1.5
    assert drawn[-1] == {"a": 1.5}


def test_a_picture_survives_the_coding():
    pixels = np.full((20, 30, 3), 200, dtype=np.uint8)
    pixels[5:10] = 0
    back = np.asarray(Image.open(io.BytesIO(inline.webp(pixels))).convert("RGB"))
    assert np.abs(back.astype(int) - pixels).max() <= 3

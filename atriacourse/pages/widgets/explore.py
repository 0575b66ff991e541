"""One figure under one or two sliders: precomputed states on a page, redrawn where a kernel is there.

Uses inline.py. A page has no kernel, so every state is drawn when the page is made and the slider chooses
among the pictures; in a notebook with ipywidgets the same sliders call `draw` again.
"""

import inspect
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from types import ModuleType
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from atriacourse.errors import InputError
from atriacourse.pages.widgets import inline

MOST_STATES = 60  # pictures on one page: beyond, it becomes slow to load

SCRIPT = """\
<script>
for (const box of document.querySelectorAll(".course-explore:not([data-ready])")) {
  box.dataset.ready = "yes";
  const frames = box.dataset.frames.split(" "), texts = JSON.parse(box.dataset.texts);
  const picture = box.querySelector("img"), sliders = [...box.querySelectorAll("input")];
  const show = () => {
    let place = 0;
    for (const slider of sliders) {
      const values = JSON.parse(slider.dataset.values), value = values[slider.value];
      place = place * values.length + Number(slider.value);
      slider.nextElementSibling.value = value;
      slider.setAttribute("aria-valuetext", value);
    }
    picture.src = frames[place];
    picture.alt = texts[place];
  };
  for (const slider of sliders) slider.addEventListener("input", show);
  box.querySelector(".course-controls").hidden = false;
  show();
}
</script>"""


@dataclass(frozen=True, kw_only=True)
class Explorer:
    """A figure and the states it can be moved through; made by `explore`. A notebook shows the sliders."""

    draw: Callable[..., Figure]
    alt: str | Callable[..., str]
    caption: str | None
    states: Mapping[str, Sequence[object]]
    labels: Mapping[str, str]
    start: Mapping[str, object]
    continuous: bool

    def __repr__(self) -> str:
        sizes = ", ".join(f"{name}: {len(values)} states" for name, values in self.states.items())
        return f"explore({sizes})"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Any:
        widgets = _ipywidgets() if inline.live() else None
        if widgets is None:
            return {"text/plain": repr(self), "text/html": self.html()}
        return self._widget(widgets)._repr_mimebundle_()

    def text(self, state: Mapping[str, object]) -> str:
        """The picture in words, at this state."""
        if callable(self.alt):
            return self.alt(**state)
        values = ", ".join(f"{self.label(name)} {said(value)}" for name, value in state.items())
        return f"{self.alt.rstrip('.')}. Shown: {values}."

    def label(self, name: str) -> str:
        """What stands beside a slider."""
        return self.labels.get(name, name.replace("_", " "))

    def html(self) -> str:
        """The figure with its sliders, all states inside. Draws every state."""
        names = list(self.states)
        states = [
            dict(zip(names, values, strict=True)) for values in itertools.product(*self.states.values())
        ]
        frames = [inline.data_uri(inline.webp(inline.figure_pixels(self.draw(**state)))) for state in states]
        texts = [self.text(state) for state in states]
        first = states.index({name: self.start[name] for name in names})
        sliders = "".join(
            inline.slider(
                self.label(name), [said(v) for v in values], start=list(values).index(self.start[name])
            )
            for name, values in self.states.items()
        )
        caption = escape(self.caption or "Move the slider to change the picture.")
        return (
            f'<figure class="course-box course-explore" data-frames="{" ".join(frames)}" '
            f'data-texts="{inline.attribute(texts)}">{inline.STYLE}'
            f'<div class="course-controls" hidden>{sliders}</div>'
            f'<img src="{frames[first]}" alt="{escape(texts[first])}">'
            f"<figcaption>{caption}</figcaption>{SCRIPT}</figure>"
        )

    def _widget(self, widgets: ModuleType) -> Any:
        """The same sliders for a kernel, which draws what is asked for."""
        picture = widgets.Image(format="png", layout={"max_width": "100%", "align_self": "flex-start"})
        sliders = {name: self._slider(widgets, name) for name in self.states}

        def show(_: object = None) -> None:
            state = {name: one.value for name, one in sliders.items()}
            picture.value = inline.png(inline.figure_pixels(self.draw(**state)))
            picture.tooltip = self.text(state)

        for one in sliders.values():
            one.observe(show, names="value")
        show()
        return widgets.VBox([*sliders.values(), picture, widgets.Label(self.caption or "")])

    def _slider(self, widgets: ModuleType, name: str) -> Any:
        values: list[Any] = list(self.states[name])
        look: dict[str, Any] = {"description": self.label(name), "continuous_update": False}
        look |= {"style": {"description_width": "initial"}, "layout": {"width": "28rem", "max_width": "100%"}}
        kinds = {type(value) for value in values}
        if self.continuous and kinds <= {int, float} and len(values) > 1:
            ends = {"min": min(values), "max": max(values), "value": self.start[name]}
            if kinds == {int}:
                return widgets.IntSlider(**ends, **look)
            return widgets.FloatSlider(step=(ends["max"] - ends["min"]) / 100, **ends, **look)
        options = [(said(value), value) for value in values]
        return widgets.SelectionSlider(options=options, value=self.start[name], **look)


def explore(
    draw: Callable[..., Figure],
    *,
    alt: str | Callable[..., str],
    caption: str | None = None,
    labels: Mapping[str, str] | None = None,
    start: Mapping[str, object] | None = None,
    continuous: bool = False,
    **states: Sequence[object],
) -> Explorer:
    """A figure that the reader changes with one or two sliders.

    `explore(draw, alt="One slice under a tone curve", gamma=[0.5, 1.0, 2.0])` calls `draw(gamma=0.5)` and so
    on. All figures should have one size.

    Args:
        draw: takes one value of each state by name, returns a closed Figure.
        alt: the picture in words; the state is added. Or a function of the state, as `draw`.
        caption: what stands below the picture.
        labels: what stands beside a slider, with its unit; the state's name if not given.
        start: the values to begin with; the first of each state if not given.
        continuous: with a kernel, let numbers take every value between the smallest and the largest state.
            Only for a `draw` that can.
        states: one or two names with the values to show, in order.
    Raises: InputError for no state or more than two, an empty one, too many pictures, or a start that is not
        among the values.
    """
    states = {name: list(values) for name, values in states.items()}
    if len(states) not in (1, 2) or not all(states.values()):
        raise InputError(
            f"explore needs one or two named lists of values, got {states or 'none'}; "
            f"for example explore(draw, alt=..., gamma=[0.5, 1.0, 2.0])"
        )
    count = math.prod(map(len, states.values()))
    if count > MOST_STATES:
        raise InputError(
            f"{count} pictures are too many for one page (at most {MOST_STATES}); use fewer values"
        )
    begin = {name: values[0] for name, values in states.items()} | dict(start or {})
    for name, value in begin.items():
        if name not in states or value not in states[name]:
            raise InputError(f"cannot start at {name}={value!r}; the states are {states}")
    unknown = set(labels or {}) - set(states)
    if unknown:
        raise InputError(f"labels for {sorted(unknown)}, which is no state; the states are {sorted(states)}")
    return Explorer(
        draw=draw,
        alt=alt,
        caption=caption and inspect.cleandoc(caption),
        states=states,
        labels=dict(labels or {}),
        start=begin,
        continuous=continuous,
    )


def said(value: object) -> str:
    """A value as the page writes it: 0.8 as 0.8, not 0.800000011920929."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float | np.floating) else str(value)


def _ipywidgets() -> ModuleType | None:
    try:
        import ipywidgets
    except ImportError:
        return None
    return ipywidgets

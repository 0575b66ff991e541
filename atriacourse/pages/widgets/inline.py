"""Pieces of HTML that hold all they need: pictures as text, a style, a slider.

Before explore.py, stack.py and viewer.py. What these make works in a rendered page, from a folder, in Jupyter
and on Colab, with no network and no library. A reader without script sees the first picture and its text.
"""

import io
import json
import os
import sys
from base64 import b64encode
from collections.abc import Sequence
from html import escape

import numpy as np
from IPython.display import HTML
from matplotlib.figure import Figure
from PIL import Image

BOOK = "ATRIACOURSE_BOOK"  # set where the book's pages are made: no kernel will stand behind what is shown
DPI = 110

STYLE = """\
<style>
.course-box{margin:0 0 1rem;max-width:100%}
.course-box .course-controls{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;align-items:center;padding:.35rem 0;
 position:sticky;left:0;font-size:.95rem}
.course-box .course-controls[hidden]{display:none}
.course-box label{display:flex;flex-wrap:wrap;gap:.2rem .5rem;align-items:center;margin:0}
.course-box input[type=range]{width:14rem;max-width:70vw;accent-color:#0072B2}
.course-box input:focus-visible{outline:3px solid #E69F00;outline-offset:2px}
.course-box output{min-width:3.5em;font-variant-numeric:tabular-nums}
</style>"""


def live() -> bool:
    """Whether a kernel will answer when a reader moves a slider: a notebook, and not the book's own run."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel") and not os.environ.get(BOOK)


def figure_pixels(figure: Figure, *, dpi: int = DPI) -> np.ndarray:
    """The figure as (rows, columns, 3) bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi)
    return np.asarray(Image.open(buffer).convert("RGB"))


def webp(pixels: np.ndarray, *, quality: int = 82, lossless: bool = True) -> bytes:
    """A picture as WebP.

    Args: pixels: bytes, (rows, columns) greys or (rows, columns, 3) colours. quality: 0 to 100.
        lossless: also try without loss, and take the smaller (right for charts, slow for scans).
    """
    image, coded = Image.fromarray(pixels), []
    for options in [{"quality": quality}] + [{"lossless": True}] * lossless:
        buffer = io.BytesIO()
        image.save(buffer, format="webp", method=4, **options)
        coded.append(buffer.getvalue())
    return min(coded, key=len)


def png(pixels: np.ndarray) -> bytes:
    """A picture as PNG."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="png")
    return buffer.getvalue()


def data_uri(data: bytes, *, kind: str = "image/webp") -> str:
    """The bytes as an address that asks no one."""
    return f"data:{kind};base64,{b64encode(data).decode()}"


def captioned(figure: Figure, *, alt: str, caption: str) -> HTML:
    """A figure with its text and caption, for an output that is not alone in its cell."""
    source = data_uri(webp(figure_pixels(figure)))
    picture = f'<img src="{source}" alt="{escape(alt)}" style="max-width:100%">'
    return HTML(f"<figure>{picture}<figcaption>{escape(caption)}</figcaption></figure>")


def slider(label: str, values: Sequence[str], *, start: int) -> str:
    """A labelled range input over the places of `values`, with the value shown beside it.

    A range input answers the arrow keys, Home and End of itself; `aria-valuetext` says the value, not the
    place.
    """
    return (
        f'<label><span>{escape(label)}</span><input type="range" min="0" max="{len(values) - 1}" step="1" '
        f'value="{start}" autocomplete="off" aria-valuetext="{escape(values[start])}" '
        f'data-values="{attribute(list(values))}"><output>{escape(values[start])}</output></label>'
    )


def attribute(value: object) -> str:
    """A value as JSON inside a double-quoted attribute."""
    return escape(json.dumps(value, ensure_ascii=False, separators=(",", ":")))

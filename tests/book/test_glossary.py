"""Words before use: where a word of the glossary stands first, it is explained or leads there."""

import re
from pathlib import Path

from pages import is_chapter, read_chapter, table_of_contents

BOOK = Path(__file__).parents[2] / "book"
EXPLAINED = re.compile(r"\{term\}`[^`]*`|\*\*?[^*\n]+\*\*?")  # a role, or set off where it is defined
DEFINES = re.compile(r"s?(?: \([^)]*\))? (?:is|are|means|mean|stands for|counts)\b")
NOT_PROSE = (
    r"^:::+\{admonition\} Before you start.*?^:::+$",  # what the chapter will teach
    r"^## References.*",
    r"^(`{3,}).*?^\1$",  # code, figures
    r"^(?:#|:::|:\w+:).*?$",  # headings and heads of boxes
    r"\$\$.*?\$\$|\$[^$\n]+\$",
    r"\{(?!term\b)[\w-]+\}`[^`]*`",
    r"(?<![\w}>])`[^`\n]*`",
    r"\[[^\]]*\]\([^)]*\)",  # links: another page's title
)
TAUGHT = {"p-value", "soft Dice", "told apart", "tone curve"}


# First uses that are still to be mended
OPEN = {
    "index: ablation",
    "07_training: checkpoint",
    "00_one_sitting: closing",
    "01_left_atrium: coronal",
    "00_one_sitting: cross-entropy",
    "04_geometry: curriculum",
    "00_one_sitting: epoch",
    "03_contrast: gamma augmentation",
    "00_one_sitting: HD95",
    "10_bagging: ensemble",
    "09_measuring: Jaccard",
    "06_two_tasks: logits",
    "index: mask",
    "07_training: momentum",
    "08_clean_mask: post-processing",
    "index: seed",
    "06_two_tasks: sigmoid",
    "index: slice",
    "06_two_tasks: softmax",
    "06_two_tasks: standard deviation",
    "06_two_tasks: tone curve",
    "07_training: weight decay",
    "03_contrast: told apart",
    "03_contrast: z-score",
    "11_tables: Wilcoxon's signed-rank test",
}


def glossary_terms():
    """The words that the glossary explains, an entry's names together."""
    entries = (BOOK / "glossary.md").read_text(encoding="utf-8").split("```{glossary}")[1].split("\n```")[0]
    blocks = [block.split("\n") for block in re.split(r"\n\s*\n", entries)]
    names = [[line for line in block if line and not line.startswith((" ", ":"))] for block in blocks]
    return [one for one in names if one]


def prose_of(page):
    """Its paragraphs and captions, without code, headings, formulas, references."""
    if not is_chapter(page):
        texts = [page.read_text(encoding="utf-8")]
    else:
        texts = [
            cell.source
            if cell.cell_type == "markdown"
            else cell.metadata.get("mystnb", {}).get("figure", {}).get("caption", "")
            for cell in read_chapter(page).cells
        ]
    for pattern in NOT_PROSE:
        texts = [re.sub(pattern, "", text, flags=re.DOTALL | re.MULTILINE) for text in texts]
    return "\n\n".join(texts)


def spelled(name):
    """A pattern for a word: with a plural, over a line's end, a capital only where one is meant."""
    body = re.sub(r"\\[ -]", r"[\\s-]+", re.escape(name))
    return re.compile(rf"(?<![\w-]){body}(?:s|es)?(?![\w-])", re.IGNORECASE if name.islower() else 0)


def unexplained(text, names):
    """How a word is used first in a text, if it is neither explained there nor leads to the glossary."""
    found = [use for name in names for use in spelled(name).finditer(text)]
    if not found:
        return None
    first = min(found, key=lambda use: use.start())
    explained = any(
        one.start() <= first.start() < one.end() for one in EXPLAINED.finditer(text)
    ) or DEFINES.match(text, first.end())
    return "" if explained else " ".join(text[max(0, first.start() - 40) : first.end() + 40].split())


def test_the_first_use_of_a_word_explains_it_or_leads_to_the_glossary():
    pages = table_of_contents(BOOK)
    reading = [(page.stem, prose_of(page)) for page in pages[: pages.index(BOOK / "glossary.md")]]
    wrong = []
    for names in glossary_terms():
        for page, text in reading:
            found = unexplained(text, names)
            if found and f"{page}: {names[0]}" not in OPEN:
                wrong.append(f"{page}: {names[0]!r} in: {found}")
            if found is not None:
                break
    assert not wrong, "\n".join(wrong)


def test_the_glossary_has_what_chapters_compare_by():
    assert {name for names in glossary_terms() for name in names} >= TAUGHT


def test_what_counts_as_explained():
    assert unexplained("A {term}`mask` is one. The mask", ["mask"]) == ""
    assert unexplained("A *mask* says which. The mask", ["mask"]) == ""
    assert unexplained("Masks are pictures of yes and no.", ["mask"]) == ""
    assert (
        unexplained("One looks at masks\nfirst; a {term}`mask` is", ["mask"])
        == "One looks at masks first; a {term}`mask` is"
    )
    assert unexplained("A masked man", ["mask"]) is None
    assert unexplained("a hd", ["HD"]) is None
    assert unexplained("Skip\nconnections carry it", ["skip connection"]) != ""

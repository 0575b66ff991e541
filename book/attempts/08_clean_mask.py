"""Attempts at the exercises of "A clean mask"; see tools/attempts.py."""


# %% ex-next-multiple, right: by the remainder
def padded_size(size, multiple):
    rest = size % multiple
    return size if rest == 0 else size + multiple - rest


# %% ex-next-multiple, right: with the module math
def padded_size(size, multiple):
    import math

    return math.ceil(size / multiple) * multiple


# %% ex-next-multiple, wrong: one multiple more, always
def padded_size(size, multiple):
    return (size // multiple + 1) * multiple


# %% ex-next-multiple, wrong: 32 for every network
def padded_size(size, multiple):
    return -(-size // 32) * 32


# %% ex-next-multiple, wrong: rounded down
def padded_size(size, multiple):
    return size // multiple * multiple


# %% ex-next-multiple, wrong: rounded to the nearest, at least one
def padded_size(size, multiple):
    return max(round(size / multiple), 1) * multiple


# %% ex-border-trap, right: a frame of atrium before the erosion
def careful_closing(mask):
    framed = np.pad(
        ndimage.binary_dilation(mask, ball), 6, constant_values=True
    )
    return ndimage.binary_erosion(framed, ball)[6:-6, 6:-6, 6:-6]


# %% ex-border-trap, right: the erosion as a dilation of what is outside
def careful_closing(mask):
    grown = ndimage.binary_dilation(mask, ball)
    return ~ndimage.binary_dilation(~grown, ball)


# %% ex-border-trap, wrong: scipy's own
def careful_closing(mask):
    return ndimage.binary_closing(mask, ball)


# %% ex-border-trap, wrong: the value given to the other of the two
def careful_closing(mask):
    grown = ndimage.binary_dilation(mask, ball, border_value=1)
    return ndimage.binary_erosion(grown, ball)


# %% ex-border-trap, wrong: the value given to both
def careful_closing(mask):
    grown = ndimage.binary_dilation(mask, ball, border_value=1)
    return ndimage.binary_erosion(grown, ball, border_value=1)


# %% ex-border-trap, wrong: opened, not closed
def careful_closing(mask):
    shrunk = ndimage.binary_erosion(mask, ball, border_value=1)
    return ndimage.binary_dilation(shrunk, ball)


# %% ex-border-trap, wrong: nothing is done
def careful_closing(mask):
    return mask


# %% ex-cleaning-ablation, right: one call for each metric
by_dice, by_hd = (
    compare(largest_only, cleaned, metric=metric, labels=("a", "b"))
    for metric in ("dice", "hd_mm")
)

# %% ex-cleaning-ablation, right: cases in another order
shuffled = cleaned.iloc[::-1]
words = ("largest piece", "both")
by_dice = compare(largest_only, shuffled, metric="dice", labels=words)
by_hd = compare(largest_only, shuffled, metric="hd_mm", labels=words)

# %% ex-cleaning-ablation, wrong: the other way round
words = ("both", "largest piece")
by_dice = compare(cleaned, largest_only, metric="dice", labels=words)
by_hd = compare(cleaned, largest_only, metric="hd_mm", labels=words)

# %% ex-cleaning-ablation, wrong: Dice twice
words = ("largest piece", "both")
by_dice = compare(largest_only, cleaned, metric="dice", labels=words)
by_hd = by_dice

# %% ex-cleaning-ablation, wrong: one of two
by_dice, by_hd = compare(largest_only, cleaned, labels=("a", "b")), None

# %% ex-bridge, right: step by step
smallest_radius = 0
while not kept(smallest_radius):
    smallest_radius += 1

# %% ex-bridge, right: from a list
smallest_radius = [kept(radius) for radius in range(8)].index(True)

# %% ex-bridge, wrong: the whole distance
smallest_radius = 8

# %% ex-bridge, wrong: no closing
smallest_radius = 0

# %% ex-bridge, wrong: the last that does not keep it
smallest_radius = [kept(radius) for radius in range(8)].index(True) - 1

# %% ex-bridge, wrong: one more than needed
smallest_radius = [kept(radius) for radius in range(8)].index(True) + 1

"""Attempts at the exercises of "One sitting"; see tools/attempts.py."""

# %% ex-dice, right: counted by the computer
common = (row_truth & row_guess).sum()
my_dice = 2 * common / (row_truth.sum() + row_guess.sum())

# %% ex-dice, right: rounded
my_dice = 0.67

# %% ex-dice, wrong: that is Jaccard
my_dice = 3 / 6

# %% ex-dice, wrong: the share of equal pixels
my_dice = 5 / 8

# %% ex-dice, wrong: the common pixels count once
my_dice = 3 / 9

# %% ex-dice, wrong: the common pixels over those of the guess
my_dice = 3 / 5

# %% ex-spacing, right: as decimals
my_volume_factor, my_dice_factor = 2.0, 1.0

# %% ex-spacing, right: measured
my_volume_factor = thick["truth_ml"] / stated["truth_ml"]
my_dice_factor = thick["dice"] / stated["dice"]

# %% ex-spacing, wrong: Dice doubles as well
my_volume_factor, my_dice_factor = 2, 2

# %% ex-spacing, wrong: thicker in all three directions
my_volume_factor, my_dice_factor = 8, 1

# %% ex-spacing, wrong: the other way round
my_volume_factor, my_dice_factor = 1, 2

# %% ex-spacing, wrong: the volume counts voxels too
my_volume_factor, my_dice_factor = 1, 1


# %% ex-ablation, right: one after the other
def clean_four_ways():
    means = []
    for radius, piece in ((0, False), (2, False), (0, True), (2, True)):
        table = cleaned_with(closing_radius=radius, largest_component=piece)
        means.append(float(np.mean(table["hd_mm"])))
    return means


# %% ex-ablation, right: by way of the defaults
def clean_four_ways():
    neither = cleaned_with(closing_radius=0, largest_component=False)
    closing = cleaned_with(largest_component=False)
    piece = cleaned_with(closing_radius=0)
    return tuple(t["hd_mm"].mean() for t in (neither, closing, piece, cleaned))


# %% ex-ablation, wrong: the two in the middle exchanged
def clean_four_ways():
    return [
        cleaned_with(closing_radius=radius, largest_component=piece)[
            "hd_mm"
        ].mean()
        for radius in (0, 2)
        for piece in (False, True)
    ]


# %% ex-ablation, wrong: Dice in place of HD
def clean_four_ways():
    return [
        cleaned_with(closing_radius=radius, largest_component=piece)[
            "dice"
        ].mean()
        for piece in (False, True)
        for radius in (0, 2)
    ]


# %% ex-ablation, wrong: the default is not switched off
def clean_four_ways():
    both = cleaned_with()["hd_mm"].mean()
    neither = cleaned_with(closing_radius=0, largest_component=False)
    return [neither["hd_mm"].mean(), both, both, both]


# %% ex-ablation, wrong: what was left out in place of what was kept
def clean_four_ways():
    return [
        cleaned_with(closing_radius=radius, largest_component=piece)[
            "hd_mm"
        ].mean()
        for piece in (True, False)
        for radius in (2, 0)
    ]

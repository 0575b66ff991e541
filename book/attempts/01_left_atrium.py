"""Attempts at the exercises of "The left atrium"; see tools/attempts.py."""

# %% ex-01-sides, right: a pair of words
my_sides = ("right", "head")

# %% ex-01-sides, right: in other letters
my_sides = ["Right ", "HEAD"]

# %% ex-01-sides, wrong: as if looked at from the head
my_sides = ["left", "head"]

# %% ex-01-sides, wrong: z counts from the top
my_sides = ["right", "feet"]

# %% ex-01-sides, wrong: the other order
my_sides = ["head", "right"]

# %% ex-01-sides, wrong: one of two
my_sides = "right"

# %% ex-01-volume, right: slab by slab, in millilitres
my_ml = sum(area * (thickness_mm / 10) for area in areas)

# %% ex-01-volume, right: counted in voxels
my_ml = truth.sum() * np.prod(image.spacing_mm) / 1000

# %% ex-01-volume, wrong: millimetres taken for centimetres
my_ml = areas.sum() * thickness_mm

# %% ex-01-volume, wrong: the thickness forgotten
my_ml = areas.sum()

# %% ex-01-volume, wrong: one slab of the mean area
my_ml = areas.mean() * thickness_mm / 10

# %% ex-01-volume, wrong: the largest slice times the height
my_ml = areas.max() * np.count_nonzero(areas) * thickness_mm / 10


# %% ex-01-threshold, right: with a mask of places
def shared_level(best_levels, place):
    levels = np.asarray(best_levels)
    return float(np.median(levels[np.arange(len(levels)) != place]))


# %% ex-01-threshold, right: with the module of the language
def shared_level(best_levels, place):
    import statistics

    return statistics.median([*best_levels[:place], *best_levels[place + 1 :]])


# %% ex-01-threshold, wrong: its own level is among them
def shared_level(best_levels, place):
    return np.median(best_levels)


# %% ex-01-threshold, wrong: the mean
def shared_level(best_levels, place):
    return np.delete(best_levels, place).mean()


# %% ex-01-threshold, wrong: equal levels of other cases left out as well
def shared_level(best_levels, place):
    return np.median(best_levels[best_levels != best_levels[place]])


# %% ex-01-threshold, wrong: the upper of the two in the middle
def shared_level(best_levels, place):
    others = sorted(np.delete(best_levels, place))
    return others[len(others) // 2]

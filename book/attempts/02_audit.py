"""Attempts at the exercises of "The audit"; see tools/attempts.py."""


# %% ex-02-labels, right: one value after the other
def is_mask(values):
    as_one = all(value in (0, 1) for value in values)
    as_255 = all(value in (0, 255) for value in values)
    return as_one or as_255


# %% ex-02-labels, right: what is left over
def is_mask(values):
    rest = np.setdiff1d(values, [0]).tolist()
    return rest in ([], [1], [255])


# %% ex-02-labels, wrong: any two values
def is_mask(values):
    return len(set(values)) <= 2


# %% ex-02-labels, wrong: any two values with a 0
def is_mask(values):
    return 0 in values and len(set(values)) <= 2


# %% ex-02-labels, wrong: two values up to 1 or 255
def is_mask(values):
    return len(set(values)) <= 2 and max(values) in (0, 1, 255)


# %% ex-02-labels, wrong: looks at the ends alone
def is_mask(values):
    return min(values) == 0 and max(values) in (0, 1, 255)


# %% ex-02-labels, wrong: one of three values
def is_mask(values):
    return set(values) <= {0, 1, 255}


# %% ex-02-labels, wrong: an empty mask is none
def is_mask(values):
    return set(values) in ({0, 1}, {0, 255})


# %% ex-02-spacing, right: one question after the other
def is_plausible(width_mm, slab_mm, atrium_ml):
    if width_mm < 250 or width_mm > 550:
        return False
    if slab_mm < 40 or slab_mm > 130:
        return False
    return not (atrium_ml < 15 or atrium_ml > 300)


# %% ex-02-spacing, right: from a table
def is_plausible(*given):
    bounds = ((250, 550), (40, 130), (15, 300))
    return all(
        low <= one <= high
        for one, (low, high) in zip(given, bounds, strict=True)
    )


# %% ex-02-spacing, wrong: the width is not looked at
def is_plausible(width_mm, slab_mm, atrium_ml):
    return 40 <= slab_mm <= 130 and 15 <= atrium_ml <= 300


# %% ex-02-spacing, wrong: the slab is not looked at
def is_plausible(width_mm, slab_mm, atrium_ml):
    return 250 <= width_mm <= 550 and 15 <= atrium_ml <= 300


# %% ex-02-spacing, wrong: only what is too large
def is_plausible(width_mm, slab_mm, atrium_ml):
    return width_mm <= 550 and slab_mm <= 130 and atrium_ml <= 300


# %% ex-02-spacing, wrong: only what is too small
def is_plausible(width_mm, slab_mm, atrium_ml):
    return width_mm >= 250 and slab_mm >= 40 and atrium_ml >= 15


# %% ex-02-spacing, wrong: only the volume
def is_plausible(width_mm, slab_mm, atrium_ml):
    return 15 <= atrium_ml <= 300


# %% ex-02-duplicate, right: the mean product of the z-scores
def is_duplicate(one, two):
    a, b = ((part - part.mean()) / part.std() for part in common(one, two))
    return bool((a * b).mean() >= 0.95)


# %% ex-02-duplicate, right: with scipy
def is_duplicate(one, two):
    from scipy.stats import pearsonr

    return pearsonr(*map(np.ravel, common(one, two))).statistic >= 0.95


# %% ex-02-duplicate, wrong: voxel for voxel
def is_duplicate(one, two):
    return np.array_equal(one, two)


# %% ex-02-duplicate, wrong: not cut to a common frame
def is_duplicate(one, two):
    return np.corrcoef(one.ravel(), two.ravel())[0, 1] >= 0.95


# %% ex-02-duplicate, wrong: a negative counts too
def is_duplicate(one, two):
    a, b = common(one, two)
    return abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) >= 0.95


# %% ex-02-duplicate, wrong: whatever is a little alike
def is_duplicate(one, two):
    a, b = common(one, two)
    return np.corrcoef(a.ravel(), b.ravel())[0, 1] > 0.5


# %% ex-02-duplicate, wrong: only what is next to equal
def is_duplicate(one, two):
    a, b = common(one, two)
    return np.corrcoef(a.ravel(), b.ravel())[0, 1] > 0.99


# %% ex-02-leak, right: from both ends
def margins(mask):
    rows, columns = mask.any(axis=(0, 2)), mask.any(axis=(0, 1))
    return [
        int(np.argmax(line))
        for line in (rows, rows[::-1], columns, columns[::-1])
    ]


# %% ex-02-leak, right: from the places of the voxels
def margins(mask):
    _, y, x = np.nonzero(mask)
    height, width = mask.shape[1:]
    return y.min(), height - 1 - y.max(), x.min(), width - 1 - x.max()


# %% ex-02-leak, wrong: one too many at the high end
def margins(mask):
    _, y, x = np.nonzero(mask)
    height, width = mask.shape[1:]
    return [y.min(), height - y.max(), x.min(), width - x.max()]


# %% ex-02-leak, wrong: x before y
def margins(mask):
    _, y, x = np.nonzero(mask)
    height, width = mask.shape[1:]
    return [x.min(), width - 1 - x.max(), y.min(), height - 1 - y.max()]


# %% ex-02-leak, wrong: where the mask lies, not how far it is from the sides
def margins(mask):
    _, y, x = np.nonzero(mask)
    return [y.min(), y.max(), x.min(), x.max()]


# %% ex-02-leak, wrong: the first slice with something in it stands for all
def margins(mask):
    filled = next(plane for plane in mask if plane.any())
    y, x = np.nonzero(filled)
    height, width = filled.shape
    return [y.min(), height - 1 - y.max(), x.min(), width - 1 - x.max()]


# %% ex-02-split, right: numbers as groups
by_scan = {name: number for number, name in enumerate(names)}
by_group = {name: int(name[1:3]) for name in names}

# %% ex-02-split, right: the name up to the hyphen
by_scan = dict(zip(names, names, strict=True))
by_group = {name: name.split("-")[0] for name in names}

# %% ex-02-split, wrong: as many groups, of any kind
by_scan = {name: number for number, name in enumerate(names)}
by_group = {name: number % 24 for number, name in enumerate(names)}

# %% ex-02-split, wrong: exchanged
by_group = {name: name for name in names}
by_scan = {name: name.removesuffix("-copy") for name in names}

# %% ex-02-split, wrong: the originals are one group, each copy is its own
by_scan = {name: name for name in names}
by_group = {name: name if "copy" in name else "original" for name in names}

# %% ex-02-split, wrong: as many groups, the pairs parted
by_scan = {name: name for name in names}
by_group = {name: min(number, 23) for number, name in enumerate(names)}

# %% ex-02-split, wrong: each by itself, twice
by_scan = {name: name for name in names}
by_group = {name: name for name in names}

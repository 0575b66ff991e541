"""Attempts at the exercises of "Contrast"; see tools/attempts.py."""

# %% ex-invariant, right: a list, as asked for
unseen = ["double", "min_max", "offset"]

# %% ex-invariant, right: in another order
unseen = ("offset", "Double", "min_max ")

# %% ex-invariant, wrong: every straight line
unseen = ["double", "negative", "min_max", "offset"]

# %% ex-invariant, wrong: the one that knows the slice's own range forgotten
unseen = ["double", "offset"]

# %% ex-invariant, wrong: the order of the greys stays
unseen = ["double", "min_max", "square", "offset"]

# %% ex-invariant, wrong: a single word
unseen = "double"


# %% ex-padded, right: by the mean of the squares
def padded_z(x, m, s, p):
    mean = p * m
    squares = p * (s * s + m * m)
    return (x - mean) / np.sqrt(squares - mean**2)


# %% ex-padded, right: with the law of total variance
def padded_z(x, m, s, p):
    within = p * s**2
    between = p * (m - p * m) ** 2 + (1 - p) * (p * m) ** 2
    return (x - p * m) / (within + between) ** 0.5


# %% ex-padded, wrong: only the mean changes
def padded_z(x, m, s, p):
    return (x - p * m) / s


# %% ex-padded, wrong: the SD shrinks like the mean
def padded_z(x, m, s, p):
    return (x - p * m) / (p * s)


# %% ex-padded, wrong: the zeros add nothing to the variance
def padded_z(x, m, s, p):
    return (x - p * m) / (p * s**2) ** 0.5


# %% ex-padded, wrong: right for a half alone
def padded_z(x, m, s, p):
    return (x - p * m) / (p * s**2 + (1 - p) ** 2 * m**2) ** 0.5


# %% ex-padded, wrong: the mean of the squares is taken for the variance
def padded_z(x, m, s, p):
    return (x - p * m) / (p * (s**2 + m**2)) ** 0.5


# %% ex-table-one, right: the two errors first
errors = np.array([sd_plain, sd_gamma]) / np.sqrt(20)
standard_error = np.sqrt((errors**2).sum())

# %% ex-table-one, right: rounded
standard_error = round(float(np.hypot(sd_plain, sd_gamma)) / 20**0.5, 4)

# %% ex-table-one, wrong: the errors add
standard_error = (sd_plain + sd_gamma) / 20**0.5

# %% ex-table-one, wrong: that is the SD of a difference of two cases
standard_error = np.hypot(sd_plain, sd_gamma)

# %% ex-table-one, wrong: over 40 cases
standard_error = np.hypot(sd_plain, sd_gamma) / 40**0.5

# %% ex-table-one, wrong: divided by the cases
standard_error = np.hypot(sd_plain, sd_gamma) / 20

# %% ex-gamma-ablation, right: with a decimal
switch_off = "augmentation.gamma.probability=0.0"

# %% ex-gamma-ablation, right: put together
switch_off = f"augmentation.gamma.{'probability'}={0}"

# %% ex-gamma-ablation, wrong: always
switch_off = "augmentation.gamma.probability=1"

# %% ex-gamma-ablation, wrong: the smallest gamma
switch_off = "augmentation.gamma.low=0"

# %% ex-gamma-ablation, wrong: the name alone
switch_off = "augmentation.gamma.probability"

# %% ex-gamma-ablation, wrong: half of the name
switch_off = "gamma.probability=0"

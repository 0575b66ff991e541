"""Attempts at the exercises of "Reading the tables"; see tools/attempts.py."""


# %% ex-printed-interval, right: the standard error first
def half_width_of(sd, n):
    return sd / np.sqrt(n) * stats.t(n - 1).ppf(0.975)


# %% ex-printed-interval, right: from the whole interval
def half_width_of(sd, n):
    low, high = stats.t.interval(0.95, n - 1, loc=0, scale=sd / n**0.5)
    return (high - low) / 2


# %% ex-printed-interval, wrong: the normal quantile
def half_width_of(sd, n):
    return 1.96 * sd / n**0.5


# %% ex-printed-interval, wrong: 5 % on one side
def half_width_of(sd, n):
    return stats.t.ppf(0.95, n - 1) * sd / n**0.5


# %% ex-printed-interval, wrong: n degrees of freedom
def half_width_of(sd, n):
    return stats.t.ppf(0.975, n) * sd / n**0.5


# %% ex-printed-interval, wrong: always 20 cases
def half_width_of(sd, n):
    return stats.t.ppf(0.975, 19) * sd / 20**0.5


# %% ex-printed-interval, wrong: the whole width
def half_width_of(sd, n):
    return 2 * stats.t.ppf(0.975, n - 1) * sd / n**0.5


# %% ex-holm, right: a row of numbers
corrected = np.array([0.04, 0.09, 0.09, 0.5])

# %% ex-holm, right: step by step
given = [0.010, 0.040, 0.030, 0.500]
order, corrected, lowest = np.argsort(given), [0.0] * 4, 0.0
for rank, place in enumerate(order):
    lowest = max(lowest, given[place] * (4 - rank))
    corrected[place] = lowest

# %% ex-holm, wrong: Bonferroni
corrected = [0.04, 0.16, 0.12, 1]

# %% ex-holm, wrong: a later one falls below an earlier one
corrected = [0.04, 0.08, 0.09, 0.5]

# %% ex-holm, wrong: as they came
corrected = [0.010, 0.040, 0.030, 0.500]

# %% ex-holm, wrong: multiplied in the order of the question
corrected = [0.04, 0.12, 0.12, 0.5]

# %% ex-holm, wrong: Benjamini and Hochberg's
corrected = [0.04, 0.16 / 3, 0.16 / 3, 0.5]

# %% ex-pairing, right: from the variances
wider = (plain.var(ddof=1) + with_gamma.var(ddof=1)) ** 0.5 / paired_sd

# %% ex-pairing, right: with n in place of n - 1, throughout
wider = (plain.var() + with_gamma.var()) ** 0.5 / np.std(plain - with_gamma)

# %% ex-pairing, wrong: the SDs add
wider = sum(spreads) / paired_sd

# %% ex-pairing, wrong: the variances' ratio
wider = sum(one**2 for one in spreads) / paired_sd**2

# %% ex-pairing, wrong: the other way round
wider = paired_sd / np.hypot(*spreads)

# %% ex-pairing, wrong: one of the two SDs
wider = spreads[0] / paired_sd

# %% ex-mirror-zero, right: with spaces
my_override = "augmentation.geometry.padding = zero"

# %% ex-mirror-zero, right: put together
my_override = "=".join(["augmentation.geometry.padding", "zero"])

# %% ex-mirror-zero, wrong: the base itself
my_override = "augmentation.geometry.padding=mirror"

# %% ex-mirror-zero, wrong: a number
my_override = "augmentation.geometry.padding=0"

# %% ex-mirror-zero, wrong: half of the name
my_override = "padding=zero"

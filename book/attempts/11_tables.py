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


# %% ex-together, right: percentiles
def interval_for(means, together):
    return np.percentile(means, [2.5 / together, 100 - 2.5 / together])


# %% ex-together, right: sorted and counted
def interval_for(means, together):
    ordered, out = np.sort(means), 0.025 / together
    last = len(ordered) - 1
    return [ordered[round(out * last)], ordered[round((1 - out) * last)]]


# %% ex-together, wrong: 95 % whatever is asked
def interval_for(means, together):
    return np.quantile(means, [0.025, 0.975])


# %% ex-together, wrong: 5 % at each end
def interval_for(means, together):
    return np.quantile(means, [0.05 / together, 1 - 0.05 / together])


# %% ex-together, wrong: divided twice
def interval_for(means, together):
    return np.quantile(means, [0.025 / together**2, 1 - 0.025 / together**2])


# %% ex-together, wrong: stretched in place of asked anew
def interval_for(means, together):
    low, high = np.quantile(means, [0.025, 0.975])
    return [low - (high - low) * together / 2, high]


# %% ex-pairing, right: from the variances
unpaired = plain.var(ddof=1) + with_gamma.var(ddof=1)
wider = (unpaired / (with_gamma - plain).var(ddof=1)) ** 0.5

# %% ex-pairing, right: with n in place of n - 1, throughout
wider = (plain.var() + with_gamma.var()) ** 0.5 / np.std(plain - with_gamma)

# %% ex-pairing, wrong: the SDs add
wider = (np.std(plain) + np.std(with_gamma)) / np.std(with_gamma - plain)

# %% ex-pairing, wrong: the variances' ratio
wider = (plain.var() + with_gamma.var()) / np.var(with_gamma - plain)

# %% ex-pairing, wrong: the other way round
wider = np.std(with_gamma - plain) / np.hypot(plain.std(), with_gamma.std())

# %% ex-pairing, wrong: one of the two SDs
wider = np.std(plain) / np.std(with_gamma - plain)

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

# %% ex-mirror-zero, wrong: another setting, trained above
my_override = "augmentation.gamma.probability=0"

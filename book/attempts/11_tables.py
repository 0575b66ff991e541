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


# %% ex-together, right: in per cent
def interval_for(means, together):
    share = 5 / together
    return np.percentile(means, [share / 2, 100 - share / 2])


# %% ex-together, right: from the sorted means
def interval_for(means, together):
    ordered = np.sort(means)
    last = len(ordered) - 1
    out = 0.025 / together * last
    return ordered[round(out)], ordered[round(last - out)]


# %% ex-together, wrong: each read alone
def interval_for(means, together):
    return np.quantile(means, [0.025, 0.975])


# %% ex-together, wrong: the whole share at each end
def interval_for(means, together):
    return np.quantile(means, [0.05 / together, 1 - 0.05 / together])


# %% ex-together, wrong: the middle is shared out, not the tails
def interval_for(means, together):
    half = 0.95 / together / 2
    return np.quantile(means, [0.5 - half, 0.5 + half])


# %% ex-together, wrong: the tails are multiplied
def interval_for(means, together):
    return np.quantile(means, [0.025 * together, 1 - 0.025 * together])


# %% ex-together, wrong: the levels, not the quantiles
def interval_for(means, together):
    return [0.025 / together, 1 - 0.025 / together]


# %% ex-pairing, right: from the variances
together_sd = (plain.var(ddof=1) + with_gamma.var(ddof=1)) ** 0.5
wider = together_sd / np.std(with_gamma - plain, ddof=1)

# %% ex-pairing, right: with n in place of n - 1, throughout
wider = np.hypot(plain.std(), with_gamma.std()) / np.std(plain - with_gamma)

# %% ex-pairing, wrong: the SDs add
wider = (plain.std() + with_gamma.std()) / (with_gamma - plain).std()

# %% ex-pairing, wrong: the ratio of the variances
wider = (plain.var() + with_gamma.var()) / (with_gamma - plain).var()

# %% ex-pairing, wrong: the other way round
wider = (with_gamma - plain).std() / np.hypot(plain.std(), with_gamma.std())

# %% ex-pairing, wrong: one of the two SDs
wider = plain.std() / (with_gamma - plain).std()

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

# %% ex-mirror-zero, wrong: the value alone
my_override = "zero"

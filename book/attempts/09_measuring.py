"""Attempts at the exercises of "Measuring a mask"; see tools/attempts.py."""

# %% ex-distances-by-hand, right: a row of numbers
by_hand = np.array([4, 0.5, 1.2, 0.85])

# %% ex-distances-by-hand, right: with the sums written out
by_hand = (4, (1 + 1) / 4, (1 + 1 + 4) / 5, (2 / 4 + 6 / 5) / 2)

# %% ex-distances-by-hand, wrong: in voxels
by_hand = [2, 0.5, 0.8, 0.65]

# %% ex-distances-by-hand, wrong: pooled
by_hand = [4, 0.5, 1.2, 8 / 9]

# %% ex-distances-by-hand, wrong: the lists exchanged
by_hand = [4, 1.2, 0.5, 0.85]

# %% ex-distances-by-hand, wrong: only from truth to guess
by_hand = [1, 0.5, 1.2, 0.5]


# %% ex-two-assd, right: by sums and counts
def my_assd(there, back, pooled):
    if pooled:
        return (there.sum() + back.sum()) / (len(there) + len(back))
    return 0.5 * np.mean(there) + 0.5 * np.mean(back)


# %% ex-two-assd, right: weighted means
def my_assd(there, back, pooled):
    weights = [there.size, back.size] if pooled else [1, 1]
    return np.average([there.mean(), back.mean()], weights=weights)


# %% ex-two-assd, wrong: never pooled
def my_assd(there, back, pooled):
    return (there.mean() + back.mean()) / 2


# %% ex-two-assd, wrong: always pooled
def my_assd(there, back, pooled):
    return np.concatenate([there, back]).mean()


# %% ex-two-assd, wrong: exchanged
def my_assd(there, back, pooled):
    if not pooled:
        return np.concatenate([there, back]).mean()
    return (there.mean() + back.mean()) / 2


# %% ex-two-assd, wrong: the larger of the two
def my_assd(there, back, pooled):
    if pooled:
        return np.concatenate([there, back]).mean()
    return max(there.mean(), back.mean())


# %% ex-bootstrap-by-hand, right: one draw after the other
def my_interval(values):
    rng = np.random.default_rng(2)
    means = [
        rng.choice(values, size=len(values), replace=True).mean()
        for _ in range(10_000)
    ]
    return np.quantile(means, 0.025), np.quantile(means, 0.975)


# %% ex-bootstrap-by-hand, right: from the sorted means
def my_interval(values):
    rng = np.random.default_rng(3)
    drawn = rng.choice(values, size=(10_000, len(values)))
    means = np.sort(drawn.mean(axis=1))
    return [means[249], means[9749]]


# %% ex-bootstrap-by-hand, wrong: mean and 1.96 standard errors
def my_interval(values):
    error = np.std(values, ddof=1) / len(values) ** 0.5
    return [np.mean(values) - 1.96 * error, np.mean(values) + 1.96 * error]


# %% ex-bootstrap-by-hand, wrong: mean and 1.96 SDs of the means
def my_interval(values):
    rng = np.random.default_rng(1)
    means = rng.choice(values, size=(10_000, len(values))).mean(axis=1)
    return means.mean() + np.array([-1.96, 1.96]) * means.std()


# %% ex-bootstrap-by-hand, wrong: 90 %
def my_interval(values):
    rng = np.random.default_rng(1)
    means = rng.choice(values, size=(10_000, len(values))).mean(axis=1)
    return np.percentile(means, [5, 95])


# %% ex-bootstrap-by-hand, wrong: percentiles of the cases
def my_interval(values):
    return np.percentile(values, [2.5, 97.5])


# %% ex-bootstrap-by-hand, wrong: drawn without replacement
def my_interval(values):
    rng = np.random.default_rng(1)
    means = [rng.permutation(values).mean() for _ in range(10_000)]
    return np.percentile(means, [2.5, 97.5])


# %% ex-metric-ablation, right: by name
volume_verdict, slice_verdict = (
    compare(both["ends cut"], both["grown"], labels=("ends cut", "grown"))
    for both in (by_volume, by_slices)
)

# %% ex-metric-ablation, right: with the metric named
kinds = ("ends cut", "grown")
volume_verdict = compare(*by_volume.values(), metric="dice", labels=kinds)
slice_verdict = compare(*by_slices.values(), metric="dice", labels=kinds)

# %% ex-metric-ablation, wrong: the other way round
kinds = ("grown", "ends cut")
volume_verdict = compare(
    by_volume["grown"], by_volume["ends cut"], labels=kinds
)
slice_verdict = compare(by_slices["grown"], by_slices["ends cut"], labels=kinds)

# %% ex-metric-ablation, wrong: over volumes twice
kinds = ("ends cut", "grown")
volume_verdict = compare(*by_volume.values(), labels=kinds)
slice_verdict = volume_verdict

# %% ex-metric-ablation, wrong: exchanged
kinds = ("ends cut", "grown")
slice_verdict = compare(*by_volume.values(), labels=kinds)
volume_verdict = compare(*by_slices.values(), labels=kinds)

"""Attempts at the exercises of "Bagging"; see tools/attempts.py."""


# %% ex-own-bootstrap, right: chosen
def bootstrap(names, rng):
    return rng.choice(names, size=len(names))


# %% ex-own-bootstrap, right: one after the other
def bootstrap(names, rng):
    return [names[int(rng.random() * len(names))] for _ in names]


# %% ex-own-bootstrap, wrong: without replacement
def bootstrap(names, rng):
    return rng.permutation(names)


# %% ex-own-bootstrap, wrong: one too few
def bootstrap(names, rng):
    return rng.choice(names, size=len(names) - 1)


# %% ex-own-bootstrap, wrong: the last is never drawn
def bootstrap(names, rng):
    return [
        names[place] for place in rng.integers(len(names) - 1, size=len(names))
    ]


# %% ex-own-bootstrap, wrong: one name again and again
def bootstrap(names, rng):
    return [rng.choice(names)] * len(names)


# %% ex-own-ensemble, right: added up
def ensemble(members, scan):
    total = 0.0
    for member in members:
        total = total + member(scan)
    return total / len(members)


# %% ex-own-ensemble, right: stacked
def ensemble(members, scan):
    return np.stack([member(scan) for member in members]).mean(0)


# %% ex-own-ensemble, wrong: over the voxels too
def ensemble(members, scan):
    return np.mean([member(scan) for member in members])


# %% ex-own-ensemble, wrong: of the masks
def ensemble(members, scan):
    return np.mean([member(scan) > 0.5 for member in members], axis=0)


# %% ex-own-ensemble, wrong: always three of them
def ensemble(members, scan):
    return sum(member(scan) for member in members) / 3


# %% ex-own-ensemble, wrong: the median
def ensemble(members, scan):
    return np.median([member(scan) for member in members], axis=0)


# %% ex-vote, right: counted
def both_rules(p):
    votes = sum(one > 0.5 for one in p)
    return [int(sum(p) / len(p) > 0.5), int(votes > len(p) / 2)]


# %% ex-vote, right: mean and median
def both_rules(p):
    return np.array([np.mean(p), np.median(p)]) > 0.5


# %% ex-vote, wrong: the member in the middle of the list decides
def both_rules(p):
    return [int(np.mean(p) > 0.5), int(p[1] > 0.5)]


# %% ex-vote, wrong: two votes are always enough
def both_rules(p):
    return [int(np.mean(p) > 0.5), int(np.sum(np.array(p) > 0.5) >= 2)]


# %% ex-vote, wrong: the average twice
def both_rules(p):
    return [int(np.mean(p) > 0.5), int(np.mean(p) > 0.5)]


# %% ex-vote, wrong: the other order
def both_rules(p):
    return [int(np.median(p) > 0.5), int(np.mean(p) > 0.5)]


# %% ex-vote, wrong: the surest member decides
def both_rules(p):
    surest = max(p, key=lambda one: abs(one - 0.5))
    return [int(surest > 0.5), int(np.median(p) > 0.5)]


# %% ex-disagreement, right: the disagreement is a variance
def three_terms(p, y):
    of_average = ((p.mean(axis=0) - y) ** 2).mean()
    return of_average, ((p - y) ** 2).mean(), p.var(axis=0).mean()


# %% ex-disagreement, right: the third from the other two
def three_terms(p, y):
    of_average = np.square(np.mean(p, axis=0) - y).mean()
    of_each = np.mean([np.square(one - y).mean() for one in p])
    return [of_average, of_each, of_each - of_average]


# %% ex-disagreement, wrong: the variance of a sample
def three_terms(p, y):
    of_average = np.mean((p.mean(axis=0) - y) ** 2)
    return [of_average, np.mean((p - y) ** 2), p.var(axis=0, ddof=1).mean()]


# %% ex-disagreement, wrong: an SD in place of a variance
def three_terms(p, y):
    of_average = np.mean((p.mean(axis=0) - y) ** 2)
    return [of_average, np.mean((p - y) ** 2), p.std(axis=0).mean()]


# %% ex-disagreement, wrong: sums in place of means
def three_terms(p, y):
    middle = p.mean(axis=0)
    terms = (middle - y) ** 2, (p - y) ** 2, (p - middle) ** 2
    return [one.sum() for one in terms]


# %% ex-disagreement, wrong: the mean over the wrong axis
def three_terms(p, y):
    middle = p.mean(axis=-1, keepdims=True)
    terms = (middle - y) ** 2, (p - y) ** 2, (p - middle) ** 2
    return [one.mean() for one in terms]


# %% ex-seen, right: in digits
my_shares = (0.368, 0.101, 0.0067)

# %% ex-seen, right: multiplied in a loop
in_all, in_none = 1.0, 1.0
for _ in range(5):
    in_all *= 1 - out
    in_none *= out
my_shares = np.array([out, in_all, in_none])

# %% ex-seen, wrong: what is not in all is in none
my_shares = [out, (1 - out) ** 5, 1 - (1 - out) ** 5]

# %% ex-seen, wrong: added, not multiplied
my_shares = [out, (1 - out) / 5, out / 5]

# %% ex-seen, wrong: the share that is in
my_shares = [1 - out, (1 - out) ** 5, out**5]

# %% ex-seen, wrong: the other order
my_shares = [out, out**5, (1 - out) ** 5]


# %% ex-bag, right: merged
def gained(rival, mine):
    both = rival.merge(mine, on="name", suffixes=("_old", "_new"))
    change = both["dice_new"] - both["dice_old"]
    return np.mean(change), int(np.sum(change > 0))


# %% ex-bag, right: by hand
def gained(rival, mine):
    before = dict(zip(rival["name"], rival["dice"], strict=True))
    after = dict(zip(mine["name"], mine["dice"], strict=True))
    changes = [after[name] - before[name] for name in after]
    return [sum(changes) / len(changes), sum(one > 0 for one in changes)]


# %% ex-bag, wrong: rival minus mine
def gained(rival, mine):
    change = rival.set_index("name")["dice"] - mine.set_index("name")["dice"]
    return [change.mean(), (change > 0).sum()]


# %% ex-bag, wrong: row by row, whoever stands there
def gained(rival, mine):
    change = mine["dice"].to_numpy() - rival["dice"].to_numpy()
    return [change.mean(), (change > 0).sum()]


# %% ex-bag, wrong: the share of the cases
def gained(rival, mine):
    change = mine.set_index("name")["dice"] - rival.set_index("name")["dice"]
    return [change.mean(), (change > 0).mean()]

"""A run on disk: named profiles, the split, training, bagging, prediction and evaluation wired together."""

"""How good a mask is: overlap, surface distances, volumes, per-case tables, paired comparisons."""

"""Where the pictures come from: volumes, cohorts, audit, splits, the phantom and the slice bank."""

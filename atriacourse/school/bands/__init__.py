"""Recorded runs of every pair of variants, and the band in which one more run is expected."""

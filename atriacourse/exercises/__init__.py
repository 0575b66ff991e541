"""Predict, then check: guesses, instant checks, stubs of worked cells, and the set-up cell for Colab."""

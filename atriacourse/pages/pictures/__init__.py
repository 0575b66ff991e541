"""Figures with one shared style; each function returns a closed `Figure`."""

"""Experiments and pictures of one chapter alone; the file begins with the name of the chapter."""

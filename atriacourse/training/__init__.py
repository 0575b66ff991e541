"""Losses, curriculum, learning-rate schedule, the loop, and checkpoints that resume bit for bit."""

"""Assignments whose variant follows from the student's id: sources, notebooks, and what these call."""

"""What only an instructor runs; nothing that a student runs imports it.

In this order: fences (run a notebook that nobody trusts; knows nothing of the course), sources/ (assignments
with their solutions), bands (what their results may be), handouts, grading, classroom, nbgrader.
"""

"""The ablations as plain data, the runner, the published numbers and the atlas of recorded results."""

"""Run functions that nobody trusts, confined by what the system has. Knows nothing of the course."""

"""What is done to a batch of slices before the network sees it: geometry, gamma, contrast, normalisation."""

"""From a trained network to a clean 3D mask: predict a volume, post-process it, average an ensemble."""

"""What the chapters use beside the method itself: figures with one shared style."""

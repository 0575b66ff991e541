"""Pictures with something to move, on a page without a kernel: sliders, a stack of slices, a view in 3D."""

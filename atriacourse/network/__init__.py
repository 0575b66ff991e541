"""The multi-task Deep U-Net, spatial pyramid pooling, and the vanilla U-Net as the same class."""

"""`atriacourse`: left-atrium segmentation in GE-MRI, after Chen, Bai and Rueckert (2018).

The folders are the pipeline, in order: data, augment, network, training, inference, evaluation,
runs. Importing this package imports none of them, so it is quick and pulls in no torch.
"""

__version__ = "0.1.0"

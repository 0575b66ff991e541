"""Trained networks that come with the course, a folder each; runs/shipped.py finds them by name.

Made by tools/train_models.py on phantoms alone. A folder is a run's (runs/folder.py), its weights kept in
half precision, with a card.json: what it was trained on and what it scores. Nothing is ever written here.
"""

"""What a chapter puts on its page.

In this order: bench (scans, settings and small trainings to work with), pictures, widgets (pictures with
something to move), and chapters (an experiment or a picture of one chapter alone, by the chapter's name).
"""

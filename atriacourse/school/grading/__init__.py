"""Grading: run submissions behind fences, mark them by the rubric, and write what came out.

In reading order: reading.py and finding.py read a submission and know whose it is; hidden.py and restore.py
put the instructor's text and tests back; rubric.py and its parts mark it; similar.py, gradebook.py,
feedback.py and class_page.py look at the whole class; grade_class.py leads through it.
"""

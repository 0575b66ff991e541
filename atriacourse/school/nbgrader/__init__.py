"""Assignments for departments that grade with nbgrader: the same sources, in its format.

In reading order: class_words.py and regions.py turn our text into nbgrader's, source_notebook.py writes the
notebook, course.py the folder of a course; marking.py gives points in its test cells. What else the notebook
calls stands in assignments/nbgrader.py. nbgrader itself is never imported: it lives in an environment of its
own and reads files.
"""

"""Who is in the class, and how learning platforms spell it: Canvas, Moodle, Blackboard, GitHub Classroom.

In this order: table.py reads a file of rows; people.py knows whom a row means; delivery.py knows whose a file
is by the name that a platform gave it; unpack.py opens a zip.
"""

"""What a class measured and guessed, on one page without names: `atriacourse classroom`.

In this order: runs (one measurement), collect (read the files), pooled (numbers over students), draw, page.
"""

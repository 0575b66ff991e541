"""A synthetic left atrium in GE-MRI with known truth, at any matrix.

Reading order: config, shapes and waves, patient, atrium and neighbours, anatomy, canvas, paint, signal,
phantom, write. realism.csv sets a cohort's statistics beside those of the real scans (tools/realism.py
makes it).
"""

from atriacourse.data.phantom.phantom import Phantom, make_phantom
from atriacourse.data.phantom.phantom_config import PhantomConfig
from atriacourse.data.phantom.write import write_phantom_cohort

__all__ = ["Phantom", "PhantomConfig", "make_phantom", "write_phantom_cohort"]

"""A synthetic left atrium in GE-MRI with known truth, at any matrix: config, anatomy, paint, signal, write."""

from atriacourse.data.phantom.config import PhantomConfig
from atriacourse.data.phantom.phantom import Phantom, make_phantom
from atriacourse.data.phantom.write import write_phantom_cohort

__all__ = ["Phantom", "PhantomConfig", "make_phantom", "write_phantom_cohort"]

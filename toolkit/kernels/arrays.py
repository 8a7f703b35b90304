"""The array types that the kernels speak."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Vectors: TypeAlias = npt.NDArray[np.floating]
"""Rows of float32 or float64; what goes in as float32 comes out as float32."""

Indices: TypeAlias = npt.NDArray[np.intp]
"""Row numbers."""

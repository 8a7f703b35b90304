"""Whether a table can be trusted: what it holds twice, and what it contradicts."""

from toolkit.audit.comparing import THRESHOLD
from toolkit.audit.duplicates import Duplicates, near_duplicates
from toolkit.audit.overlap import Overlap, text_overlap

__all__ = ["THRESHOLD", "Duplicates", "Overlap", "near_duplicates", "text_overlap"]

"""Fitted models as files that hold no code: one zip of a manifest, arrays and plain values."""

from toolkit.persistence.loading import load, read_manifest
from toolkit.persistence.saving import save

__all__ = ["load", "read_manifest", "save"]

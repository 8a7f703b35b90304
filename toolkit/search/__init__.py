"""Find the rows of a table that are like a query, by meaning, by words, or by both."""

from toolkit.search.cosine_index import CosineIndex

__all__ = ["CosineIndex"]

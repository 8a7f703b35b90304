"""Texts of the kinds that tables hold, for every server."""

FITTING = {
    "plain": "Where is my parcel?",
    "emoji": "Größe 💛 naïve 日本語テキスト عربى 👩‍👩‍👧",
    "SQL": "SELECT *\nFROM orders\nWHERE id = 1; -- 'late'",
    "one character": "a",
    "a mark": "!",
    "combining": "e\u0301 ﬁ １２３",
    "markup": "<b>&amp;</b>\t\r\n x",
    "special tokens": "[CLS] [PAD] ##ing [unused5]",
    "control": "\x1b[31m\u202e\ufeff late \x00 parcel",
    "long": "late parcel " * 100,
}
"""Within the 256 tokens that all-MiniLM-L6-v2 reads."""

OVER_LONG = {
    "25,000 characters": "late parcel? " * 1923,
    "one word": "x" * 25_000,
    "emoji": "💛 " * 12_500,
    "120,000 characters": "late parcel " * 10_000,
}

HUGE = "late parcel " * 90_000

ODD_ROWS = ["late parcel", "", " ", None, float("nan"), 3, "\ud800", "\x00", "late parcel"]


def numbered(n):
    """Return n short texts, each different."""
    words = ("parcel", "refund", "invoice", "login", "battery", "seat", "lamp")

    return [f"{words[i % len(words)]} number {i} is {words[i // 7 % len(words)]}" for i in range(n)]

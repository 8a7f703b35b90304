"""The thirty fault cases; asserts in them that fail are told in full, as those in tests are."""

import pytest

FILES = (
    *("connections", "waiting", "refusals", "failures", "limits", "replies", "numbers"),
    *("rows", "interruptions", "kept", "secrets"),
)

pytest.register_assert_rewrite(
    *(f"tests.servers.cases.{file}" for file in (*FILES, "trial", "keeping"))
)

import pytest

from toolkit import ToolkitWarning
from toolkit.embedding.kept_replies import KeptReplies

ONE, OTHER = "ab" * 32, "cd" * 32


def test_replies_are_kept_by_their_key(own_cache):
    """
    Each is found again by its key and no other, beside the cache of vectors.
    """
    KeptReplies().keep(ONE, '[{"id": 0}]\n退款')

    assert KeptReplies().reply(ONE) == '[{"id": 0}]\n退款'
    assert KeptReplies().reply(OTHER) is None
    assert KeptReplies().path.parent == own_cache.parent


def test_a_reply_is_replaced(tmp_path):
    """
    The last one counts, and nothing else is left behind.
    """
    kept = KeptReplies(tmp_path)
    kept.keep(ONE, "old")
    kept.keep(ONE, "new")

    assert kept.reply(ONE) == "new"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[" * 100_000, b"\xff\xfe", b"[]", b'{"format": 1, "key": "x", "reply": "y"}'],
)
def test_a_damaged_file_is_set_aside(tmp_path, content):
    """
    One warning, then the question is as good as new.
    """
    kept = KeptReplies(tmp_path)
    (tmp_path / f"{ONE}.json").write_bytes(content)

    with pytest.warns(ToolkitWarning, match="set aside") as warned:
        assert kept.reply(ONE) is None
    assert len(warned) == 1
    assert kept.reply(ONE) is None
    kept.keep(ONE, "anew")
    assert kept.reply(ONE) == "anew"
    assert (tmp_path / f"{ONE}.json.corrupt").read_bytes() == content


def test_what_cannot_be_written_is_told(tmp_path):
    """
    A file in the folder's place is no reason to fail.
    """
    (tmp_path / "file").write_text("")
    kept = KeptReplies(tmp_path / "file")

    with pytest.warns(ToolkitWarning, match="cannot be kept"):
        kept.keep(ONE, "reply")
    assert kept.reply(ONE) is None
    assert kept.files() == []


def test_folders_in_the_way_are_no_reason_to_fail(tmp_path):
    """
    What cannot be put in its place is thrown away, and what cannot be set aside is not read.
    """
    kept = KeptReplies(tmp_path)
    (tmp_path / f"{ONE}.json").mkdir()
    with pytest.warns(ToolkitWarning, match="cannot be kept"):
        kept.keep(ONE, "reply")
    assert [file.name for file in tmp_path.iterdir()] == [f"{ONE}.json"]

    (tmp_path / f"{OTHER}.json").write_text("{")
    (tmp_path / f"{OTHER}.json.corrupt").mkdir()
    assert kept.reply(OTHER) is None


def test_only_our_files_are_cleared(tmp_path):
    """
    Whatever else lies in the folder stays.
    """
    kept = KeptReplies(tmp_path)
    kept.keep(ONE, "a")
    kept.keep(OTHER, "b")
    (tmp_path / "notes.json").write_text("mine")

    assert kept.n_bytes() > 0
    assert kept.clear() == 2
    assert kept.clear() == 0
    assert [file.name for file in tmp_path.iterdir()] == ["notes.json"]

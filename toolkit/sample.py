"""The sample table that comes with the toolkit."""

from pathlib import Path

from toolkit.errors import TableError

NAME = "support_tickets.csv"


def sample_table() -> Path:
    """
    Return the path of the sample support tickets (see data/README.md).

    >>> sample_table().name
    'support_tickets.csv'
    """
    package = Path(__file__).parent
    # A wheel carries the table inside the package; a checkout has it in data/.
    for path in (package / "data" / NAME, package.parent / "data" / NAME):
        if path.exists():
            return path
    raise TableError(f"the sample table {NAME} is not installed: reinstall text-embedding-toolkit")

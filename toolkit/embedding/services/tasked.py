"""What services share whose requests have a field for the task."""

from dataclasses import dataclass
from typing import ClassVar

from toolkit.embedding.http.service import HTTPProvider
from toolkit.errors import InputError


@dataclass(frozen=True, kw_only=True)
class TaskedProvider(HTTPProvider):
    """
    A service that is told what vectors are for, in a word of its own.

    Parameters
    ----------
    task : str, optional
        Sent as it is, whatever the vectors are for; else the service's word for their task.
    """

    task: str | None = None

    task_told: ClassVar[str]
    """What `task` has to be, for the error of one that is not."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.task is not None and not self.task.strip():
            raise InputError(f"task must be {self.task_told}, got {self.task!r}")

"""Clusters named by a chat model, which sees a few texts of each and all of them at once."""

from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from toolkit.cluster_numbers import NOISE
from toolkit.clustering.chat_answers import Proposal, proposals_in
from toolkit.clustering.chat_questions import Group, groups_of, question_about
from toolkit.clustering.name_choice import MODEL, NameChoice
from toolkit.clustering.name_words import NameWords
from toolkit.clustering.theme_documents import Documents, documents_of
from toolkit.clustering.themes import Themes
from toolkit.embedding.chat import ChatModel, Question, is_too_long
from toolkit.embedding.http.faults import shown
from toolkit.embedding.http.wire import Fault
from toolkit.embedding.kept_replies import KeptReplies
from toolkit.errors import InputError, InvalidResponse, ProviderError, warn_user
from toolkit.kernels import Indices
from toolkit.plain_text import cut
from toolkit.texts import TextInput, clean_texts, text_values

LONGEST_EXCERPT = 80
"""Of an answer that is of no use, in an error."""


@dataclass(frozen=True)
class ChatNamer:
    """
    Name clusters with a chat model at OpenAI, or at any server that speaks its form.

    Up to eight texts of each cluster are sent, cut short, with its terms, and all clusters of a
    partition together, so that their names tell them apart. Names that are another cluster's, or
    that few texts bear out, are refused and asked for once more; a cluster for which no good one
    comes keeps the name made of its words. What was asked before is not asked again: replies are
    kept beside the cache of vectors.

    The key comes from the environment (``OPENAI_API_KEY``, or the vendor's own) when something is
    sent, and is kept nowhere.

    Parameters
    ----------
    model : str
        ``openai:gpt-4.1-mini``, or ``openai:MODEL?base_url=http://127.0.0.1:8080/v1`` for
        llama.cpp, vLLM, Ollama, litellm and their like; `timeout` (seconds, 600 if not given),
        `price` (US dollars for a million tokens) and `key_env` are settings too.
    clusters_per_request : int, default=40
        Most clusters in one request, > 0; where the service says that they are too many, they are
        asked for in parts.
    longest_text : int, default=300
        Characters of a text that are sent at most, > 0.
    cache : bool or path-like, default=True
        Where replies are kept: beside the cache of vectors, nowhere, or in this folder.

    Notes
    -----
    That all clusters stand in one request, that terms come with counts and that a name with too
    little support is refused are what others found to work; see `NameChoice` for the rules. A
    text may try to give the model orders: texts are sent as JSON, the model is told that they are
    data, and its names are only ever shown, as one line of at most 60 columns.

    Examples
    --------
    >>> ChatNamer("openai:qwen3?base_url=http://127.0.0.1:8080/v1", longest_text=200)
    ChatNamer(model='openai:qwen3?base_url=http://127.0.0.1:8080/v1', clusters_per_request=40,
              longest_text=200, cache=True)
    """

    model: str
    _: KW_ONLY
    clusters_per_request: int = 40
    longest_text: int = 300
    cache: bool | Path | str = True

    def __post_init__(self) -> None:
        ChatModel(self.model)
        for name in ("clusters_per_request", "longest_text"):
            value = getattr(self, name)
            if not (isinstance(value, int) and value > 0):
                raise InputError(f"{name} must be an integer > 0, got {value!r}")

    @property
    def price(self) -> float | None:
        """US dollars for a million tokens, None if not known; this machine costs nothing."""
        return ChatModel(self.model).service.price_per_million

    def check_key(self) -> None:
        """Raise AuthenticationFailed now if the service's key is missing; nothing is sent."""
        ChatModel(self.model).check_key()

    def named(
        self, found: Themes, texts: TextInput, labels: Sequence[int] | Indices | pd.Series
    ) -> Themes:
        """
        Return the themes with the model's names.

        Whatever becomes of the requests, there are names in the end: if the service fails, a
        ToolkitWarning says why, and clusters keep the names made of their words.

        Parameters
        ----------
        found : Themes
            Of these texts and labels.
        texts : list, Series or one-column DataFrame
        labels : list, ndarray or Series of int

        Returns
        -------
        Themes
            Its table has three more columns: ``description`` (a sentence, "" if there is none),
            ``named_by`` (``model`` or ``words``) and ``support`` (the share of the cluster's rows
            that hold a word of the name, in any of its forms; words that are not more frequent
            there than elsewhere do not count). A good name in other words than the texts' has a
            low support: look at those first.

        Raises
        ------
        InputError
            If texts and labels are not those of the themes, or a model has named them already.
        """
        documents = _documents(found, texts, labels)
        choice = NameChoice(found.table, NameWords(documents, found.table["n_rows"].to_numpy()))
        trouble = None
        try:
            self._ask(groups_of(found.table, documents, longest=self.longest_text), choice)
        except ProviderError as error:
            trouble = str(error)
        table = choice.settled()
        n_kept, n_clusters = int((table["named_by"] != MODEL).sum()), len(table)
        if trouble is not None:
            warn_user(
                f"{trouble}: {n_kept:,} of {n_clusters:,} groups keep the names made of their words"
            )

        return replace(found, table=table)

    def _ask(self, groups: Sequence[Group], choice: NameChoice) -> None:
        """Ask for all names, then once more for those that are missing or were refused."""
        for batch in self._batches(groups):
            self._ask_for(batch, choice)
        unnamed = [group for group in groups if not choice.is_named(group.number)]
        for batch in self._batches(unnamed):
            self._ask_for(batch, choice)

    def _batches(self, groups: Sequence[Group]) -> Iterator[Sequence[Group]]:
        """Yield as few batches as may be, of about one size."""
        n_batches = -(-len(groups) // self.clusters_per_request)
        for places in np.array_split(np.arange(len(groups)), max(n_batches, 1)):
            if len(places):
                yield groups[places[0] : places[-1] + 1]

    def _ask_for(self, groups: Sequence[Group], choice: NameChoice) -> None:
        found = self._proposals(question_about(groups, choice.in_use, choice.refused))
        if not isinstance(found, Fault):
            numbers = {group.number for group in groups}
            choice.consider({number: each for number, each in found.items() if number in numbers})
        elif is_too_long(found) and len(groups) > 1:
            middle = len(groups) // 2
            self._ask_for(groups[:middle], choice)
            self._ask_for(groups[middle:], choice)
        else:
            raise found.error(f"{ChatModel(self.model).who}: {found.message}")

    def _proposals(self, question: Question) -> dict[int, Proposal] | Fault:
        """Return the names in the model's answer, the kept one if it was asked before."""
        model, kept = ChatModel(self.model), self._kept_replies
        key = model.key_of(question)
        known = kept.reply(key) if kept is not None else None
        answer = model.answer(question) if known is None else known
        if isinstance(answer, Fault):
            return answer
        proposals = proposals_in(answer)
        if not proposals:
            begins = cut(shown(answer, model.service.keys, question.texts), LONGEST_EXCERPT)
            raise InvalidResponse(f"{model.who}: expected names as JSON, got {begins!r}")
        if kept is not None and known is None:
            kept.keep(key, answer)

        return proposals

    @property
    def _kept_replies(self) -> KeptReplies | None:
        if self.cache is False:
            return None

        return KeptReplies(None if self.cache is True else self.cache)


def _documents(
    found: Themes, texts: TextInput, labels: Sequence[int] | Indices | pd.Series
) -> Documents:
    """Return the different texts of each cluster, by its place in the table of themes."""
    if "named_by" in found.table:
        raise InputError(
            "expected the themes as they are found, got some that a model has named: start from "
            "what themes(texts, labels) returns"
        )
    clean, numbers = clean_texts(text_values(texts)).texts, np.asarray(labels)
    clusters = found.table["cluster"].to_numpy()
    if len(clean) != found.n_rows or len(numbers) != found.n_rows:
        raise InputError(
            f"expected the {found.n_rows:,} texts and labels that the themes were found in, got "
            f"{len(clean):,} texts and {len(numbers):,} labels"
        )
    if not np.array_equal(np.unique(numbers[numbers != NOISE]), clusters):
        raise InputError(
            f"expected the labels that the themes were found with, of {len(clusters):,} clusters, "
            "got others: give the labels of the same partition"
        )
    place = np.where(numbers == NOISE, NOISE, np.searchsorted(clusters, numbers))

    return documents_of(clean, place.astype(np.intp), None)

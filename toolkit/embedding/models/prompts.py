"""What models were trained to find before a text, by task; from their own cards."""

from toolkit.embedding.models.known_model import Prompts

_BEFORE_SEARCHES = "Represent this sentence for searching relevant passages: "
_QWEN_3 = "Instruct: Given a web search query, retrieve relevant passages that answer the query"

PROMPTS: dict[str, Prompts] = {
    "arctic-2": {"query": "query: "},
    "bge": {"query": _BEFORE_SEARCHES},
    "e5": {
        "none": "query: ",
        "classification": "query: ",
        "clustering": "query: ",
        "similarity": "query: ",
        "query": "query: ",
        "document": "passage: ",
    },
    # EmbeddingGemma's; gemini-embedding-2 takes the same in place of a task type.
    "gemma": {
        "classification": "task: classification | query: ",
        "clustering": "task: clustering | query: ",
        "similarity": "task: sentence similarity | query: ",
        "query": "task: search result | query: ",
        "document": "title: none | text: ",
    },
    "nomic": {
        "none": "search_document: ",
        "classification": "classification: ",
        "clustering": "clustering: ",
        "similarity": "classification: ",
        "query": "search_query: ",
        "document": "search_document: ",
    },
    "qwen-3": {"query": f"{_QWEN_3}\nQuery:"},
}

"""Where scores and prices come from; a figure without one of these stands nowhere."""

from toolkit.embedding.models.known_model import Benchmark, Source

ENGLISH_V2 = Benchmark("english-v2", "MTEB English v2, 41 tasks")
ENGLISH_V1 = Benchmark("english-v1", "MTEB English v1, 56 tasks")
MULTILINGUAL = Benchmark("multilingual", "MTEB Multilingual v2, 131 tasks")

BENCHMARKS = (ENGLISH_V2, ENGLISH_V1, MULTILINGUAL)

MODEL2VEC = "model2vec, results/README.md"
QWEN = "Qwen3-Embedding, README.md"
QWEN_ON_GEMINI = f"{QWEN}, for the preview exp-03-07"
GEMMA = "EmbeddingGemma, arXiv 2509.20354"

SOURCES = {
    "board": Source(ENGLISH_V1, "MTEB leaderboard", "2024-11"),
    "model2vec-v1": Source(ENGLISH_V1, MODEL2VEC, "2025"),
    "gte-card": Source(ENGLISH_V1, "card of Alibaba-NLP/gte-modernbert-base", "2025-01"),
    "model2vec-v2": Source(ENGLISH_V2, MODEL2VEC, "2026-05"),
    "gemma-paper": Source(ENGLISH_V2, GEMMA, "2025-09"),
    "qwen": Source(ENGLISH_V2, QWEN, "2025-06"),
    "qwen-on-gemini": Source(ENGLISH_V2, QWEN_ON_GEMINI, "2025-06"),
    "gemma-paper-multilingual": Source(MULTILINGUAL, GEMMA, "2025-09"),
    "qwen-multilingual": Source(MULTILINGUAL, QWEN, "2025-06"),
    "qwen-on-gemini-multilingual": Source(MULTILINGUAL, QWEN_ON_GEMINI, "2025-06"),
}

PRICE_SOURCE = "the price table of litellm 1.109.1"
PRICE_DATE = "2026-11"

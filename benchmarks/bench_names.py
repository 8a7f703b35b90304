"""
Compare names of clusters with those of c-TF-IDF, by the labels that nobody showed them.

    python benchmarks/bench_names.py --data folder
    python benchmarks/bench_names.py --data folder --tables hwu64 snips --vectors folder

A name is right if it holds a word of the label that most rows of its cluster have, both stemmed.
Two partitions are named: k-means of the vectors with the true number of clusters, and the labels
themselves. c-TF-IDF is computed as BERTopic does, tf / |tf| * log(1 + A / f), on single words or on
phrases of up to three, with and without scikit-learn's list of English stop words. Ours knows no
list and is given the same number of terms.
"""

import argparse
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.feature_extraction.text import CountVectorizer

from toolkit import TextEmbedder
from toolkit.clustering.themes import themes

N_TERMS = (1, 2, 4)
ENDINGS = ("ations", "ation", "ings", "ing", "ers", "ies", "ied", "ment", "ed", "es", "er", "ion")
ENDINGS += ("ly", "s", "y", "e")


def main() -> None:
    options = read_options()
    for table in options.tables:
        frame = pd.read_csv(options.data / f"{table}.csv", keep_default_na=False)
        vectors = read_vectors(options.vectors, table, frame["text"])
        codes, labels = pd.factorize(frame["label"])
        found = KMeans(len(labels), n_init=1, random_state=0).fit_predict(vectors)
        print(f"\n{len(frame):,} texts of {table}, {len(labels)} labels\n")
        print_header()
        for partition, clusters in (("k-means", found), ("labels", codes)):
            for name, run in contestants(frame["text"].tolist(), vectors).items():
                print_row(partition, name, run, clusters, frame["label"])
        print_examples(themes(frame["text"], found, vectors).table, options.examples)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the public tables")
    parser.add_argument("--tables", nargs="+", default=["banking77", "stackoverflow_short"])
    parser.add_argument("--vectors", type=Path, help="folder with TABLE.npy, else they are made")
    parser.add_argument("--examples", type=int, default=10, help="names to print")

    return parser.parse_args()


def read_vectors(folder: Path | None, table: str, texts: pd.Series) -> np.ndarray:
    if folder is None:
        return TextEmbedder(task="clustering").fit_transform(texts)

    return np.load(folder / f"{table}.npy")


def contestants(
    texts: list[str], vectors: np.ndarray
) -> dict[str, Callable[[np.ndarray], list[list[str]]]]:
    """Each returns the terms of each cluster, the best first."""

    def run_themes(with_vectors: bool, clusters: np.ndarray) -> list[list[str]]:
        given = vectors if with_vectors else None
        return themes(texts, clusters, given, n_terms=max(N_TERMS)).table["terms"].tolist()

    return {
        "toolkit themes": partial(run_themes, True),
        "toolkit themes, no vectors": partial(run_themes, False),
        "c-TF-IDF (BERTopic's default)": partial(c_tf_idf, texts, (1, 1), None),
        "c-TF-IDF, stop words": partial(c_tf_idf, texts, (1, 1), "english"),
        "c-TF-IDF, phrases": partial(c_tf_idf, texts, (1, 3), None),
        "c-TF-IDF, phrases, stop words": partial(c_tf_idf, texts, (1, 3), "english"),
    }


def c_tf_idf(
    texts: list[str], lengths: tuple[int, int], stop_words: str | None, clusters: np.ndarray
) -> list[list[str]]:
    joined = pd.Series(texts).groupby(clusters).agg(" ".join)
    counter = CountVectorizer(ngram_range=lengths, stop_words=stop_words)
    counts = counter.fit_transform(joined).astype(float)
    words_a_cluster = counts.sum(axis=1)
    rarity = np.log1p(words_a_cluster.mean() / counts.sum(axis=0))
    weights = counts.multiply(1 / words_a_cluster).multiply(rarity).tocsr()
    terms = counter.get_feature_names_out()

    return [
        terms[row.indices[np.argsort(-row.data, kind="stable")[: max(N_TERMS)]]].tolist()
        for row in (weights[[number]] for number in range(len(joined)))
    ]


def print_header() -> None:
    shares = " | ".join(f"right of {n} terms" for n in N_TERMS)
    print(f"| clusters | names by | {shares} | same names | s |")
    print(f"| --- | --- |{' ---: |' * (len(N_TERMS) + 2)}")


def print_row(
    partition: str,
    name: str,
    run: Callable[[np.ndarray], list[list[str]]],
    clusters: np.ndarray,
    labels: pd.Series,
) -> None:
    started = perf_counter()
    terms = run(clusters)
    seconds = perf_counter() - started
    right = [share_right([own[:n] for own in terms], clusters, labels) for n in N_TERMS]
    n_same = len(terms) - len({tuple(sorted(own)) for own in terms})
    shares = " | ".join(f"{share:.3f}" for share in right)
    print(f"| {partition} | {name} | {shares} | {n_same} | {seconds:.1f} |", flush=True)


def share_right(terms: list[list[str]], clusters: np.ndarray, labels: pd.Series) -> float:
    most = labels.groupby(clusters).agg(lambda rows: rows.mode()[0])
    right = [
        not stems(label).isdisjoint(stems(" ".join(own)))
        for label, own in zip(most, terms, strict=True)
    ]

    return float(np.mean(right))


def stems(text: str) -> set[str]:
    """Return the words of a text, also those in "PlayMusic", without the most common endings."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)

    return {stem(word) for word in re.findall(r"[^\W_]+", f"{text} {apart}".casefold())}


def stem(word: str) -> str:
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending)
            break

    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word


def print_examples(table: pd.DataFrame, n_examples: int) -> None:
    """Print the names of clusters evenly from the largest to the smallest."""
    ordered = table.sort_values("n_rows", ascending=False, kind="stable")
    at = np.unique(np.linspace(0, len(ordered) - 1, n_examples).round().astype(int))
    print("\nSome of the names that k-means' clusters got:\n")
    for row in ordered.iloc[at].itertuples():
        print(f"- {row.n_rows:,} rows, {row.coverage:.0%} covered: {row.name}")


if __name__ == "__main__":
    main()

"""What scoring costs, against the scikit-learn model that the arrays were compiled from, in the same run.

usage: scoring.py [--messages FOLDER] [--most 300]

Prints, per language: loading and the first score in a new process (milliseconds, resident megabytes); microseconds for one message from text to
prediction (median, 99th percentile), in batches of 1,000; the tokenizer and concept matching alone (median); and the scikit-learn model doing the
same from the same text with the same tokens, one at a time and in a batch. Messages: FOLDER/{language}.jsonl, by default the writers that training
holds out.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from feedbackclf import Classifier, store
from feedbackclf.concepts import Matcher
from feedbackclf.concepts.lexicon import matching_form
from feedbackclf.features import Reader
from feedbackclf.language import detect
from feedbackclf.text import clean
from feedbackclf.tokenizers import build_tokenizer
from feedbackclf.training.corpus import is_held_out, read_corpus
from feedbackclf.training.fit import Options, as_document, decide, fit, read_messages

ROOT = Path(__file__).resolve().parents[2]
# the threads of the linear algebra library make single messages slower, not faster
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

FIRST = """
import sys, time
began = time.perf_counter()
from feedbackclf import Classifier
Classifier.load(languages=[sys.argv[1]]).score(sys.argv[2], language=sys.argv[1])
took = time.perf_counter() - began
status = open("/proc/self/status").read() if sys.platform == "linux" else "VmRSS: 0"
print(1000 * took, int(status.split("VmRSS:")[1].split()[0]) / 1024)
"""


def first_score(language: str, text: str, runs: int = 3) -> tuple[float, float]:
    """Return milliseconds and megabytes of a new process that loads a language and scores a message; the fastest of some runs."""
    outputs = [
        subprocess.run(
            [sys.executable, "-c", FIRST, language, text], capture_output=True, text=True, check=True, env=os.environ | ONE_THREAD
        ).stdout.split()
        for _ in range(runs)
    ]
    milliseconds, megabytes = min((float(a), float(b)) for a, b in outputs)
    return milliseconds, megabytes


def one_by_one(score: Callable[[str], object], texts: Sequence[str], rounds: int) -> tuple[float, float]:
    """Return median and 99th percentile in microseconds; every message's best of some rounds, after a warm-up."""
    for text in texts:
        score(text)
    best = np.full(len(texts), np.inf)
    for _ in range(rounds):
        for i, text in enumerate(texts):
            began = time.perf_counter()
            score(text)
            best[i] = min(best[i], time.perf_counter() - began)
    return 1e6 * float(np.median(best)), 1e6 * float(np.percentile(best, 99))


def in_a_batch(score: Callable[[list[str]], object], texts: Sequence[str], size: int = 1000, rounds: int = 5) -> float:
    """Return microseconds a message."""
    batch = [texts[i % len(texts)] for i in range(size)]
    best = min(_timed(score, batch) for _ in range(rounds))
    return 1e6 * best / size


def _timed(score: Callable[[list[str]], object], batch: list[str]) -> float:
    began = time.perf_counter()
    score(batch)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=Path)
    parser.add_argument("--most", type=int, default=300)
    args = parser.parse_args()

    corpus = read_corpus([ROOT / "corpora"])
    classifier = Classifier.load(store.packaged_models()).warm_up()
    lexicons = store.read(store.find(store.packaged_models())).lexicons
    readers = {x: Reader(x, lexicons[x]) for x in classifier.languages}
    print("fitting the scikit-learn model …", file=sys.stderr)
    model = fit(read_messages([m for m in corpus.messages if not is_held_out(m.writer)], readers), Options())

    columns = ("load + first, ms", "MB", "one: median", "p99", "batch", "tokenizer", "concepts", "scikit-learn one", "× ours", "batch", "× ours")
    table = Table(title="microseconds a message, unless it says otherwise", box=None, pad_edge=False)
    table.add_column("")
    for column in columns:
        table.add_column(column, justify="right")
    for language in classifier.languages:
        if args.messages:
            lines = (args.messages / f"{language}.jsonl").read_text(encoding="utf-8").splitlines()
            texts = [json.loads(line)["text"] for line in lines]
        else:
            texts = [m.text for m in corpus.messages if m.language == language and is_held_out(m.writer)]
        texts = texts[: args.most]
        reader, tokenize = readers[language], build_tokenizer(language)
        normal = [reader(clean(t).text).text for t in texts]
        match = Matcher(lexicons[language])

        def theirs(batch: list[str], language: str = language, reader: Reader = reader) -> object:
            documents = []
            for text in batch:
                c = clean(text).text
                detect(c)
                documents.append(as_document(reader(c), language))
            return decide(model.logits(documents), model.thresholds, len(model.topics))

        median, p99 = one_by_one(classifier.score, texts, rounds=20)
        batch = in_a_batch(classifier.score_many, texts)
        token_median, _ = one_by_one(tokenize, normal, rounds=20)
        concept_median, _ = one_by_one(match, [matching_form(t) for t in normal], rounds=20)
        single, _ = one_by_one(lambda text: theirs([text]), texts[:100], rounds=2)
        batched = in_a_batch(theirs, texts)
        milliseconds, megabytes = first_score(language, texts[0])
        numbers = (milliseconds, megabytes, median, p99, batch, token_median, concept_median, single)
        table.add_row(language, *(f"{x:.0f}" for x in numbers), f"{single / median:.1f}", f"{batched:.0f}", f"{batched / batch:.1f}")
    Console(width=140).print(table)


if __name__ == "__main__":
    main()

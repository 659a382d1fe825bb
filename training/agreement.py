"""How far the corpora's labels and a second, blind labelling agree.

usage: agreement.py [corpora/]

Reads corpora/second/{language}.tsv (id, topics joined by |, urgency; labelled without sight of the first labels) and prints, per language, F1 of
each topic with the first labels as truth, Cohen's kappa of the topics, and the quadratic weighted kappa of the urgency, as a Markdown table.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
from sklearn.metrics import cohen_kappa_score

from feedbackclf.labels import LANGUAGES, TOPICS, URGENCY_LEVELS
from feedbackclf.training.corpus import LabelledMessage, read_corpus
from feedbackclf.training.evaluate import as_labels, measure

ROOT = Path(__file__).resolve().parents[1]


def second_labels(file: Path) -> dict[str, tuple[list[str], str]]:
    """Return message id -> topics, urgency.

    Raises
    ------
    ValueError
        A label that is not ours.
    """
    labels = {}
    with file.open(encoding="utf-8", newline="") as stream:
        for number, row in enumerate(csv.reader(stream, delimiter="\t"), 1):
            identity, joined, urgency = row
            topics = [t for t in joined.split("|") if t]
            if set(topics) - set(TOPICS) or urgency not in URGENCY_LEVELS:
                raise ValueError(f"{file}:{number}: unknown label")
            labels[identity] = (topics, urgency)
    return labels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="?", type=Path, default=ROOT / "corpora")
    corpora = parser.parse_args().corpora
    print("| language | messages | share | " + " | ".join(TOPICS) + " | topic macro-F1 | topic kappa | urgency kappa |")
    print("|" + "---|" * (len(TOPICS) + 6))
    for language in LANGUAGES:
        file = corpora / "second" / f"{language}.tsv"
        if not file.is_file():
            continue
        second = second_labels(file)
        messages = read_corpus([corpora / language]).messages
        both: list[LabelledMessage] = [m for m in messages if m.id in second]
        first = as_labels([m.topics for m in both], [m.urgency for m in both], TOPICS)
        other = as_labels([second[m.id][0] for m in both], [second[m.id][1] for m in both], TOPICS)
        s = measure(first, other, TOPICS)
        kappa = np.mean([cohen_kappa_score(first.topics[:, k], other.topics[:, k]) for k in range(len(TOPICS))])
        by_topic = " | ".join(f"{s.f1[t]:.3f}" for t in TOPICS)
        print(f"| {language} | {len(both)} | {len(both) / len(messages):.0%} | {by_topic} | {s.macro_f1:.3f} | {kappa:.3f} | {s.kappa:.3f} |")


if __name__ == "__main__":
    main()

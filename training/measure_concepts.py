"""What the concepts are worth: with and without them, across languages, how often they are found, how often they point the wrong way.

usage: measure_concepts.py [corpora/] [--real FOLDER]

Prints Markdown tables for training/README.md. FOLDER holds real labelled messages as {en,fr,th,zh}.jsonl; without it only the corpora are measured.
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from feedbackclf.concepts import load_packaged
from feedbackclf.features import Reader
from feedbackclf.labels import LANGUAGES, TOPICS, URGENCY_LEVELS
from feedbackclf.training.corpus import read_corpus
from feedbackclf.training.evaluate import Labels, measure
from feedbackclf.training.fit import CONCEPTS, FittedModel, Options, Readings, decide, fit, read_messages

ROOT = Path(__file__).resolve().parents[1]

# What a concept speaks for. `things` names what a topic is about; the others say something of it.
SPEAKS_FOR = {
    "product_quality": "broken poor_quality dirty spoiled tastes_bad wrong_item missing_item does_not_fit app_crash line_down uncomfortable "
    "works_well good_quality tastes_good comfortable",
    "staff_attitude": "rude kind ignoring shouting lying professional incompetent",
    "false_advertising": "fake not_as_described misleading_offer hidden_fee price_not_honoured promise_broken second_rate",
    "service": "late waiting refund exchange repair warranty unreachable no_answer delivery billing overcharged booking account_access cancelling "
    "claim_handling customer_service quick easy arrangements",
    "urgency>=high": "danger fire injury illness allergy fraud theft identity deadline stranded court police regulator repeated_contact "
    "still_open money_gone blocked threat_leave threat_report demand_now",
}
THINGS = {"product_quality": "goods food room digital", "staff_attitude": "staff", "false_advertising": "advertisement scam", "service": ""}


def only(readings: Readings, concepts: bool) -> Readings:
    """Return the readings with concepts alone, or with words alone."""
    documents = [{b: f if (b == CONCEPTS) == concepts else [] for b, f in d.items()} for d in readings.documents]
    if concepts:
        documents = [{CONCEPTS: d[CONCEPTS]} for d in documents]
    return Readings(documents, readings.targets, readings.writers, readings.languages, readings.topics)


def scores(model: FittedModel, readings: Readings, logits: np.ndarray | None = None) -> Iterator[tuple[str, float, float]]:
    """Yield language, topic macro-F1, urgency kappa."""
    said = decide(model.logits(readings.documents) if logits is None else logits, model.thresholds, len(readings.topics))
    for language in dict.fromkeys(readings.languages.tolist()):
        rows = readings.languages == language
        true = Labels(readings.targets[rows, : len(readings.topics)], readings.levels[rows])
        s = measure(true, Labels(said.topics[rows], said.levels[rows]), readings.topics)
        yield language, s.macro_f1, s.kappa


def row(name: str, cells: Sequence[tuple[str, float, float]]) -> str:
    mean = (np.mean([f for _, f, _ in cells]), np.mean([k for _, _, k in cells]))
    return f"| {name} | " + " | ".join(f"{f:.3f} / {k:.3f}" for _, f, k in cells) + f" | {mean[0]:.3f} / {mean[1]:.3f} |"


def header(first: str) -> str:
    return f"| {first} | " + " | ".join(LANGUAGES) + " | mean |\n|" + "---|" * (len(LANGUAGES) + 2)


def with_and_without(training: Readings, real: Readings | None) -> None:
    print("Topic macro-F1 / urgency kappa:\n")
    print(header("features, measured on"))
    for name, part in (("words", lambda r: only(r, False)), ("concepts", lambda r: only(r, True)), ("words and concepts", lambda r: r)):
        chosen = part(training)
        model = fit(chosen, Options())
        print(row(f"{name}, cross-validation by writer", list(scores(model, chosen, model.out_of_fold))))
        if real:
            print(row(f"{name}, real messages", list(scores(model, part(real)))))


def leave_one_language_out(training: Readings, real: Readings | None) -> None:
    print("\nConcepts alone, trained on the other three languages:\n")
    print(header("measured on"))
    cells: dict[str, list[tuple[str, float, float]]] = {"corpora": [], "real messages": []}
    for language in LANGUAGES:
        model = fit(only(training.take(training.languages != language), True), Options())
        for name, readings in (("corpora", training), ("real messages", real)):
            if readings:
                own = only(readings.take(readings.languages == language), True)
                cells[name] += scores(model, own)
    for name, found in cells.items():
        if found:
            print(row(name, found))


def found(readings: Readings) -> None:
    print("\nShare of messages in which a concept of each true topic is found (in brackets: one that says something, not only names the thing):\n")
    print("| language | " + " | ".join(TOPICS) + " | each true topic |\n|" + "---|" * (len(TOPICS) + 2))
    for language in LANGUAGES:
        chosen = readings.take(readings.languages == language)
        cells, every = [], np.ones(len(chosen), dtype=bool)
        for k, topic in enumerate(TOPICS):
            saying = set(SPEAKS_FOR[topic].split())
            any_of = saying | set(THINGS[topic].split())
            true = chosen.targets[:, k]
            strong, weak = (np.array([not of.isdisjoint(d[CONCEPTS]) for d in chosen.documents]) for of in (saying, any_of))
            every &= ~true | weak
            cells.append(f"{weak[true].mean():.3f} ({strong[true].mean():.3f})")
        has_topic = chosen.targets[:, : len(TOPICS)].any(axis=1)
        print(f"| {language} | " + " | ".join(cells) + f" | {every[has_topic].mean():.3f} |")


def precision(readings: Readings, worst: int) -> None:
    """How often a message with the concept carries what the concept speaks for."""
    print(f"\nPrecision of concepts on the corpora, the {worst} worst (of those found in 20 messages or more):\n")
    print("| concept | speaks for | messages | precision | precision by language |\n|---|---|---|---|---|")
    targets = {t: readings.targets[:, k] for k, t in enumerate(readings.topics)}
    targets["urgency>=high"] = readings.levels >= URGENCY_LEVELS.index("high")
    rows = []
    for label, concepts in SPEAKS_FOR.items():
        for concept in concepts.split():
            has = np.array([concept in d[CONCEPTS] for d in readings.documents])
            if has.sum() >= 20:
                by_language = {
                    x: targets[label][has & (readings.languages == x)].mean() for x in LANGUAGES if (has & (readings.languages == x)).any()
                }
                rows.append((targets[label][has].mean(), concept, label, has.sum(), by_language))
    for p, concept, label, n, by_language in sorted(rows)[:worst]:
        print(f"| {concept} | {label} | {n} | {p:.2f} | " + ", ".join(f"{x} {v:.2f}" for x, v in by_language.items()) + " |")


def misleading_phrases(corpora: Path, readers: dict[str, Reader], readings: Readings, most: int) -> None:
    """List the phrases that most often speak for a label that the message does not carry: what to mend."""
    from feedbackclf.text import clean

    label_of = {c: label for label, concepts in SPEAKS_FOR.items() for c in concepts.split()}
    right: Counter[tuple[str, str, str]] = Counter()
    total: Counter[tuple[str, str, str]] = Counter()
    for m in read_corpus([corpora]).messages:
        carried = {*m.topics, *(["urgency>=high"] if m.urgency in ("high", "urgent") else [])}
        reading = readers[m.language](clean(m.text).text)
        for key in {(m.language, reading.text[a:b], c) for a, b, concepts in reading.matches for c in concepts if c in label_of}:
            total[key] += 1
            right[key] += label_of[key[2]] in carried
    wrong = sorted(
        ((right[k] - total[k], right[k] / total[k], k) for k in total if total[k] >= 4 and right[k] / total[k] < 0.5), key=lambda x: (x[0], x[2])
    )
    print(f"\nPhrases that speak for a label more often missing than there, the {most} commonest:\n")
    print("| language | phrase | concept | messages | precision |\n|---|---|---|---|---|")
    for _, p, key in wrong[:most]:
        print(f"| {key[0]} | {key[1]} | {key[2]} | {total[key]} | {p:.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="?", type=Path, default=ROOT / "corpora")
    parser.add_argument("--real", type=Path)
    parser.add_argument("--worst", type=int, default=10, help="concepts to list by precision")
    parser.add_argument("--phrases", type=int, default=0, help="misleading phrases to list")
    args = parser.parse_args()
    readers = {x: Reader(x, load_packaged(x).phrases()) for x in LANGUAGES}
    training = read_messages(read_corpus([args.corpora]).messages, readers)
    if args.phrases:
        misleading_phrases(args.corpora, readers, training, args.phrases)
        return
    real = None
    if args.real:
        real = read_messages([m for x in LANGUAGES for m in read_corpus([args.real / f"{x}.jsonl"], language=x).messages], readers)
    with_and_without(training, real)
    leave_one_language_out(training, real)
    found(real or training)
    precision(training, args.worst)


if __name__ == "__main__":
    main()

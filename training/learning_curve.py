"""How the scores grow with the number of writers.

usage: learning_curve.py [corpora/] [--real FOLDER] [--picture corpora/learning_curve.svg]

Trains on 10, 25, 50 and 100 % of the writers (the same order for every share, drawn with a fixed seed) and measures on the writers that training
holds out, or on the real messages in FOLDER ({en,fr,th,zh}.jsonl). Prints a Markdown table and draws it.
"""

import argparse
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from feedbackclf.concepts import load_packaged
from feedbackclf.features import Reader
from feedbackclf.labels import LANGUAGES
from feedbackclf.training.corpus import is_held_out, read_corpus
from feedbackclf.training.evaluate import Labels, Scores, measure
from feedbackclf.training.fit import FittedModel, Options, Readings, decide, fit, read_messages

ROOT = Path(__file__).resolve().parents[1]
SHARES = (0.10, 0.25, 0.50, 1.00)


def measured(model: FittedModel, testing: Readings, language: str) -> Scores:
    part = testing.take(testing.languages == language)
    said = decide(model.logits(part.documents), model.thresholds, len(part.topics))
    return measure(Labels(part.targets[:, : len(part.topics)], part.levels), Labels(said.topics, said.levels), part.topics)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="?", type=Path, default=ROOT / "corpora")
    parser.add_argument("--real", type=Path)
    parser.add_argument("--picture", type=Path)
    args = parser.parse_args()
    readers = {x: Reader(x, load_packaged(x).phrases()) for x in LANGUAGES}
    messages = read_corpus([args.corpora]).messages
    training = read_messages([m for m in messages if not is_held_out(m.writer)], readers)
    if args.real:
        tests = [m for x in LANGUAGES for m in read_corpus([args.real / f"{x}.jsonl"], language=x).messages]
    else:
        tests = [m for m in messages if is_held_out(m.writer)]
    testing = read_messages(tests, readers)

    writers = sorted(set(training.writers.tolist()))
    np.random.default_rng(0).shuffle(writers)
    curves: dict[str, list[Scores]] = {x: [] for x in LANGUAGES}
    counts = []
    print("| share of writers | messages | " + " | ".join(LANGUAGES) + " | mean |\n|" + "---|" * (len(LANGUAGES) + 3))
    for share in SHARES:
        chosen = training.take(np.isin(training.writers, writers[: round(share * len(writers))]))
        model = fit(chosen, Options())
        row = [measured(model, testing, x) for x in LANGUAGES]
        for language, s in zip(LANGUAGES, row, strict=True):
            curves[language].append(s)
        counts.append(len(chosen))
        cells = " | ".join(f"{s.macro_f1:.3f} / {s.kappa:.3f}" for s in row)
        mean = f"{np.mean([s.macro_f1 for s in row]):.3f} / {np.mean([s.kappa for s in row]):.3f}"
        print(f"| {share:.0%} | {len(chosen):,} | {cells} | {mean} |", flush=True)
    if args.picture:
        draw(args.picture, counts, curves)


def draw(file: Path, counts: list[int], curves: dict[str, list[Scores]]) -> None:
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.6), sharex=True)
    for panel, title, value in zip(panels, ("topic macro-F1", "urgency kappa"), ("macro_f1", "kappa"), strict=True):
        for (language, scores), marker in zip(curves.items(), "os^D", strict=True):
            panel.plot(counts, [getattr(s, value) for s in scores], marker=marker, label=language)
        panel.set(title=title, xlabel="messages trained on", xscale="log")
        panel.set_xticks(counts, [f"{c:,}" for c in counts])
        panel.minorticks_off()
        panel.grid(alpha=0.3)
    panels[0].legend(frameon=False)
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})


if __name__ == "__main__":
    main()

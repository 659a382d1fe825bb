"""Count the corpora along every axis, as Markdown tables for the datasheet.

usage: describe_corpora.py [corpora/]
"""

import argparse
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from feedbackclf.labels import LANGUAGES, TOPICS, URGENCY_LEVELS
from feedbackclf.training.corpus import LabelledMessage, is_held_out, read_corpus

ROOT = Path(__file__).resolve().parents[1]

Axis = Callable[[LabelledMessage], Iterable[str]]
AXES: dict[str, Axis] = {
    "topic": lambda m: m.topics or ("no topic",),
    "number of topics": lambda m: (str(len(m.topics)),),
    "urgency": lambda m: (m.urgency,),
    "domain": lambda m: (m.domain or "not known",),
    "channel": lambda m: (m.channel or "not known",),
    "register": lambda m: (m.register or "not known",),
}
ORDER = {"topic": [*TOPICS, "no topic"], "urgency": list(URGENCY_LEVELS)}


def table(title: str, rows: dict[str, Counter[str]], order: list[str]) -> None:
    print(f"\n| {title} | " + " | ".join(LANGUAGES) + " |\n|" + "---|" * (len(LANGUAGES) + 1))
    for value in order:
        print(f"| {value} | " + " | ".join(f"{rows[x][value]:,}" for x in LANGUAGES) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="?", type=Path, default=ROOT / "corpora")
    messages = read_corpus([parser.parse_args().corpora]).messages
    of = {x: [m for m in messages if m.language == x] for x in LANGUAGES}
    sizes = {
        x: Counter(
            {
                "messages": len(ms),
                "personas": len({m.writer for m in ms if m.writer != m.id}),
                "held-out messages": sum(is_held_out(m.writer) for m in ms),
            }
        )
        for x, ms in of.items()
    }
    table("size", sizes, ["messages", "personas", "held-out messages"])
    for title, axis in AXES.items():
        counts = {x: Counter(v for m in ms for v in axis(m)) for x, ms in of.items()}
        total = sum(counts.values(), Counter())
        table(title, counts, ORDER.get(title) or (sorted(total) if title == "number of topics" else [v for v, _ in total.most_common()]))


if __name__ == "__main__":
    main()

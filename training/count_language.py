"""Count the words and letters by which languages in Latin script are told apart, into src/feedbackclf/language.tsv.

usage: count_language.py [--corpora corpora/] [--output src/feedbackclf/language.tsv]

English and French are counted in the corpora (without the writers that training holds out) and in the lexicons of concepts; the other languages in
corpora/other/*.txt. spaCy's stop words are added for each language that has them.
"""

import argparse
import importlib
import math
from collections import Counter
from pathlib import Path

from feedbackclf.concepts import load_packaged
from feedbackclf.language import _LATIN_WORD
from feedbackclf.text import clean
from feedbackclf.training.corpus import is_held_out, read_corpus

ROOT = Path(__file__).resolve().parents[1]
STOP_WORD_COUNT = 3


def count_words(corpora: Path) -> dict[str, Counter[str]]:
    counts: dict[str, Counter[str]] = {}
    for language in ("en", "fr"):
        corpus = read_corpus([corpora / language])
        texts = [m.text for m in corpus.messages if not is_held_out(m.writer)]
        lexicon = load_packaged(language)
        texts += [entry.removesuffix("*") for entries in lexicon.entries.values() for entry in entries if not entry.endswith("*")]
        counts[language] = Counter(w for t in texts for w in _LATIN_WORD.findall(clean(t).text))
    for file in sorted((corpora / "other").glob("*.txt")):
        counts[file.stem] = Counter(w for line in file.read_text(encoding="utf-8").splitlines() for w in _LATIN_WORD.findall(clean(line).text))
    for language, words in counts.items():
        for stop_word in _stop_words(language):
            for w in _LATIN_WORD.findall(stop_word.lower()):
                words[w] += STOP_WORD_COUNT
    return counts


def _stop_words(language: str) -> list[str]:
    try:
        return sorted(importlib.import_module(f"spacy.lang.{language}.stop_words").STOP_WORDS)
    except ModuleNotFoundError:
        return []


def count_grams(words: Counter[str]) -> Counter[str]:
    """Count two and three neighbouring characters of ^word$; a frequent word counts by its logarithm."""
    grams: Counter[str] = Counter()
    for word, n in words.items():
        marked, weight = f"^{word}$", math.log1p(n)
        for size in (2, 3):
            for i in range(len(marked) - size + 1):
                grams[marked[i : i + size]] += weight  # type: ignore[assignment]
    return grams


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, default=ROOT / "corpora")
    parser.add_argument("--output", type=Path, default=ROOT / "src" / "feedbackclf" / "language.tsv")
    args = parser.parse_args()
    words = count_words(args.corpora)
    languages = list(words)
    lines = ["\t".join(("languages", *languages))]
    for mark, tables in (("", words), ("~", {x: count_grams(c) for x, c in words.items()})):
        for name in sorted(set().union(*tables.values())):
            cells = [f"{k}:{tables[x][name]:.4g}" for k, x in enumerate(languages) if tables[x][name]]
            if mark or sum(tables[x][name] for x in languages) > 1:  # a word seen once says no more than its letters
                lines.append("\t".join((mark + name, *cells)))
    args.output.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(lines) - 1:,} words and letter groups of {len(languages)} languages written to {args.output}")


if __name__ == "__main__":
    main()

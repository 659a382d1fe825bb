"""Which language a message is in: en, fr, th, zh, or `und` for any other.

Thai and Chinese are known by their script. Between the languages in Latin script decides a naive Bayes model over words, with character
trigrams for words it has not seen (the back-off of Dunning 1994 and of the language identifiers after it); besides English and French it knows a
number of others, only to say that a text is in none of ours. It reads a message's words until it is sure. Its table, `language.tsv`, is counted by
`training/count_language.py`.
"""

import re
import threading
from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from importlib.resources import files
from itertools import islice
from math import exp, log
from typing import NamedTuple

from feedbackclf.labels import UNDETERMINED

OURS = ("en", "fr")
"""Languages in Latin script that are told apart here; all others in the table count as `und`."""


class Script(StrEnum):
    """The script that most of a text's letters belong to."""

    LATIN = "latin"
    THAI = "thai"
    HAN = "han"
    OTHER = "other"


class Detection(NamedTuple):
    """A language (or `und`), its probability from 0 to 1, and the script."""

    language: str
    probability: float
    script: Script


def detect(text: str) -> Detection:
    """Find out the language of a cleaned text."""
    script, share = find_script(text)
    if script is Script.THAI:
        return Detection("th", share, script)
    if script is Script.HAN:
        return Detection("zh", share, script)
    if script is Script.OTHER:
        return Detection(UNDETERMINED, 1.0, script)
    language, probability = _latin_model().detect(text)
    return Detection(language, probability, script)


# --- script ------------------------------------------------------------------------------------------------------------

_LATIN_LETTERS = "a-z\u00aa\u00b5\u00ba\u00df-\u024f\u1e00-\u1eff"
_THAI_LETTERS = "\u0e01-\u0e4e"
_HAN_LETTERS = "\u3400-\u4dbf\u4e00-\u9fff"
_SYLLABLES = "\u3041-\u30ff\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3"  # kana, hangul
_LATIN_WORD = re.compile(f"[{_LATIN_LETTERS}]+")
_THAI, _HAN, _SYLLABIC = (re.compile(f"[{letters}]+") for letters in (_THAI_LETTERS, _HAN_LETTERS, _SYLLABLES))
_FOREIGN = re.compile(rf"[^\W\d_{_LATIN_LETTERS}{_THAI_LETTERS}{_HAN_LETTERS}{_SYLLABLES}]+")
_BEYOND_LATIN = re.compile(rf"[^\W\d_\u0000-\u024f\u1e00-\u1eff]|[{_THAI_LETTERS}]")
_ENOUGH = 400  # characters that are looked at

# A Thai message may be full of Latin product names, so a Latin letter weighs less; a Han character is a whole word.
_LATIN_AGAINST_THAI = 0.2
_LATIN_AGAINST_HAN = 0.15


def find_script(text: str) -> tuple[Script, float]:
    """Return the script of a cleaned text and its weighted share, 0 to 1; a text without letters is OTHER."""
    if not _BEYOND_LATIN.search(text):
        return (Script.LATIN, 1.0) if _LATIN_WORD.search(text) else (Script.OTHER, 1.0)
    beginning = text[:_ENOUGH]
    thai, han, syllables, foreign, latin = (len("".join(p.findall(beginning))) for p in (_THAI, _HAN, _SYLLABIC, _FOREIGN, _LATIN_WORD))
    if syllables > 0.15 * han:  # kana or hangul between the characters: Japanese or Korean
        foreign += syllables + han
        han = 0
    weights = {
        Script.THAI: float(thai),
        Script.HAN: float(han),
        Script.LATIN: latin * (_LATIN_AGAINST_THAI if thai else _LATIN_AGAINST_HAN if han else 1.0),
        Script.OTHER: float(foreign),
    }
    script = max(weights, key=weights.__getitem__)
    total = sum(weights.values())
    return (script, weights[script] / total) if total else (Script.OTHER, 1.0)


# --- languages in Latin script -------------------------------------------------------------------------------------------

_MOST_WORDS = 60
_SURE = 12.0  # nats between the best and the next: stop reading
_DAMPING = 0.7  # words of one text are not independent
_PRIOR_OF_OTHERS = -2.0  # log odds of each other language against one of ours
_THRESHOLD = 0.5
_WORST = -8.0  # one word decides no more than this
_REMEMBERED = 20_000  # words, some 15 MB
_LONGEST = 30  # characters of a word that count; nobody fills the memory with long ones


class LatinModel:
    """Naive Bayes over words with a character trigram back-off.

    Parameters
    ----------
    languages : sequence of str
    words, grams : dict of str to sequence of float
        A word, or two or three characters of `^word$`, -> its count in each language.
    """

    def __init__(self, languages: Sequence[str], words: dict[str, Sequence[float]], grams: dict[str, Sequence[float]]) -> None:
        self.languages = tuple(languages)
        self._words, self._grams = words, grams
        self._totals = [sum(counts) for counts in zip(*words.values(), strict=True)]
        self._nothing = (0.0,) * len(self.languages)
        self._prior = [0.0 if x in OURS else _PRIOR_OF_OTHERS for x in self.languages]
        self._known: dict[str, list[float]] = {}

    def detect(self, text: str) -> tuple[str, float]:
        """Return one of `OURS` or `und`, and its probability."""
        posterior = self.posterior(text)
        ours = {x: p for x, p in zip(self.languages, posterior, strict=True) if x in OURS}
        best = max(ours, key=ours.__getitem__)
        mine = sum(ours.values())
        return (best, ours[best]) if mine >= _THRESHOLD else (UNDETERMINED, 1.0 - mine)

    def posterior(self, text: str) -> list[float]:
        """Return the probability of each language, in the order of `languages`; they sum to 1."""
        total = self._prior
        for n, match in enumerate(islice(_LATIN_WORD.finditer(text), _MOST_WORDS), 1):
            word = match.group()[:_LONGEST]
            total = [a + b for a, b in zip(total, self._known.get(word) or self._learn(word), strict=True)]
            if n >= 5 and n % 3 == 2:
                first, second = sorted(total)[:-3:-1]
                if first - second > _SURE:
                    break
        top = max(total)
        odds = [exp(x - top) for x in total]
        whole = sum(odds)
        return [x / whole for x in odds]

    def _learn(self, word: str) -> list[float]:
        scores = self._score(word)
        if len(self._known) >= _REMEMBERED:
            self._known = {}
        self._known[word] = scores
        return scores

    def _score(self, word: str) -> list[float]:
        """Return the damped log-likelihood of a word in each language, 0 for the best."""
        marked = f"^{word}$"
        trigrams = [
            (self._grams.get(marked[i : i + 3], self._nothing), self._grams.get(marked[i : i + 2], self._nothing)) for i in range(len(marked) - 2)
        ]
        counts = self._words.get(word, self._nothing)
        scores = []
        for k, total in enumerate(self._totals):
            spelled = exp(sum(log((three[k] + 0.01) / (two[k] + 0.5)) for three, two in trigrams))
            scores.append(log(0.7 * counts[k] / total + 0.06 * spelled + 1e-12))
        top = max(scores)
        return [_DAMPING * max(s - top, _WORST) for s in scores]


@cache
def _latin_model_once() -> LatinModel:
    lines = files("feedbackclf").joinpath("language.tsv").read_text(encoding="utf-8").splitlines()
    languages = lines[0].split("\t")[1:]
    tables: tuple[dict[str, Sequence[float]], dict[str, Sequence[float]]] = ({}, {})
    for line in lines[1:]:
        name, *cells = line.split("\t")
        row = [0.0] * len(languages)
        for cell in cells:
            k, count = cell.split(":")
            row[int(k)] = float(count)
        is_gram = name.startswith("~")
        tables[is_gram][name.removeprefix("~")] = row
    return LatinModel(languages, *tables)


_LOADING = threading.Lock()


def _latin_model() -> LatinModel:
    with _LOADING:  # `cache` alone would let two threads read the table twice
        return _latin_model_once()

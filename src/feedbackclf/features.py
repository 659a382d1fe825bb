"""From tokens and concept matches to the features of a message; shared by training and scoring, so that they cannot drift apart.

Two kinds of feature. Words and pairs of neighbouring words belong to a block of languages that share a vocabulary (English and French one,
Thai and Chinese each its own). Concepts belong to all languages.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from feedbackclf.concepts import Match, Matcher
from feedbackclf.concepts.lexicon import matching_form
from feedbackclf.text import Simplifier, fold_accents
from feedbackclf.tokenizers import Tokenizer, build_tokenizer

BLOCKS: dict[str, str] = {"en": "latin", "fr": "latin", "th": "thai", "zh": "chinese"}
"""Language -> the block of word features that it shares."""

_DIGITS = re.compile(r"\d+(?:[.,:/]\d+)*")
_SILENT = frozenset(".,;:'\"-_()[]{}<>/\\|*#@&%+=~^`·•")  # punctuation that says nothing by itself


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read in a message.

    Attributes
    ----------
    text : str
        The text in its script's normal form; as long as the cleaned text, position by position.
    tokens : list of str
        Pieces of `text`, in order.
    matches : list of Match
        Phrases of the lexicon found in `text`.
    """

    text: str
    tokens: list[str]
    matches: list[Match]


class Reader:
    """Reads messages of one language: script-normal form, tokens, concepts.

    Parameters
    ----------
    language : {"en", "fr", "th", "zh"}
    phrases : mapping of str to tuple of str
        Normalized phrase -> concept ids.
    tokenizer : callable, optional
        `build_tokenizer(language)` by default.
    """

    def __init__(self, language: str, phrases: Mapping[str, tuple[str, ...]], tokenizer: Tokenizer | None = None) -> None:
        self.language = language
        self._normalize = script_normalizer(language)
        self._tokenize = tokenizer or build_tokenizer(language)
        self._match = Matcher(phrases)

    def __call__(self, cleaned: str) -> Reading:
        """Read a cleaned message."""
        text = self._normalize(cleaned)
        return Reading(text, self._tokenize(text), self._match(matching_form(text)))


def script_normalizer(language: str) -> Callable[[str], str]:
    """Return what puts cleaned text of `language` into its script's normal form without moving a character."""
    if BLOCKS[language] == "latin":
        return fold_accents
    return Simplifier() if language == "zh" else str


def word_features(tokens: list[str]) -> list[str]:
    """Return the words of a message and the pairs of neighbouring words, with repetitions.

    Numbers are all the same word, "0", but for the Thai laughter 555. A pair is written with a blank between its words.
    """
    words = [w for t in tokens if (w := _word(t))]
    return words + [f"{a} {b}" for a, b in pairwise(words)]


def word_spans(tokens: list[str], spans: list[tuple[int, int]]) -> list[tuple[str, int, int]]:
    """Return each feature of `word_features` with the span that it stands for, in the same order."""
    words = [(w, *span) for t, span in zip(tokens, spans, strict=True) if (w := _word(t))]
    return words + [(f"{a} {b}", start, end) for (a, start, _), (b, _, end) in pairwise(words)]


def concept_features(matches: list[Match]) -> list[str]:
    """Return the ids of the concepts of a message, with repetitions."""
    return [concept for _, _, concepts in matches for concept in concepts]


def concept_spans(matches: list[Match]) -> list[tuple[str, int, int]]:
    """Return each feature of `concept_features` with the span that it stands for, in the same order."""
    return [(concept, start, end) for start, end, concepts in matches for concept in concepts]


def _word(token: str) -> str:
    if token in _SILENT:
        return ""
    if token.isalpha() or token == "555":
        return token
    return _DIGITS.sub("0", token)

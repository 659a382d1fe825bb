"""Find all phrases of a lexicon in one pass over the text (Aho and Corasick 1975), longest first."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, MatchKind


class Match(NamedTuple):
    """A phrase found: its half-open span in code points, and the ids of the concepts it says."""

    start: int
    end: int
    concepts: tuple[str, ...]


class Matcher:
    """Finds phrases, leftmost and longest first, without overlap.

    Where a phrase begins or ends with a Latin letter or a digit, none may stand next to it in the text: Latin words match whole,
    Thai and Chinese ones anywhere. A phrase that ends with * takes the rest of its last word along.

    Parameters
    ----------
    phrases : mapping of str to tuple of str
        Normalized phrase -> concept ids (`Lexicon.phrases`).
    """

    def __init__(self, phrases: Mapping[str, tuple[str, ...]]) -> None:
        self._concepts = [phrases[p] for p in phrases]
        self._open = [p.endswith("*") for p in phrases]
        self._automaton = AhoCorasick([p.removesuffix("*") for p in phrases], matchkind=MatchKind.Standard)

    def __call__(self, text: str) -> list[Match]:
        """Return the matches in `text` (cleaned, script-normalized, in matching form), in order."""
        found = []
        last = len(text)
        for index, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            if start and _latin(text[start]) and _latin(text[start - 1]):
                continue
            if end < last and _latin(text[end]) and _latin(text[end - 1]):
                if not self._open[index]:
                    continue
                rest = _WORD_END.search(text, end)
                end = rest.start() if rest else last
            found.append((start, -end, index))
        found.sort()
        matches: list[Match] = []
        done = 0
        previous = (-1, 0)
        for start, negative_end, index in found:
            if (start, negative_end) == previous:  # `refund` beside `refund*`: the same stretch, the concepts of both
                matches[-1] = Match(start, -negative_end, tuple(sorted({*matches[-1].concepts, *self._concepts[index]})))
            elif start >= done:
                done = -negative_end
                matches.append(Match(start, done, self._concepts[index]))
                previous = (start, negative_end)
        return matches


def _latin(character: str) -> bool:
    return character < "\u0250" and character.isalnum()


_WORD_END = re.compile("[^0-9a-z\u00df-\u024f]")

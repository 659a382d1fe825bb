"""Find all phrases of a lexicon in one pass over the text (Aho and Corasick 1975), longest first."""

import re
from collections.abc import Mapping

from ahocorasick_rs import AhoCorasick, MatchKind

Match = tuple[int, int, tuple[str, ...]]
"""A phrase found: start and end of its half-open span in code points, and the ids of the concepts it says."""


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
        bare = [p.removesuffix("*") for p in phrases]
        self._concepts = list(phrases.values())
        # for each phrase: must a word begin at its start, must one end at its end, may the last word go on
        self._edges = [(b[0] in _LATIN, b[-1] in _LATIN, p.endswith("*")) for p, b in zip(phrases, bare, strict=True)]
        self._automaton = AhoCorasick(bare, matchkind=MatchKind.Standard)

    def __call__(self, text: str) -> list[Match]:
        """Return the matches in `text` (cleaned, script-normalized, in matching form), in order."""
        hits = self._automaton.find_matches_as_indexes(text, overlapping=True)
        if not hits:
            return []
        found = []
        edges, last = self._edges, len(text)
        for index, start, end in hits:
            begins_word, ends_word, goes_on = edges[index]
            if begins_word and start and text[start - 1] in _LATIN:
                continue
            if ends_word and end < last and text[end] in _LATIN:
                if not goes_on:
                    continue
                rest = _WORD_END.search(text, end)
                end = rest.start() if rest else last
            found.append((start, -end, index))
        found.sort()
        matches: list[Match] = []
        concepts, done, previous = self._concepts, 0, (-1, 0)
        for start, negative_end, index in found:
            if start >= done:
                done = -negative_end
                matches.append((start, done, concepts[index]))
                previous = (start, negative_end)
            elif (start, negative_end) == previous:  # `refund` beside `refund*`: the same stretch, the concepts of both
                matches[-1] = (start, done, tuple(sorted({*matches[-1][2], *concepts[index]})))
        return matches


_LATIN = frozenset(c for c in map(chr, range(0x250)) if c.isalnum())
_WORD_END = re.compile(f"[^{''.join(map(re.escape, sorted(_LATIN)))}]")

"""Evidence: which stretches of the writer's text moved which logit, and by how much, exactly.

Each feature's share of a logit (`LinearModel.shares`) goes in equal parts to its occurrences; a word's part stays with the word, a word pair's is
halved between its two words, a concept's goes to the phrase that said it. Words that lie in one phrase are one stretch with it. So the stretches
of a text do not overlap, and their weights plus the intercept are the logit.

A weight says what a stretch adds to this message's logit as it stands. Bags are normalized to length 1, so deleting the stretch would also make
the other ones heavier: a weight is not the change that a deletion would bring.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from feedbackclf.features import Reading, concept_spans, word_spans
from feedbackclf.model import LinearModel
from feedbackclf.text import CleanText
from feedbackclf.tokenizers import locate


@dataclass(frozen=True, slots=True)
class Evidence:
    """A stretch of text and what it adds to one logit.

    Attributes
    ----------
    label : str
        A topic, or a step of urgency as `urgency>=high`.
    start, end : int
        Half-open span in the text that was given, in code points.
    text : str
        That stretch, as the writer wrote it.
    weight : float
        Its share of the logit: > 0 speaks for the label, < 0 against.
    """

    label: str
    start: int
    end: int
    text: str
    weight: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict."""
        return asdict(self)


def find_evidence(
    original: str, cleaned: CleanText, reading: Reading, bags: tuple[list[str], list[str]], model: LinearModel, labels: Sequence[str]
) -> tuple[Evidence, ...]:
    """Return all evidence of a message with a weight other than 0, the heaviest first.

    For each label, the sum of its weights and the model's intercept is the logit (floating-point error aside).
    """
    spans = locate(reading.tokens, reading.text)
    stretches = _stretches(spans + [(start, end) for start, end, _ in reading.matches])
    weights = np.zeros((len(stretches), len(labels)))
    index_of = {at: i for i, (start, end) in enumerate(stretches) for at in range(start, end)}
    parts = {(s.name, s.is_concept): s.values / s.count for s in model.shares(bags)}
    for is_concept, features in ((False, word_spans(reading.tokens, spans)), (True, concept_spans(reading.matches))):
        for name, start, end in features:
            values = parts.get((name, is_concept))
            if values is not None:
                first, last = index_of[start], index_of[end - 1]  # of a pair: the stretches of its two words
                weights[first] += values / 2
                weights[last] += values / 2
    found = []
    for (start, end), row in zip(stretches, weights, strict=True):
        at, to = cleaned.original_span(start, end)
        found += [Evidence(label, at, to, original[at:to], float(w)) for label, w in zip(labels, row, strict=True) if w]
    return tuple(sorted(found, key=lambda e: (-abs(e.weight), e.start, e.label)))


def _stretches(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Merge spans that overlap."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged

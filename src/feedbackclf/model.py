"""The linear model: counts of features in, logits, probabilities and exact shares of the logits out.

A message is two bags of features, words and concepts. Each bag becomes a TF-IDF vector (sublinear term frequency 1 + ln tf, smoothed inverse
document frequency, Euclidean norm 1; Salton and Buckley 1988), and all K logits are one matrix product of the two and the weights:

    logit_k = intercept_k + sum over bags of (sum over features i of  tf_i * scaled[i, k]) / norm(bag),     scaled = idf * weight

The first logits are topics, each a yes-or-no question of its own; the last are the steps of urgency (at least normal, at least high, urgent;
Frank and Hall 2001, ordinal classification by ordered binary questions). Scoring needs these arrays alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bags = tuple[list[str], list[str]]
"""The word features and the concept features of one message, with repetitions."""


@dataclass(frozen=True, slots=True)
class FeatureTable:
    """Features of one kind with their arrays.

    Attributes
    ----------
    names : sequence of str, length n
    idf : array, shape (n,)
        Inverse document frequencies, > 0.
    weights : array, shape (n, K)
        Weights of the normalized TF-IDF values in the K logits.
    """

    names: Sequence[str]
    idf: NDArray[np.floating]
    weights: NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Share:
    """What one feature adds to the logits of one message: `values` has shape (K,) and belongs to all `count` occurrences together."""

    name: str
    is_concept: bool
    count: int
    values: Floats


class LinearModel:
    """The arrays of one block of languages, ready for scoring.

    Parameters
    ----------
    words, concepts : FeatureTable
    intercept : array, shape (K,)
    """

    def __init__(self, words: FeatureTable, concepts: FeatureTable, intercept: Floats) -> None:
        n_words, n_all = len(words.names), len(words.names) + len(concepts.names)
        self._words = {name: i for i, name in enumerate(words.names)}
        self._concepts = {name: i for i, name in enumerate(concepts.names, n_words)}
        # one more row of zeros: every bag gets it, so that none is empty and every segment sum exists
        self._nothing = n_all
        self._idf = np.zeros(n_all + 1, dtype=np.float32)
        self._scaled = np.zeros((n_all + 1, len(intercept)), dtype=np.float32)
        for table, part in ((words, slice(0, n_words)), (concepts, slice(n_words, n_all))):
            self._idf[part] = table.idf
            self._scaled[part] = table.idf[:, None].astype(np.float64) * table.weights
        self.intercept = np.asarray(intercept, dtype=np.float64)

    def logits(self, messages: Iterable[Bags]) -> Floats:
        """Return the logits of messages, shape (n_messages, K). A message's logits do not depend on its neighbours."""
        indices: list[int] = []
        counts: list[int] = []
        bounds: list[int] = []
        for words, concepts in messages:
            for bag, index in ((words, self._words), (concepts, self._concepts)):
                bounds.append(len(indices))
                found = _count(bag, index)
                indices.append(self._nothing)
                counts.append(1)
                indices += found
                counts += found.values()
        if not bounds:
            return np.empty((0, len(self.intercept)))
        at = np.array(indices, dtype=np.intp)
        frequency = 1.0 + np.log(np.array(counts, dtype=np.float64))
        squares = np.add.reduceat((frequency * self._idf[at]) ** 2, bounds)
        sums = np.add.reduceat(frequency[:, None] * self._scaled[at], bounds, axis=0)
        norms = np.sqrt(squares, out=np.ones_like(squares), where=squares > 0)
        bags = sums / norms[:, None]
        result: Floats = bags[0::2] + bags[1::2] + self.intercept
        return result

    def shares(self, message: Bags) -> list[Share]:
        """Return what each known feature of a message adds to its logits; together with the intercept they are the logits."""
        result = []
        for bag, index, is_concept in ((message[0], self._words, False), (message[1], self._concepts, True)):
            found = _count(bag, index)
            if not found:
                continue
            at = np.array(list(found), dtype=np.intp)
            frequency = 1.0 + np.log(np.array(list(found.values()), dtype=np.float64))
            norm = np.sqrt(np.sum((frequency * self._idf[at]) ** 2))
            values = frequency[:, None] * self._scaled[at].astype(np.float64) / norm
            names = {i: name for name in set(bag) if (i := index.get(name)) is not None}
            result += [Share(names[i], is_concept, count, v) for (i, count), v in zip(found.items(), values, strict=True)]
        return result


def _count(bag: list[str], index: Mapping[str, int]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for name in bag:
        i = index.get(name)
        if i is not None:
            counts[i] = counts.get(i, 0) + 1
    return counts


def probabilities(logits: Floats) -> Floats:
    """Return the logistic function of the logits; they are calibrated, so this is a probability between 0 and 1."""
    result: Floats = 1.0 / (1.0 + np.exp(-np.clip(logits, -700, 700)))
    return result


def monotone_steps(steps: Floats) -> Floats:
    """Make the probabilities of the steps of urgency decrease, shape (n, levels - 1) in and out.

    Each step becomes at least as probable as the steps above it (a running maximum from the top): what is urgent is also
    at least high and at least normal, and a doubt is settled upward, because an emergency read as ordinary costs most.
    """
    result: Floats = np.maximum.accumulate(steps[:, ::-1], axis=1)[:, ::-1]
    return result


def level_probabilities(steps: Floats) -> Floats:
    """Return the probability of each level from those of the monotone steps: shape (n, levels), rows sum to 1."""
    n = len(steps)
    edges = np.hstack([np.ones((n, 1)), steps, np.zeros((n, 1))])
    return edges[:, :-1] - edges[:, 1:]


def decide_levels(steps: Floats, thresholds: Floats) -> NDArray[np.intp]:
    """Return the index of each message's level, shape (n,): the highest whose step reaches its threshold, else 0."""
    reached = steps >= thresholds
    highest = reached.shape[1] - np.argmax(reached[:, ::-1], axis=1)
    return np.where(reached.any(axis=1), highest, 0)

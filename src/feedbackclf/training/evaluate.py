"""How good a model is: F1 of the topics, weighted kappa of the urgency, alarms; per language and over all."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score, f1_score

from feedbackclf.classifier import Classifier
from feedbackclf.errors import CorpusError
from feedbackclf.labels import URGENCY_LEVELS
from feedbackclf.training.corpus import LabelledMessage


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels of n messages as arrays: `topics` bool, shape (n, T); `levels` int, shape (n,)."""

    topics: NDArray[np.bool_]
    levels: NDArray[np.intp]

    def take(self, rows: NDArray[np.bool_]) -> "Labels":
        """Return the chosen rows."""
        return Labels(self.topics[rows], self.levels[rows])


@dataclass(frozen=True, slots=True)
class Scores:
    """Quality on one set of messages.

    Attributes
    ----------
    messages : int
    macro_f1 : float
        Mean F1 of the topics that occur, 0 to 1.
    f1 : dict of str to float
        By topic; NaN where the topic does not occur.
    exact : float
        Share of messages with exactly the right topics, 0 to 1.
    kappa : float
        Cohen's kappa of the urgency with quadratic weights (Cohen 1968), -1 to 1; NaN where all messages have one level.
    urgent_seen : float
        Share of urgent messages that were called high or urgent; NaN without any.
    false_urgent : float
        Share of the other messages that were called urgent.
    """

    messages: int
    macro_f1: float
    f1: dict[str, float]
    exact: float
    kappa: float
    urgent_seen: float
    false_urgent: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain values rounded to four digits, None for NaN: ready for JSON."""
        return {k: {t: _plain(x) for t, x in v.items()} if isinstance(v, dict) else _plain(v) for k, v in asdict(self).items()}


def measure(true: Labels, said: Labels, topics: Sequence[str]) -> Scores:
    """Compare what was said with what is true.

    Raises
    ------
    CorpusError
        Where there is nothing to compare.
    """
    n = len(true.levels)
    if not n:
        raise CorpusError(["no messages to measure on"], advice="Give a corpus with messages in the model's languages.")
    f1 = {t: float(f1_score(true.topics[:, k], said.topics[:, k])) if true.topics[:, k].any() else float("nan") for k, t in enumerate(topics)}
    present = [v for v in f1.values() if not np.isnan(v)]
    top = len(URGENCY_LEVELS) - 1
    urgent = true.levels == top
    one_level = len({*true.levels.tolist(), *said.levels.tolist()}) == 1
    return Scores(
        messages=n,
        macro_f1=float(np.mean(present)) if present else float("nan"),
        f1=f1,
        exact=float((true.topics == said.topics).all(axis=1).mean()),
        kappa=float("nan") if one_level else float(cohen_kappa_score(true.levels, said.levels, weights="quadratic", labels=range(top + 1))),
        urgent_seen=float((said.levels[urgent] >= top - 1).mean()) if urgent.any() else float("nan"),
        false_urgent=float((said.levels[~urgent] == top).mean()) if not urgent.all() else float("nan"),
    )


def measure_by_language(true: Labels, said: Labels, languages: NDArray[np.str_], topics: Sequence[str]) -> dict[str, Scores]:
    """Return language -> scores, and `all` -> scores over all messages."""
    result = {x: measure(true.take(languages == x), said.take(languages == x), topics) for x in dict.fromkeys(languages.tolist())}
    return {**result, "all": measure(true, said, topics)}


def evaluate(classifier: Classifier, messages: Sequence[LabelledMessage], detect_language: bool = True) -> dict[str, Scores]:
    """Score labelled messages and compare.

    Parameters
    ----------
    classifier : Classifier
    messages : sequence of LabelledMessage
        Their topics must be topics of the model.
    detect_language : bool
        Let the language be found out, as a user would; otherwise it is taken from the corpus.

    Raises
    ------
    CorpusError
    """
    unknown = sorted({t for m in messages for t in m.topics} - set(classifier.topics))
    if unknown:
        raise CorpusError(
            [f"topic {t!r} is none of the model's ({', '.join(classifier.topics)})" for t in unknown],
            advice="Evaluate with a model trained on these topics.",
        )
    predictions = classifier.score_many([m.text for m in messages], language=None if detect_language else [m.language for m in messages])
    topics = classifier.topics
    true = as_labels([m.topics for m in messages], [m.urgency for m in messages], topics)
    said = as_labels([p.topics for p in predictions], [p.urgency for p in predictions], topics)
    return measure_by_language(true, said, np.array([m.language for m in messages]), topics)


def as_labels(topics: Sequence[Sequence[str]], urgency: Sequence[str], known: Sequence[str]) -> Labels:
    """Return names of topics and levels as arrays."""
    said = np.array([[t in ts for t in known] for ts in topics], dtype=bool).reshape(len(topics), len(known))
    return Labels(said, np.array([URGENCY_LEVELS.index(u) for u in urgency], dtype=np.intp))


def _plain(x: float) -> float | None:
    return x if isinstance(x, int) else None if np.isnan(x) else round(x, 4)

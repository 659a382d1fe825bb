"""Fit one model for all languages with scikit-learn.

Messages are read once (`Readings`), then fitted as often as folds ask for. The scikit-learn model is a union of TF-IDF blocks, words of English
and French in one, Thai, Chinese, concepts of all languages, under a linear support vector machine a label (Fan et al. 2008). Its scores
are calibrated by Platt's method (Platt 1999) on predictions for writers that the fold's model had not seen, and thresholds are chosen on the same.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import LinearSVC

from feedbackclf.errors import CorpusError, SettingError
from feedbackclf.features import BLOCKS, Reader, Reading, concept_features, word_features
from feedbackclf.labels import TOPICS, URGENCY_LEVELS
from feedbackclf.model import Floats, decide_levels, monotone_steps, probabilities
from feedbackclf.text import clean
from feedbackclf.training.corpus import LabelledMessage

CONCEPTS = "concepts"
Document = Mapping[str, list[str]]
"""Block -> features with repetitions; blocks that a message has nothing in are absent."""
Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class Options:
    """What training can be told.

    Attributes
    ----------
    C : float
        Inverse strength of regularization, > 0.
    concept_weight : float
        Length of the concept vector against that of the word vector, >= 0.
    min_writers : int
        A word or pair is kept if at least so many writers used it; 2 or more keeps what only one customer writes (names, numbers) out of the model.
    folds : int
        Folds of the cross-validation, grouped by writer, >= 2.
    review_share : float
        Share of messages that `needs_review` should mark, 0 to 1.
    seed : int
    """

    C: float = 0.3
    concept_weight: float = 1.0
    min_writers: int = 2
    folds: int = 5
    review_share: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        for name, ok, wanted in (
            ("C", self.C > 0, "above 0"),
            ("concept_weight", self.concept_weight >= 0, "0 or more"),
            ("min_writers", self.min_writers >= 1, "1 or more"),
            ("folds", self.folds >= 2, "2 or more"),
            ("review_share", 0 <= self.review_share < 1, "from 0 to below 1"),
        ):
            if not ok:
                raise SettingError(f"{name} must be {wanted}, not {getattr(self, name)}.")


@dataclass(frozen=True, slots=True)
class Readings:
    """A corpus as features and targets.

    Attributes
    ----------
    documents : list of Document, length n
    targets : bool array, shape (n, K)
        Topics, then the steps of urgency.
    writers, languages : array of str, shape (n,)
    topics : tuple of str
    """

    documents: list[Document]
    targets: NDArray[np.bool_]
    writers: NDArray[np.str_]
    languages: NDArray[np.str_]
    topics: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.documents)

    def take(self, rows: NDArray[Any]) -> "Readings":
        """Return the rows chosen by an index or boolean array."""
        chosen = np.arange(len(self))[rows]
        return Readings([self.documents[i] for i in chosen], self.targets[chosen], self.writers[chosen], self.languages[chosen], self.topics)

    @property
    def levels(self) -> NDArray[np.intp]:
        """The index of each message's level of urgency, shape (n,)."""
        result: NDArray[np.intp] = self.targets[:, len(self.topics) :].sum(axis=1)
        return result


def read_messages(
    messages: Sequence[LabelledMessage], readers: Mapping[str, Reader], topics: Sequence[str] = TOPICS, progress: Progress | None = None
) -> Readings:
    """Read labelled messages into features and targets."""
    documents: list[Document] = []
    for i, m in enumerate(messages, 1):
        reading = readers[m.language](clean(m.text).text)
        documents.append(as_document(reading, m.language))
        if progress:
            progress("reading", i, len(messages))
    targets = np.array(
        [[t in m.topics for t in topics] + [URGENCY_LEVELS.index(m.urgency) >= s for s in range(1, len(URGENCY_LEVELS))] for m in messages],
        dtype=bool,
    )
    return Readings(
        documents, targets.reshape(len(messages), -1), np.array([m.writer for m in messages]), np.array([m.language for m in messages]), tuple(topics)
    )


def as_document(reading: Reading, language: str) -> Document:
    """Return what was read in a message as a document of its blocks."""
    return {BLOCKS[language]: word_features(reading.tokens), CONCEPTS: concept_features(reading.matches)}


class BlockTfidf(TfidfVectorizer):  # type: ignore[misc]  # scikit-learn has no types
    """TF-IDF over lists of features; documents that have nothing in this block do not count in its document frequencies."""

    def __init__(self, *, vocabulary: Sequence[str] | None = None) -> None:
        super().__init__(analyzer=_as_is, lowercase=False, sublinear_tf=True, vocabulary=vocabulary)

    def fit(self, raw_documents: Iterable[list[str]], y: Any = None) -> Self:
        """Fit on the documents that are not empty."""
        super().fit([d for d in raw_documents if d])
        return self

    def fit_transform(self, raw_documents: Iterable[list[str]], y: Any = None) -> csr_matrix:
        """Fit on the documents that are not empty, transform all."""
        documents = list(raw_documents)
        return self.fit(documents).transform(documents)


def _as_is(document: list[str]) -> list[str]:
    return document


class _Block:
    """Takes one block out of documents; a class, so that it can be compared and cloned."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, documents: Iterable[Document]) -> list[list[str]]:
        return [d.get(self.name, []) for d in documents]


def build_pipeline(readings: Readings, options: Options) -> Pipeline:
    """Return the unfitted scikit-learn model for these readings: TF-IDF blocks and one linear machine a label."""
    vocabularies = _vocabularies(readings, options.min_writers)
    union = FeatureUnion(
        [(name, make_pipeline(FunctionTransformer(_Block(name)), BlockTfidf(vocabulary=words))) for name, words in vocabularies.items()],
        transformer_weights={CONCEPTS: options.concept_weight} if CONCEPTS in vocabularies else None,
    )
    machine = LinearSVC(C=options.C, random_state=options.seed, max_iter=5000, dual=True)
    return Pipeline([("features", union), ("labels", OneVsRestClassifier(machine))])


def _vocabularies(readings: Readings, min_writers: int) -> dict[str, list[str]]:
    used: dict[str, dict[str, set[str]]] = {}
    for document, writer in zip(readings.documents, readings.writers, strict=True):
        for block, features in document.items():
            writers = used.setdefault(block, {})
            for feature in features:
                writers.setdefault(feature, set()).add(writer)
    kept = {b: sorted(f for f, w in writers.items() if len(w) >= (1 if b == CONCEPTS else min_writers)) for b, writers in sorted(used.items())}
    empty = [b for b, words in kept.items() if not words and b != CONCEPTS]
    if empty:
        raise CorpusError([f"no word in block {b} is used by {min_writers} writers" for b in empty], advice="Add messages, or lower min_writers.")
    return {b: words for b, words in kept.items() if words}


@dataclass(frozen=True, slots=True)
class FittedModel:
    """A fitted scikit-learn model with its calibration and thresholds.

    Attributes
    ----------
    pipeline : Pipeline
    slope, offset : array, shape (K,)
        Platt's: the calibrated logit is slope * decision_function + offset.
    thresholds : array, shape (K,)
        Probabilities from which a topic or a step is said.
    review_margin : float
        A message is unsure where a topic's probability is nearer to its threshold than this.
    topics : tuple of str
    out_of_fold : array, shape (n, K)
        Calibrated logits of the training messages, each from a model that had not seen its writer.
    """

    pipeline: Pipeline
    slope: Floats
    offset: Floats
    thresholds: Floats
    review_margin: float
    topics: tuple[str, ...]
    out_of_fold: Floats

    def logits(self, documents: Sequence[Document]) -> Floats:
        """Return calibrated logits, shape (n, K)."""
        result: Floats = self.pipeline.decision_function(documents) * self.slope + self.offset
        return result


@dataclass(frozen=True, slots=True)
class Decisions:
    """What logits say: `topics` bool, shape (n, T); `levels` int, shape (n,); `unsure` bool, shape (n,)."""

    topics: NDArray[np.bool_]
    levels: NDArray[np.intp]
    unsure: NDArray[np.bool_]


def decide(logits: Floats, thresholds: Floats, n_topics: int, review_margin: float = 0.0) -> Decisions:
    """Turn calibrated logits into decisions, as the classifier does."""
    p = probabilities(logits)
    margins = np.abs(p[:, :n_topics] - thresholds[:n_topics]).min(axis=1)
    return Decisions(
        p[:, :n_topics] >= thresholds[:n_topics], decide_levels(monotone_steps(p[:, n_topics:]), thresholds[n_topics:]), margins < review_margin
    )


def fit(readings: Readings, options: Options, progress: Progress | None = None) -> FittedModel:
    """Fit on all readings; calibrate and choose thresholds by cross-validation grouped by writer.

    Raises
    ------
    CorpusError
        Too few writers, or a label that no message or every message carries.
    """
    _check_targets(readings, options)
    n_topics = len(readings.topics)
    scores = out_of_fold_scores(readings, options, progress)
    slope, offset = _platt(scores, readings.targets)
    logits = scores * slope + offset
    thresholds = choose_thresholds(logits, readings)
    margins = np.abs(probabilities(logits[:, :n_topics]) - thresholds[:n_topics]).min(axis=1)
    margin = float(np.quantile(margins, options.review_share)) if options.review_share else 0.0
    if progress:
        progress("fitting", options.folds, options.folds + 1)
    pipeline = build_pipeline(readings, options).fit(readings.documents, readings.targets.astype(int))
    if progress:
        progress("fitting", options.folds + 1, options.folds + 1)
    return FittedModel(pipeline, slope, offset, thresholds, margin, readings.topics, logits)


def out_of_fold_scores(readings: Readings, options: Options, progress: Progress | None = None) -> Floats:
    """Return each message's uncalibrated scores, shape (n, K), from a model that had not seen its writer."""
    scores = np.zeros(readings.targets.shape)
    for i, (train, test) in enumerate(
        GroupKFold(options.folds, shuffle=True, random_state=options.seed).split(readings.targets, groups=readings.writers)
    ):
        if progress:
            progress("fitting", i, options.folds + 1)
        part = readings.take(train)
        pipeline = build_pipeline(part, options).fit(part.documents, part.targets.astype(int))
        scores[test] = pipeline.decision_function([readings.documents[j] for j in test])
    return scores


def _check_targets(readings: Readings, options: Options) -> None:
    problems = []
    if len(set(readings.writers)) < options.folds:
        problems.append(f"{len(set(readings.writers))} writer(s) are too few for {options.folds} folds")
    names = (*readings.topics, *(f"urgency {level} or above" for level in URGENCY_LEVELS[1:]))
    for name, column in zip(names, readings.targets.T, strict=True):
        for value, said in ((True, "carries"), (False, "lacks")):
            writers = len(set(readings.writers[column == value]))
            if writers < 2:
                problems.append(f"{name}: messages of {writers} writer(s) only {said.removesuffix('s') if writers != 1 else said} it; 2 are needed")
    if problems:
        raise CorpusError(problems, advice="Add messages, so that the model can learn every label.")


def _platt(scores: Floats, targets: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    slopes, offsets = [], []
    for score, target in zip(scores.T, targets.T, strict=True):
        curve = clone(_SIGMOID).fit(score[:, None], target)
        slopes.append(max(float(curve.coef_[0, 0]), 1e-3))  # never turn a label upside down
        offsets.append(float(curve.intercept_[0]))
    return np.array(slopes), np.array(offsets)


_SIGMOID = LogisticRegression(C=1e3, solver="newton-cholesky")


def choose_thresholds(logits: Floats, readings: Readings) -> Floats:
    """Choose each label's threshold on out-of-fold logits, halfway between its own best and the best common one.

    Topics by F1; the steps of urgency by F1 as well. The shrinkage keeps a rare label's threshold from following its few messages.
    """
    grid = np.arange(0.2, 0.71, 0.01)
    p = probabilities(logits)
    n_topics = len(readings.topics)
    p[:, n_topics:] = monotone_steps(p[:, n_topics:])
    f1 = np.array([[_f1(p[:, k] >= t, readings.targets[:, k]) for t in grid] for k in range(p.shape[1])])
    best = np.empty(p.shape[1])
    for part in (slice(0, n_topics), slice(n_topics, None)):
        common = grid[f1[part].mean(axis=0).argmax()]
        best[part] = (grid[f1[part].argmax(axis=1)] + common) / 2
    return best.round(3)


def _f1(said: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    total = int(said.sum() + true.sum())
    return 2 * int((said & true).sum()) / total if total else 0.0


def feature_arrays(model: FittedModel) -> dict[str, tuple[list[str], Floats, Floats]]:
    """Return block -> (feature names, idf of shape (n,), weights of shape (n, K)) with calibration and block weight folded in."""
    coefficients = np.vstack([e.coef_ for e in model.pipeline["labels"].estimators_]) * model.slope[:, None]
    union = model.pipeline["features"]
    arrays = {}
    at = 0
    for name, transformer in union.transformer_list:
        tfidf = transformer[-1]
        names = [str(n) for n in tfidf.get_feature_names_out()]
        weight = (union.transformer_weights or {}).get(name, 1.0)
        arrays[name] = (names, np.asarray(tfidf.idf_), weight * coefficients[:, at : at + len(names)].T)
        at += len(names)
    return arrays


def folded_intercept(model: FittedModel) -> Floats:
    """Return the calibrated intercepts, shape (K,)."""
    raw = np.array([e.intercept_[0] for e in model.pipeline["labels"].estimators_])
    return raw * model.slope + model.offset

"""From labelled messages to a model on disk: fit, compile to arrays, prove the arrays equal, measure, write."""

import datetime
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from feedbackclf import store
from feedbackclf.concepts import Lexicon, load_packaged, read_lexicon
from feedbackclf.errors import CorpusError, FeedbackError
from feedbackclf.features import BLOCKS, Reader
from feedbackclf.labels import TOPICS, URGENCY_LEVELS
from feedbackclf.model import FeatureTable, Floats, LinearModel
from feedbackclf.text import clean
from feedbackclf.tokenizers import ENGINES
from feedbackclf.training.corpus import Corpus, LabelledMessage, count_labels, is_held_out
from feedbackclf.training.evaluate import Labels, Scores, measure_by_language
from feedbackclf.training.fit import (
    CONCEPTS,
    FittedModel,
    Options,
    Progress,
    Readings,
    as_document,
    decide,
    feature_arrays,
    fit,
    folded_intercept,
    read_messages,
)

LOGIT_TOLERANCE = 1e-5
"""How far a compiled logit may be from scikit-learn's."""

# Replayed at every load. One everyday message a language; what it says does not matter, that it gives the same tokens and scores does.
PROBES: Mapping[str, str] = {
    "en": "The parcel came 3 days late and the lid doesn't close. Nobody answers my e-mails, please send a new one!",
    "fr": "J'ai reçu le colis avec 3 jours de retard et l'article est cassé. Pourriez-vous me rembourser aujourd'hui ?",
    "th": "ของมาช้า 3 วัน กล่องบุบ โทรไปไม่มีใครรับสาย พนักงานพูดจาไม่ดีเลยค่ะ ขอคืนเงินด้วยนะคะ",
    "zh": "包裹晚到了3天，盖子还是坏的，打电话给客服一直没人接，态度也很差，请尽快退款！",
}


@dataclass(frozen=True, slots=True)
class Published:
    """A model that was trained and written.

    Attributes
    ----------
    path : Path
        Its folder.
    cross_validation, held_out : dict of str to Scores
        By language and over `all`: on the training messages, each judged by a model that had not seen its writer; and on the writers
        that were never trained on (empty where there are none).
    """

    path: Path
    cross_validation: dict[str, Scores]
    held_out: dict[str, Scores]


def train(
    corpus: Corpus,
    models: Path,
    options: Options | None = None,
    topics: Sequence[str] = TOPICS,
    lexicons: Mapping[str, Path] | None = None,
    hold_out: bool = True,
    progress: Progress | None = None,
    today: datetime.date | None = None,
) -> Published:
    """Train a model and write it as a new version into the folder `models`; CURRENT stays as it is (`store.use` changes it).

    Parameters
    ----------
    corpus : Corpus
    models : Path
    options : Options, optional
    topics : sequence of str
    lexicons : mapping of str to Path, optional
        Language -> a lexicon file of your own that adds to the packaged one.
    hold_out : bool
        Keep about 15 % of the writers out of training, to measure on; without it the model learns from everybody and says less of itself.
    progress : callable, optional
    today : date, optional
        For the version's name; today by default.

    Raises
    ------
    CorpusError, LexiconError, OutputError
    """
    options = options or Options()
    languages = [x for x in BLOCKS if any(m.language == x for m in corpus.messages)]
    phrases = _phrases(languages, lexicons or {})
    readers = {x: Reader(x, phrases[x]) for x in languages}
    readings = read_messages(corpus.messages, readers, topics, progress)
    held_out = np.array([hold_out and is_held_out(m.writer) for m in corpus.messages])
    if held_out.all():
        raise CorpusError(["every writer belongs to the held-out part"], advice="Add writers, or train without holding any out.")
    training = readings.take(~held_out)
    fitted = fit(training, options, progress)
    cross_validation, review = _cross_validation(fitted, training)
    testing = readings.take(held_out)
    held_out_scores = _scores(fitted, testing, fitted.logits(testing.documents)) if len(testing) else {}
    model = compile_model(fitted, phrases, readers)
    prove_equal(fitted, model, readings)
    manifest = {
        **model.manifest,
        "review": {"margin": fitted.review_margin, **review},
        "options": asdict(options),
        "corpora": dict(corpus.digests),
        "messages": {"training": len(training), "held_out": len(testing), "writers": len(set(training.writers.tolist()))},
        "label_rates": _label_rates(m for m, out in zip(corpus.messages, held_out, strict=True) if not out),
        "metrics": {
            "cross_validation": {k: s.to_dict() for k, s in cross_validation.items()},
            "held_out": {k: s.to_dict() for k, s in held_out_scores.items()},
        },
        "trained_with": {
            "python": platform.python_version(),
            **{p: version(p) for p in ("feedbackclf", "numpy", "scikit-learn", "spacy", "pythainlp", "nlpo3", "rjieba", "opencc")},
        },
    }
    whole = store.StoredModel(manifest, model.words, model.concepts, model.lexicons, card=_card(manifest))
    path = store.write(models, whole, (today or datetime.datetime.now(datetime.UTC).date()).isoformat())
    return Published(path, cross_validation, held_out_scores)


def compile_model(fitted: FittedModel, phrases: Mapping[str, Mapping[str, tuple[str, ...]]], readers: Mapping[str, Reader]) -> store.StoredModel:
    """Turn a fitted scikit-learn model into arrays, with calibration folded in and probes taken."""
    tables = {name: FeatureTable(names, idf, weights) for name, (names, idf, weights) in feature_arrays(fitted).items()}
    outputs = len(fitted.slope)
    concepts = tables.pop(CONCEPTS, FeatureTable([], np.empty(0), np.empty((0, outputs))))
    intercept = folded_intercept(fitted)
    manifest: dict[str, Any] = {
        "topics": list(fitted.topics),
        "urgency_levels": list(URGENCY_LEVELS),
        "languages": {x: BLOCKS[x] for x in readers},
        "tokenizers": {x: ENGINES[x][0] for x in readers},
        "intercept": intercept.tolist(),
        "thresholds": fitted.thresholds.tolist(),
        "probes": {},
    }
    model = store.StoredModel(manifest, tables, concepts, phrases)
    for language, reader in readers.items():
        reading = reader(clean(PROBES[language]).text)
        document = as_document(reading, language)
        logits = compiled_logits(model, [document])[0]
        manifest["probes"][language] = {"text": PROBES[language], "tokens": reading.tokens, "logits": logits.tolist()}
    return model


def compiled_logits(model: store.StoredModel, documents: Sequence[Mapping[str, list[str]]]) -> Floats:
    """Return the logits that the arrays give, shape (n, K)."""
    intercept = np.array(model.manifest["intercept"])
    of_block = {block: LinearModel(_rounded(words), _rounded(model.concepts), intercept) for block, words in model.words.items()}
    logits = np.empty((len(documents), len(intercept)))
    for i, document in enumerate(documents):
        block = next(b for b in document if b != CONCEPTS)
        logits[i] = of_block[block].logits([(document[block], document[CONCEPTS])])[0]
    return logits


def prove_equal(fitted: FittedModel, model: store.StoredModel, readings: Readings) -> None:
    """Check that arrays and scikit-learn model agree on every message: same decisions, logits within `LOGIT_TOLERANCE`.

    Raises
    ------
    FeedbackError
        Where they do not: a defect of this package, which must not be published.
    """
    ours, theirs = compiled_logits(model, readings.documents), fitted.logits(readings.documents)
    difference = float(np.abs(ours - theirs).max())
    n_topics = len(fitted.topics)
    a, b = (decide(x, fitted.thresholds, n_topics) for x in (ours, theirs))
    same = bool((a.topics == b.topics).all() and (a.levels == b.levels).all())
    if difference > LOGIT_TOLERANCE or not same:
        raise FeedbackError(
            f"The compiled model differs from the scikit-learn model (logits by up to {difference:.1e}); nothing was written. Please report this."
        )


def _phrases(languages: Iterable[str], own: Mapping[str, Path]) -> dict[str, dict[str, tuple[str, ...]]]:
    result = {}
    for language in languages:
        lexicon: Lexicon = load_packaged(language)
        if language in own:
            lexicon = lexicon.extended_by(read_lexicon(own[language], language))
        result[language] = lexicon.phrases()
    return result


def _rounded(table: FeatureTable) -> FeatureTable:
    """Return the table as it will be read back from disk."""
    return FeatureTable(table.names, np.asarray(table.idf, dtype=np.float32), np.asarray(table.weights, dtype=np.float32))


def _scores(fitted: FittedModel, readings: Readings, logits: Floats) -> dict[str, Scores]:
    n_topics = len(fitted.topics)
    said = decide(logits, fitted.thresholds, n_topics)
    true = Labels(readings.targets[:, :n_topics], readings.levels)
    return measure_by_language(true, Labels(said.topics, said.levels), readings.languages, fitted.topics)


def _cross_validation(fitted: FittedModel, readings: Readings) -> tuple[dict[str, Scores], dict[str, Any]]:
    """Return the scores, and what `needs_review` means, measured on the same predictions."""
    said = decide(fitted.out_of_fold, fitted.thresholds, len(fitted.topics), fitted.review_margin)
    right = (said.topics == readings.targets[:, : len(fitted.topics)]).all(axis=1)
    review = {
        "share": round(float(said.unsure.mean()), 4),
        "exact_when_not_marked": round(float(right[~said.unsure].mean()), 4),
        "exact": round(float(right.mean()), 4),
    }
    return _scores(fitted, readings, fitted.out_of_fold), review


def _label_rates(messages: Iterable[LabelledMessage]) -> dict[str, float]:
    chosen = list(messages)
    return {label: round(n / len(chosen), 4) for label, n in sorted(count_labels(chosen).items())}


def _card(manifest: Mapping[str, Any]) -> str:
    """Return the model card; `{version}` is filled in when the version is known."""
    rows = []
    for part, scores in manifest["metrics"].items():
        for language, s in scores.items():
            values = (s["messages"], s["macro_f1"], s["kappa"], s["urgent_seen"], s["false_urgent"])
            rows.append(f"| {part.replace('_', ' ')} | {language} | " + " | ".join(map(str, values)) + " |")
    review, messages = manifest["review"], manifest["messages"]
    return f"""# Model {{version}}

Topics ({", ".join(manifest["topics"])}) and urgency ({", ".join(manifest["urgency_levels"])}) of customer feedback
in {", ".join(manifest["languages"])}. A linear model over TF-IDF of words, word pairs and concepts, trained by feedbackclf; all of it is
plain arrays and text.

- Trained on {messages["training"]:,} messages by {messages["writers"]:,} writers; {messages["held_out"]:,} messages by other writers were held out.
- `needs_review` marks about {review["share"]:.0%} of messages; of those it does not mark, {review["exact_when_not_marked"]:.0%} carried exactly
  the right topics in cross-validation ({review["exact"]:.0%} of all).
- Cross-validation and held-out part are grouped by writer.

| measured on | language | messages | topic macro-F1 | urgency kappa | urgent seen as high or urgent | false urgent |
|---|---|---|---|---|---|---|
{chr(10).join(rows)}

Meant for sorting customer messages for people who then act on them. Not meant for judging employees or customers, nor for emergencies that
nobody else watches. Figures on written corpora flatter: real messages are more varied. Evaluate on messages of your own
(`feedbackclf evaluate`) before relying on it.
"""

"""Text in, Prediction out."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np

from feedbackclf import store
from feedbackclf.errors import FeedbackError, LanguageNotLoadedError, ModelDriftError, SettingError, UnknownLanguageError
from feedbackclf.evidence import Evidence, find_evidence
from feedbackclf.features import Reader, Reading, concept_features, word_features
from feedbackclf.labels import LANGUAGES, UNDETERMINED
from feedbackclf.language import Detection, Script, detect
from feedbackclf.model import Bags, Floats, LinearModel, decide_levels, level_probabilities, monotone_steps, probabilities
from feedbackclf.text import MAX_CHARACTERS, CleanText, clean
from feedbackclf.tokenizers import build_tokenizer, check_engine

PROBE_TOLERANCE = 1e-3
"""How far a probe's logits may be from those at training before a model is refused (arithmetic differs by about 1e-6 between machines)."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a message is about and how urgent it is.

    Attributes
    ----------
    language : str
        One of the model's languages, or `und` where the text is in none of them.
    language_probability : float
        0 to 1; 1 where the caller named the language.
    topics : tuple of str
        Every topic whose probability reaches its threshold, in the model's order; may be empty.
    topic_probabilities : mapping of str to float
        Topic -> calibrated probability, 0 to 1, independent of each other.
    urgency : str
        One of the model's levels.
    urgency_probabilities : mapping of str to float
        Level -> probability; they sum to 1.
    needs_review : bool
        True where a person should look: the model is unsure (the manifest's `review` says what that means), or the language is `und`.
    model_version : str
    evidence : tuple of Evidence
        With `explain=True`: all stretches of the text that moved a logit, the heaviest first.
    logits, intercepts : mapping of str to float
        With `explain=True`: the logit of each topic and step of urgency, and the part of it that does not depend on the text.
    """

    language: str
    language_probability: float
    topics: tuple[str, ...]
    topic_probabilities: Mapping[str, float]
    urgency: str
    urgency_probabilities: Mapping[str, float]
    needs_review: bool
    model_version: str
    evidence: tuple[Evidence, ...] = ()
    logits: Mapping[str, float] = field(default_factory=dict)
    intercepts: Mapping[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the prediction as plain values, ready for JSON; what `explain` adds is there only if it was asked for."""
        result: dict[str, Any] = {
            "language": self.language,
            "language_probability": self.language_probability,
            "topics": list(self.topics),
            "topic_probabilities": dict(self.topic_probabilities),
            "urgency": self.urgency,
            "urgency_probabilities": dict(self.urgency_probabilities),
            "needs_review": self.needs_review,
            "model_version": self.model_version,
        }
        if self.logits:
            result |= {"evidence": [e.to_dict() for e in self.evidence], "logits": dict(self.logits), "intercepts": dict(self.intercepts)}
        return result


@dataclass(frozen=True, slots=True)
class _Language:
    """What scoring a language takes."""

    reader: Reader
    model: LinearModel


@dataclass(frozen=True, slots=True)
class _Message:
    """A message on its way: cleaned, its language found, read."""

    original: str
    cleaned: CleanText
    detection: Detection
    reading: Reading
    bags: Bags
    model: LinearModel


class Classifier:
    """Scores messages with one model. Safe to share between threads.

    Make one with `Classifier.load`. A language's tokenizer and arrays are loaded when its first message comes; `warm_up` does it beforehand.

    Attributes
    ----------
    path : Path
        The model's folder.
    version : str
    languages : tuple of str
        Languages that it scores.
    topics, urgency_levels : tuple of str
    manifest : dict
        All that the model says of itself: metrics, corpora, thresholds, …
    max_characters : int
        Limit for one message, in code points.
    """

    def __init__(self, path: Path, languages: Iterable[str] | None, max_characters: int) -> None:
        if max_characters < 1:
            raise SettingError(f"max_characters must be at least 1, not {max_characters}.")
        self.path = path
        self.manifest = store.read_manifest(path)
        self.version: str = self.manifest["version"]
        self.topics: tuple[str, ...] = tuple(self.manifest["topics"])
        self.urgency_levels: tuple[str, ...] = tuple(self.manifest["urgency_levels"])
        self.languages = self._choose(languages)
        self.max_characters = max_characters
        self._labels = (*self.topics, *(f"urgency>={level}" for level in self.urgency_levels[1:]))
        thresholds = np.array(self.manifest["thresholds"], dtype=np.float64)
        self._topic_thresholds, self._step_thresholds = thresholds[: len(self.topics)], thresholds[len(self.topics) :]
        self._review_margin: float = self.manifest["review"]["margin"]
        self._stored = store.read(path, self.languages)
        self._models: dict[str, LinearModel] = {}
        self._loaded: dict[str, _Language] = {}
        self._lock = threading.RLock()

    @classmethod
    def load(cls, path: str | PathLike[str] | None = None, languages: Iterable[str] | None = None, max_characters: int = MAX_CHARACTERS) -> Self:
        """Load a model.

        Parameters
        ----------
        path : path, optional
            A model folder, or a folder of models with CURRENT. By default the folder that the environment variable FEEDBACKCLF_MODELS names,
            the user's data folder, or the model that comes with feedbackclf: the first that holds one.
        languages : iterable of str, optional
            Score these languages only; by default all of the model. A text in another of the model's languages is then an error.
        max_characters : int
            Limit for one message.

        Raises
        ------
        ModelNotFoundError, ModelFormatError, CorruptModelError
            The model's files are checked here, its probes when a language is loaded.
        UnknownLanguageError, SettingError
        """
        return cls(store.find(path), languages, max_characters)

    def warm_up(self) -> Self:
        """Load every language now and return self; a service does this before it says that it is ready.

        Raises
        ------
        ModelDriftError
        """
        for language in self.languages:
            self._language(language)
        return self

    def score(self, text: str, language: str | None = None, explain: bool = False) -> Prediction:
        """Score one message.

        Parameters
        ----------
        text : str
        language : str, optional
            Its language if you know it; found out by default.
        explain : bool
            Add evidence.

        Raises
        ------
        NotTextError, EmptyTextError, InvalidTextError, TextTooLongError
        UnknownLanguageError, LanguageNotLoadedError
        ModelDriftError
            When the first message of a language loads it.
        """
        message = self._read(text, language)
        return self._predictions([message], message.model.logits([message.bags]), explain)[0]

    def score_many(self, texts: Sequence[str], language: str | Sequence[str | None] | None = None, explain: bool = False) -> list[Prediction]:
        """Score messages; the predictions come in the same order, each the same as `score` would give.

        Parameters
        ----------
        texts : sequence of str
        language : str or sequence of str, optional
            One code for all, or one (or None) for each.
        explain : bool

        Raises
        ------
        FeedbackError
            As `score`; a note on the error says which message it was.
        """
        if isinstance(texts, str):
            raise SettingError("score_many wants a list of messages, not one str; use score for one.")
        codes = [language] * len(texts) if language is None or isinstance(language, str) else list(language)
        if len(codes) != len(texts):
            raise SettingError(f"{len(codes)} languages were given for {len(texts)} messages; give one for each, or one for all.")
        messages = []
        for i, (text, code) in enumerate(zip(texts, codes, strict=True)):
            try:
                messages.append(self._read(text, code))
            except FeedbackError as error:
                error.add_note(f"This was message {i} of the list (counted from 0).")
                raise
        logits = np.empty((len(messages), len(self._labels)))
        for model in {id(m.model): m.model for m in messages}.values():
            rows = [i for i, m in enumerate(messages) if m.model is model]
            logits[rows] = model.logits(messages[i].bags for i in rows)
        return self._predictions(messages, logits, explain)

    # --- one message's way ---------------------------------------------------------------------------------------------

    def _read(self, text: str, language: str | None) -> _Message:
        cleaned = clean(text, self.max_characters)
        detection = detect(cleaned.text) if language is None else self._named(language)
        if detection.language == UNDETERMINED:
            return self._read_foreign(text, cleaned, detection)
        loaded = self._language(detection.language)
        reading = loaded.reader(cleaned.text)
        bags = (word_features(reading.tokens), concept_features(reading.matches))
        return _Message(text, cleaned, detection, reading, bags, loaded.model)

    def _read_foreign(self, text: str, cleaned: CleanText, detection: Detection) -> _Message:
        """Read a text in none of our languages: Latin script with the words and concepts of English or French, any other with concepts alone."""
        by_script = {Script.LATIN: ("en", "fr"), Script.THAI: ("th",), Script.HAN: ("zh",)}.get(detection.script, ())
        language = next(x for x in (*by_script, *self.languages) if x in self.languages)
        loaded = self._language(language)
        reading = loaded.reader(cleaned.text)
        words = word_features(reading.tokens) if language in by_script else []
        return _Message(text, cleaned, detection, reading, (words, concept_features(reading.matches)), loaded.model)

    def _predictions(self, messages: Sequence[_Message], logits: Floats, explain: bool) -> list[Prediction]:
        n_topics = len(self.topics)
        p = probabilities(logits)
        topics, steps = p[:, :n_topics], monotone_steps(p[:, n_topics:])
        said = topics >= self._topic_thresholds
        levels = decide_levels(steps, self._step_thresholds)
        unsure = np.abs(topics - self._topic_thresholds).min(axis=1) < self._review_margin
        topic_rows, level_rows = topics.tolist(), level_probabilities(steps).tolist()
        return [
            Prediction(
                language=m.detection.language,
                language_probability=m.detection.probability,
                topics=tuple(t for t, yes in zip(self.topics, said[i], strict=True) if yes),
                topic_probabilities=dict(zip(self.topics, topic_rows[i], strict=True)),
                urgency=self.urgency_levels[levels[i]],
                urgency_probabilities=dict(zip(self.urgency_levels, level_rows[i], strict=True)),
                needs_review=bool(unsure[i]) or m.detection.language == UNDETERMINED,
                model_version=self.version,
                **(self._explanation(m, logits[i]) if explain else {}),
            )
            for i, m in enumerate(messages)
        ]

    def _explanation(self, m: _Message, logits: Floats) -> dict[str, Any]:
        return {
            "evidence": find_evidence(m.original, m.cleaned, m.reading, m.bags, m.model, self._labels),
            "logits": dict(zip(self._labels, logits.tolist(), strict=True)),
            "intercepts": dict(zip(self._labels, m.model.intercept.tolist(), strict=True)),
        }

    # --- languages -----------------------------------------------------------------------------------------------------

    def _choose(self, languages: Iterable[str] | None) -> tuple[str, ...]:
        of_model = tuple(self.manifest["languages"])
        if languages is None:
            return of_model
        chosen = tuple(dict.fromkeys([languages] if isinstance(languages, str) else languages))
        for language in chosen:
            if language not in of_model:
                raise UnknownLanguageError(f"{language!r} is no language of model {self.version}; it has {', '.join(of_model)}.")
        if not chosen:
            raise SettingError(f"languages is empty; name at least one of {', '.join(of_model)}, or leave it out for all.")
        return chosen

    def _named(self, language: str) -> Detection:
        if language != UNDETERMINED and language not in LANGUAGES:
            raise UnknownLanguageError(
                f"{language!r} is no language code that feedbackclf knows; use one of {', '.join(LANGUAGES)}, or None to find out."
            )
        return Detection(language, 1.0, Script.LATIN if language == UNDETERMINED else Script.OTHER)

    def _language(self, language: str) -> _Language:
        loaded = self._loaded.get(language)
        if loaded is not None:
            return loaded
        if language not in self.languages:
            known = language in self.manifest["languages"]
            wanted = ", ".join(repr(x) for x in (*self.languages, language))
            way_out = f"Load it with languages=({wanted})" if known else f"Model {self.version} has no {language!r}; train one with such messages"
            raise LanguageNotLoadedError(
                f"The message is in {language!r}, and this classifier was loaded for {', '.join(self.languages)} only. {way_out}, or leave them out."
            )
        with self._lock:
            if language not in self._loaded:
                self._loaded[language] = self._load_language(language)
            return self._loaded[language]

    def _load_language(self, language: str) -> _Language:
        check_engine(language, self.manifest["tokenizers"][language])
        block = self.manifest["languages"][language]
        if block not in self._models:
            intercept = np.array(self.manifest["intercept"], dtype=np.float64)
            self._models[block] = LinearModel(self._stored.words[block], self._stored.concepts, intercept)
        loaded = _Language(Reader(language, self._stored.lexicons[language], build_tokenizer(language)), self._models[block])
        self._replay_probe(language, loaded)
        return loaded

    def _replay_probe(self, language: str, loaded: _Language) -> None:
        probe = self.manifest["probes"][language]
        reading = loaded.reader(clean(probe["text"]).text)
        if reading.tokens != probe["tokens"]:
            raise ModelDriftError(
                f"Model {self.version}: the {language} tokenizer gives other tokens than at training. "
                f"Install the versions that the manifest names ({self.manifest['trained_with']}), or train the model again."
            )
        logits = loaded.model.logits([(word_features(reading.tokens), concept_features(reading.matches))])[0]
        if not np.allclose(logits, probe["logits"], rtol=0, atol=PROBE_TOLERANCE):
            raise ModelDriftError(
                f"Model {self.version}: the {language} probe scores otherwise than at training. Train the model again with this installation."
            )

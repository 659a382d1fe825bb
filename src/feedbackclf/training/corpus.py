"""Labelled messages from JSON Lines and CSV files, every bad line reported, nothing guessed.

JSON Lines: one object a line with `id`, `text`, `language`, `topics` (a list), `urgency` and, where known, `writer`, `domain`, `channel`,
`register`. CSV: the same columns, topics joined by `|`; other column names can be mapped. Ids are unique over all files.
"""

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feedbackclf.errors import CorpusError, TextError
from feedbackclf.labels import LANGUAGES, TOPICS, URGENCY_LEVELS
from feedbackclf.text import clean

REQUIRED = ("id", "text", "language", "topics", "urgency")
OPTIONAL = ("writer", "domain", "channel", "register")
SUFFIXES = (".jsonl", ".csv")
CHALLENGE = "challenge"
"""Name of the folder whose files are for testing only."""


@dataclass(frozen=True, slots=True)
class LabelledMessage:
    """One message of a corpus with its labels. `writer` is the message's own id where nobody knows who wrote it."""

    id: str
    text: str
    language: str
    topics: tuple[str, ...]
    urgency: str
    writer: str
    domain: str = ""
    channel: str = ""
    register: str = ""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Labelled messages and where they came from.

    Attributes
    ----------
    messages : tuple of LabelledMessage
        In the order of the files and of their lines.
    digests : mapping of str to str
        File name -> sha256 of its bytes.
    problems : tuple of str
        Lines left out because the caller allowed it.
    """

    messages: tuple[LabelledMessage, ...]
    digests: Mapping[str, str]
    problems: tuple[str, ...] = ()


def corpus_files(paths: Iterable[Path]) -> list[Path]:
    """Return the corpus files among `paths`; of a folder, all below it but for hidden ones and those of `challenge/`.

    Raises
    ------
    CorpusError
        Where nothing is found.
    """
    files: list[Path] = []
    problems: list[str] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(
                p for p in path.rglob("*") if p.suffix in SUFFIXES and CHALLENGE not in p.relative_to(path).parts and not p.name.startswith(".")
            )
            if not inside:
                problems.append(f"{path}: no .jsonl or .csv file in this folder")
            files += inside
        elif not path.is_file():
            problems.append(f"{path}: no such file or folder")
        elif path.suffix not in SUFFIXES:
            problems.append(f"{path}: a corpus is a .jsonl or .csv file")
        else:
            files.append(path)
    if problems or not files:
        raise CorpusError(problems or ["no corpus was given"], advice="Give the files or folders that hold your labelled messages.")
    return list(dict.fromkeys(files))


def read_corpus(
    paths: Iterable[Path],
    topics: Sequence[str] = TOPICS,
    columns: Mapping[str, str] | None = None,
    language: str | None = None,
    encoding: str = "utf-8",
    skip_bad: bool = False,
) -> Corpus:
    """Read corpus files.

    Parameters
    ----------
    paths : iterable of Path
        Files, or folders that hold them.
    topics : sequence of str
        The topics that may occur.
    columns : mapping of str to str, optional
        Our name of a field -> the name that the files use, as {"text": "Body"}.
    language : str, optional
        The language of messages that do not say theirs.
    encoding : str
        Of the files; a byte order mark is passed over.
    skip_bad : bool
        Leave bad lines out instead of raising; they stand in `Corpus.problems`.

    Raises
    ------
    CorpusError
        All bad lines of all files together; or nothing left to train on.
    """
    files = corpus_files(paths)
    check = _LineCheck(topics, dict(columns or {}), language)
    messages: list[LabelledMessage] = []
    problems: list[str] = []
    digests: dict[str, str] = {}
    seen: dict[str, str] = {}
    for file in files:
        data = file.read_bytes()
        digests[file.name if file.name not in digests else str(file)] = hashlib.sha256(data).hexdigest()
        for number, fields, problem in _lines(file, data, encoding):
            where = f"{file}:{number}"
            if problem is None:
                message, problem = check(fields, f"{file.stem}:{number}" if file.suffix == ".csv" else None)
                if message and message.id in seen:
                    problem = f"id {message.id!r} is already used at {seen[message.id]}"
                elif message:
                    seen[message.id] = where
                    messages.append(message)
            if problem:
                problems.append(f"{where}: {problem}")
    if problems and not skip_bad:
        raise CorpusError(problems)
    if not messages:
        raise CorpusError(problems or [f"{f}: no message in it" for f in files], advice="A corpus needs at least one good line.")
    return Corpus(tuple(messages), digests, tuple(problems))


def is_held_out(writer: str, percent: int = 15) -> bool:
    """Say whether a writer belongs to the held-out part: a stable rule on the name, the same on every machine and for every corpus."""
    return int(hashlib.sha256(f"held out:{writer}".encode()).hexdigest()[:8], 16) % 100 < percent


def count_labels(messages: Iterable[LabelledMessage]) -> Counter[str]:
    """Return how often each topic and each level occurs."""
    return Counter(label for m in messages for label in (*m.topics, m.urgency))


Line = tuple[int, Mapping[str, Any], str | None]


def _lines(file: Path, data: bytes, encoding: str) -> Iterator[Line]:
    return _csv_lines(data, encoding) if file.suffix == ".csv" else _json_lines(data, encoding)


def _json_lines(data: bytes, encoding: str) -> Iterator[Line]:
    for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not raw.strip():
            continue
        try:
            fields = json.loads(raw.decode(encoding))
        except UnicodeDecodeError as error:
            yield number, {}, _wrong_encoding(error, encoding)
        except (ValueError, RecursionError) as error:
            yield number, {}, f"not JSON ({error.msg if isinstance(error, json.JSONDecodeError) else type(error).__name__})"
        else:
            yield number, fields if isinstance(fields, dict) else {}, None if isinstance(fields, dict) else "a line must be a JSON object {…}"


def _csv_lines(data: bytes, encoding: str) -> Iterator[Line]:
    try:
        text = data.removeprefix(b"\xef\xbb\xbf").decode(encoding)
    except UnicodeDecodeError as error:
        yield data[: error.start].count(b"\n") + 1, {}, _wrong_encoding(error, encoding)
        return
    reader = csv.DictReader(io.StringIO(text, newline=""))
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield reader.line_num, {}, f"not CSV ({error})"
            return
        if None in row or None in row.values():
            yield reader.line_num, {}, f"another number of cells than the {len(reader.fieldnames or ())} columns of the header"
            continue
        fields: dict[str, Any] = {k: v for k, v in row.items() if v != ""}
        yield reader.line_num, fields, None


def _wrong_encoding(error: UnicodeDecodeError, encoding: str) -> str:
    return f"not {encoding} ({error.reason} at byte {error.start}); save the file as UTF-8 or name its encoding"


class _LineCheck:
    """Turns the fields of a line into a message, or says what is wrong with them."""

    def __init__(self, topics: Sequence[str], columns: Mapping[str, str], language: str | None) -> None:
        self._topics = topics
        self._columns = {**{name: name for name in (*REQUIRED, *OPTIONAL)}, **columns}
        self._language = language

    def __call__(self, fields: Mapping[str, Any], default_id: str | None) -> tuple[LabelledMessage | None, str | None]:
        values = {ours: fields[theirs] for ours, theirs in self._columns.items() if theirs in fields}
        if default_id is not None:  # CSV: an empty cell is no topic, an id column may be absent
            values.setdefault("topics", "")
            values.setdefault("id", default_id)
        if self._language is not None:
            values.setdefault("language", self._language)
        missing = [self._columns[name] for name in REQUIRED if name not in values]
        if missing:
            return None, f"missing {', '.join(missing)}"
        if isinstance(values["topics"], str):
            values["topics"] = [t.strip() for t in values["topics"].split("|") if t.strip()]
        problem = self._problem(values)
        if problem:
            return None, problem
        order = {t: i for i, t in enumerate(self._topics)}
        return LabelledMessage(
            id=values["id"],
            text=values["text"],
            language=values["language"],
            topics=tuple(sorted(set(values["topics"]), key=order.__getitem__)),
            urgency=values["urgency"],
            writer=values.get("writer") or values["id"],
            **{name: values.get(name, "") for name in OPTIONAL[1:]},
        ), None

    def _problem(self, values: Mapping[str, Any]) -> str | None:
        for name in ("id", "language", "urgency", *OPTIONAL):
            if name in values and not isinstance(values[name], str):
                return f"{self._columns[name]} must be a string, not {type(values[name]).__name__}"
        if not values["id"].strip():
            return "the id is empty"
        if values["language"] not in LANGUAGES:
            return f"unknown language {values['language']!r}; known are {', '.join(LANGUAGES)}"
        if values["urgency"] not in URGENCY_LEVELS:
            return f"unknown urgency {values['urgency']!r}; known are {', '.join(URGENCY_LEVELS)}"
        if not isinstance(values["topics"], list) or not all(isinstance(t, str) for t in values["topics"]):
            return "topics must be a list of strings"
        unknown = sorted(set(values["topics"]) - set(self._topics))
        if unknown:
            return f"unknown topic {', '.join(map(repr, unknown))}; known are {', '.join(self._topics)}"
        try:
            clean(values["text"])  # what training could not read is a bad line, too
        except TextError as error:
            return str(error)
        return None

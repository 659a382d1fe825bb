"""Files of feedback: messages in, the same rows with their tags out. JSON Lines and CSV.

Rows keep all their fields. Each gets `language`, `topics`, `urgency`, `needs_review` and probabilities, under names that begin with `feedback_`;
a row that cannot be scored gets `feedback_error` instead, and the others are scored all the same.
"""

import csv
import io
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import IO, Any

from feedbackclf.classifier import Classifier, Prediction
from feedbackclf.errors import CorpusError, FeedbackError, MissingExtraError, OutputError

CHUNK = 1000
"""Rows scored at a time."""
PREFIX = "feedback_"

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Done:
    """How many rows were read, and how many of them could not be scored."""

    rows: int
    failed: int


def score_rows(
    classifier: Classifier, rows: Iterable[Row], text: str = "text", language: str | None = None, explain: bool = False, jobs: int = 1
) -> Iterator[Row]:
    """Yield each row with its tags added, in order.

    Parameters
    ----------
    classifier : Classifier
    rows : iterable of dict
        A row that was already found bad carries `feedback_error` and is passed through.
    text : str
        Name of the field with the message.
    language : str, optional
        The language of all rows; by default a row's own `language` where that is one of the classifier's, else found out.
    explain : bool
        Add evidence.
    jobs : int
        Processes to score in; -1 for one a core. joblib runs them, so inside `joblib.parallel_config(backend=…)` they may be a cluster's.

    Raises
    ------
    MissingExtraError
        Where `jobs` is not 1 and joblib is not installed.
    """
    chunks = _chunks(rows)
    if jobs == 1:
        for chunk in chunks:
            yield from _score_chunk(classifier, chunk, text, language, explain)
        return
    if not find_spec("joblib"):
        raise MissingExtraError("joblib", "cluster")
    from joblib import Parallel, delayed

    model = (classifier.path, classifier.languages, classifier.max_characters)
    tasks = (delayed(_score_chunk_elsewhere)(model, chunk, text, language, explain) for chunk in chunks)
    for scored in Parallel(n_jobs=jobs, return_as="generator")(tasks):
        yield from scored


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    remaining = iter(rows)
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk


def _score_chunk_elsewhere(model: tuple[Path, tuple[str, ...], int], *args: Any) -> list[Row]:
    return list(_score_chunk(_load_once(*model), *args))


@cache
def _load_once(path: Path, languages: tuple[str, ...], max_characters: int) -> Classifier:
    return Classifier.load(path, languages, max_characters)


def _score_chunk(classifier: Classifier, rows: list[Row], text: str, language: str | None, explain: bool) -> Iterator[Row]:
    texts = [row.get(text) for row in rows]
    codes = [language or (row["language"] if row.get("language") in classifier.languages else None) for row in rows]
    results: list[Prediction | str]
    try:
        results = list(classifier.score_many(texts, codes, explain))  # type: ignore[arg-type]  # what is no str is refused one by one below
    except FeedbackError:
        results = [_score_one(classifier, t, c, explain) for t, c in zip(texts, codes, strict=True)]
    for row, result in zip(rows, results, strict=True):
        if f"{PREFIX}error" in row:
            yield row
        elif isinstance(result, str):
            missing = text not in row
            yield row | {f"{PREFIX}error": f"no field {text!r} in this row" if missing else result}
        else:
            yield row | {PREFIX + k: v for k, v in result.to_dict().items()}


def _score_one(classifier: Classifier, text: Any, language: str | None, explain: bool) -> Prediction | str:
    try:
        return classifier.score(text, language, explain)
    except FeedbackError as error:
        return str(error)


def score_file(
    classifier: Classifier,
    source: Path,
    target: Path,
    text: str = "text",
    language: str | None = None,
    explain: bool = False,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Done:
    """Score a .jsonl or .csv file into another, which appears only when it is whole.

    Parameters
    ----------
    classifier : Classifier
    source, target : Path
        Their endings say their format; `target` is replaced if it exists.
    text, language, explain, jobs
        As `score_rows`. A CSV has no evidence.
    progress : callable, optional
        Called with rows done and rows in all.

    Raises
    ------
    CorpusError
        Where `source` cannot be read at all.
    OutputError
        Where `target` cannot be written; what it held before is unchanged.
    """
    rows = list(read_rows(source))
    if source.suffix == ".csv" and rows and text not in rows[0]:
        raise CorpusError(
            [f"{source}: no column {text!r}; its columns are {', '.join(rows[0])}"], advice="Name the column with the messages (--text)."
        )
    failed = 0
    with _whole_file(target) as stream:
        write = _csv_writer(stream, rows) if target.suffix == ".csv" else _json_writer(stream)
        for i, row in enumerate(score_rows(classifier, rows, text, language, explain, jobs), 1):
            failed += f"{PREFIX}error" in row
            write(row)
            if progress:
                progress(i, len(rows))
    return Done(len(rows), failed)


def read_rows(source: Path) -> Iterator[Row]:
    """Yield the rows of a .jsonl or .csv file (UTF-8).

    Raises
    ------
    CorpusError
    """
    check_suffix(source)
    try:
        content = source.read_bytes().removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except OSError as error:
        raise CorpusError([f"{source}: cannot be read ({error.strerror})"], advice="Give a file that exists and may be read.") from None
    except UnicodeDecodeError as error:
        raise CorpusError([f"{source}: not UTF-8 ({error.reason} at byte {error.start})"], advice="Save it as UTF-8.") from None
    if source.suffix == ".csv":
        reader = csv.DictReader(io.StringIO(content, newline=""), restkey=f"{PREFIX}surplus", restval="")
        try:
            yield from reader
        except csv.Error as error:
            raise CorpusError([f"{source}:{reader.line_num}: not CSV ({error})"], advice="Mend the file; nothing was scored.") from None
    else:
        yield from parse_json_lines(content)


def parse_json_lines(content: str) -> Iterator[Row]:
    """Yield the objects of JSON Lines; a line that is none becomes a row with `feedback_error`."""
    for number, line in enumerate(content.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            row = {f"{PREFIX}error": f"line {number}: not JSON ({error.msg if isinstance(error, json.JSONDecodeError) else type(error).__name__})"}
        yield row if isinstance(row, dict) else {f"{PREFIX}error": f"line {number}: not a JSON object"}


def to_json(row: Row) -> str:
    """Return a row as one line of JSON; readable, but for rows with lone surrogates, which only escapes can carry."""
    line = json.dumps(row, ensure_ascii=False)
    return line if line.isascii() or not _SURROGATE.search(line) else json.dumps(row)


_SURROGATE = re.compile("[\ud800-\udfff]")


def check_suffix(path: Path) -> None:
    """Refuse a file whose ending names no format that is read or written here.

    Raises
    ------
    CorpusError
    """
    if path.suffix not in (".jsonl", ".csv"):
        raise CorpusError(
            [f"{path}: the ending says the format, and must be .jsonl or .csv"], advice="Rename the file, or save it in one of these formats."
        )


def _json_writer(stream: IO[str]) -> Callable[[Row], None]:
    return lambda row: print(to_json(row), file=stream)


def _csv_writer(stream: IO[str], rows: list[Row]) -> Callable[[Row], None]:
    tags = ["language", "language_probability", "topics", "urgency", "needs_review", "model_version", "error"]
    columns = list(dict.fromkeys([k for row in rows for k in row] + [PREFIX + t for t in tags]))
    writer = csv.DictWriter(stream, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()

    def write(row: Row) -> None:
        topics: Mapping[str, Any] = {f"{PREFIX}topics": "|".join(row[f"{PREFIX}topics"])} if f"{PREFIX}topics" in row else {}
        writer.writerow({**row, **topics})

    return write


@contextmanager
def _whole_file(target: Path) -> Iterator[IO[str]]:
    """Open a file beside `target` that takes its place when all went well, and goes away otherwise."""
    check_suffix(target)
    try:
        handle, name = tempfile.mkstemp(prefix=".tmp-", suffix=target.suffix, dir=target.parent)
    except OSError as error:
        raise OutputError(f"Cannot write to {target.parent} ({error.strerror}).") from None
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(0o644)
        temporary.replace(target)
    except OSError as error:
        raise OutputError(f"{target} could not be written ({error.strerror}); what was there before is unchanged.") from None
    finally:
        temporary.unlink(missing_ok=True)

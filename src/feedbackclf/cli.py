"""The `feedbackclf` command. Exit codes: 0 done; 1 done, but some messages failed or a check fell short; 2 nothing done, the error says why."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from feedbackclf import __version__, store
from feedbackclf.errors import FeedbackError, MissingExtraError, SettingError
from feedbackclf.labels import LANGUAGES, TOPICS

if TYPE_CHECKING:
    from feedbackclf.classifier import Classifier
    from feedbackclf.training.corpus import Corpus

app = typer.Typer(
    name="feedbackclf",
    help="Topics and urgency of customer feedback in English, French, Thai and Chinese.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
models_app = typer.Typer(name="models", help="List, choose and verify the models on this machine.", no_args_is_help=True)
app.add_typer(models_app)

out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)

Model = Annotated[
    Path | None,
    typer.Option(
        "--model", "-m", help="A model folder, or a folder of models. (default: FEEDBACKCLF_MODELS, your own, the packaged one)", show_default=False
    ),
]
Language = Annotated[
    str | None, typer.Option("--language", "-l", help=f"Language of the messages ({', '.join(LANGUAGES)}). (default: found out)", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON Lines with all probabilities.")]
Corpora = Annotated[list[Path], typer.Argument(help="Corpus files (.jsonl, .csv) or folders that hold them.", show_default=False)]
Columns = Annotated[list[str] | None, typer.Option("--column", "-c", help="Map a column: OURS=THEIRS, as text=Body. Repeatable.", show_default=False)]
Encoding = Annotated[str, typer.Option("--encoding", help="Encoding of the corpus files.")]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Leave bad lines out instead of stopping.")]
Topics = Annotated[
    list[str] | None,
    typer.Option("--topic", "-t", help=f"A topic of your own labels; repeat for each. (default: {', '.join(TOPICS)})", show_default=False),
]


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version and leave.", is_eager=True)] = False) -> None:
    if version:
        print(f"feedbackclf {__version__}")
        raise typer.Exit


@app.command()
def score(
    texts: Annotated[list[str] | None, typer.Argument(help="Messages; without any, one a line from standard input.", show_default=False)] = None,
    source: Annotated[
        Path | None,
        typer.Option("--input", "-i", help="A .jsonl or .csv file of messages; - for JSON Lines from standard input.", show_default=False),
    ] = None,
    target: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where the tagged rows go (.jsonl or .csv). (default: standard output)", show_default=False)
    ] = None,
    text: Annotated[str, typer.Option("--text", help="Name of the field or column with the message.")] = "text",
    language: Language = None,
    explain: Annotated[bool, typer.Option("--explain", help="Add evidence (JSON only).")] = False,
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="Processes for a large file; -1 for one a core (needs joblib).")] = 1,
    as_json: Json = False,
    model: Model = None,
) -> None:
    """Say what messages are about and how urgent they are."""
    if source is not None and texts:
        raise SettingError("Give messages or --input, not both.")
    if source is not None:
        raise typer.Exit(_score_file(_load(model), source, target, text, language, explain, jobs))
    if target is not None:
        raise SettingError("--output goes with --input.")
    messages = texts or _lines_from_stdin()
    classifier = _load(model)
    failed = False
    for message in messages:
        try:
            prediction = classifier.score(message, language, explain)
        except FeedbackError as error:
            failed = True
            _complain(error)
            continue
        if as_json:
            print(json.dumps({"text": message, **prediction.to_dict()}, ensure_ascii=False))
        else:
            from feedbackclf.render import render_line

            out.print(render_line(message, prediction))
    if failed:
        raise typer.Exit(2 if len(messages) == 1 else 1)


def _score_file(classifier: "Classifier", source: Path, target: Path | None, text: str, language: str | None, explain: bool, jobs: int) -> int:
    from feedbackclf import batch

    if target is not None and str(source) != "-":
        with _progress() as progress:
            done = batch.score_file(classifier, source, target, text, language, explain, jobs, lambda n, total: progress("scoring", n, total))
        err.print(f"{done.rows:,} rows scored into {target}" + (f", {done.failed:,} of them with an error" if done.failed else ""))
        return 1 if done.failed else 0
    if target is not None:
        raise SettingError("With --input -, the result goes to standard output; redirect it.")
    rows = batch.parse_json_lines(_stdin()) if str(source) == "-" else batch.read_rows(source)
    failed = False
    for row in batch.score_rows(classifier, rows, text, language, explain, jobs):
        failed |= f"{batch.PREFIX}error" in row
        print(batch.to_json(row))
    return 1 if failed else 0


@app.command()
def explain(
    text: Annotated[str, typer.Argument(help="A message.", show_default=False)],
    language: Language = None,
    top: Annotated[int, typer.Option("--top", min=1, help="Stretches to show for each label.")] = 5,
    as_json: Json = False,
    model: Model = None,
) -> None:
    """Show the words that decided."""
    prediction = _load(model).score(text, language, explain=True)
    if as_json:
        print(json.dumps({"text": text, **prediction.to_dict()}, ensure_ascii=False))
        return
    from feedbackclf.render import render_explanation

    out.print(render_explanation(text, prediction, top))


@app.command()
def train(
    corpora: Corpora,
    models: Annotated[
        Path | None, typer.Option("--models", help="Folder of models to write into. (default: FEEDBACKCLF_MODELS, or your own)", show_default=False)
    ] = None,
    use: Annotated[bool, typer.Option("--use/--no-use", help="Make the new model the current one.")] = True,
    lexicon: Annotated[
        list[str] | None, typer.Option("--lexicon", help="A lexicon of your own: LANGUAGE=FILE. Repeatable.", show_default=False)
    ] = None,
    topics: Topics = None,
    columns: Columns = None,
    language: Language = None,
    encoding: Encoding = "utf-8",
    skip_bad: SkipBad = False,
    hold_out: Annotated[
        bool, typer.Option("--hold-out/--no-hold-out", help="Keep about 15 % of the writers out of training and measure on them.")
    ] = True,
    c: Annotated[float, typer.Option("--C", help="Inverse strength of regularization.")] = 0.3,
    concept_weight: Annotated[float, typer.Option("--concept-weight", help="Weight of concepts against words.")] = 1.0,
    min_writers: Annotated[int, typer.Option("--min-writers", help="Keep words that at least so many writers used.")] = 2,
    folds: Annotated[int, typer.Option("--folds", help="Folds of the cross-validation.")] = 5,
    seed: Annotated[int, typer.Option("--seed")] = 0,
) -> None:
    """Train a model on labelled messages and write it as a new version."""
    _need_training()
    from feedbackclf.render import render_scores
    from feedbackclf.training import fit, publish

    options = fit.Options(C=c, concept_weight=concept_weight, min_writers=min_writers, folds=folds, seed=seed)
    chosen = tuple(topics or TOPICS)
    corpus = _read_corpus(corpora, chosen, columns, language, encoding, skip_bad)
    folder = models or store.search_places()[0]
    own = {name: Path(path) for name, path in _pairs(lexicon, "--lexicon LANGUAGE=FILE").items()}
    with _progress() as progress:
        published = publish.train(corpus, folder, options, chosen, own, hold_out, progress)
    if use:
        store.use(folder, published.path.name)
    out.print(render_scores("cross-validation by writer", published.cross_validation))
    if published.held_out:
        out.print(render_scores("writers held out", published.held_out))
    out.print(
        f"{published.path}"
        + (" is now the current model" if use else f" is written; make it current with: feedbackclf models use {published.path.name}")
    )


@app.command()
def evaluate(
    corpora: Corpora,
    model: Model = None,
    columns: Columns = None,
    language: Language = None,
    encoding: Encoding = "utf-8",
    skip_bad: SkipBad = False,
    held_out: Annotated[bool, typer.Option("--held-out", help="Only the writers that training holds out.")] = False,
    as_json: Json = False,
) -> None:
    """Measure a model on labelled messages."""
    _need_training()
    from feedbackclf.render import render_scores
    from feedbackclf.training.corpus import is_held_out
    from feedbackclf.training.evaluate import evaluate as measure

    classifier = _load(model)
    corpus = _read_corpus(corpora, classifier.topics, columns, language, encoding, skip_bad)
    messages = [m for m in corpus.messages if not held_out or is_held_out(m.writer)]
    scores = measure(classifier, messages)
    if as_json:
        print(json.dumps({"model_version": classifier.version, "scores": {k: s.to_dict() for k, s in scores.items()}}, ensure_ascii=False))
    else:
        out.print(render_scores(f"model {classifier.version}", scores))


@app.command()
def check(
    corpora: Corpora,
    topics: Topics = None,
    columns: Columns = None,
    language: Language = None,
    encoding: Encoding = "utf-8",
) -> None:
    """Check corpora before training: format, duplicates, variety, shares. Exit code 1 where something falls short."""
    _need_training()
    from feedbackclf.render import render_findings
    from feedbackclf.training.check import check_corpus

    corpus = _read_corpus(corpora, tuple(topics or TOPICS), columns, language, encoding, skip_bad=True)
    with _progress() as progress:
        findings = check_corpus(corpus, progress)
    out.print(render_findings(findings))
    if any(not f.ok for f in findings):
        raise typer.Exit(1)


@models_app.command("list")
def models_list() -> None:
    """List the models that are found, in the order in which they are looked for; * is the current one of its folder."""
    chosen = store.find()
    for place in store.search_places():
        for version in store.versions(place):
            current = version == store.current_version(place)
            used = "  <- used" if place / version == chosen else ""
            print(f"{'*' if current else ' '} {version}  {place}{used}")


@models_app.command("use")
def models_use(
    version: Annotated[str, typer.Argument(help="The version to make current.", show_default=False)],
    models: Annotated[
        Path | None, typer.Option("--models", help="The folder of models. (default: the first that has this version)", show_default=False)
    ] = None,
) -> None:
    """Make a version the current one; going back is the same command with the older version."""
    folder = models or next((p for p in store.search_places() if version in store.versions(p)), store.search_places()[0])
    store.use(folder, version)
    print(f"{version} is now current in {folder}")


@models_app.command("verify")
def models_verify(model: Annotated[Path | None, typer.Argument(help="A model folder, or a folder of models.", show_default=False)] = None) -> None:
    """Check a model's files against their digests and replay its probes."""
    classifier = _load(model).warm_up()
    print(f"{classifier.version}: files and probes are right ({', '.join(classifier.languages)})")


# --- shared ------------------------------------------------------------------------------------------------------------


def main() -> None:
    """Run the command; an error of ours becomes one line on standard error and exit code 2."""
    try:
        app()
    except FeedbackError as error:
        _complain(error)
        sys.exit(2)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


def _complain(error: FeedbackError) -> None:
    err.print("error:", style="bold red", end=" ")
    err.print(str(error), markup=False)


def _load(model: Path | None) -> "Classifier":
    from feedbackclf.classifier import Classifier

    return Classifier.load(model)


def _need_training() -> None:
    from importlib.util import find_spec

    if not find_spec("sklearn"):
        raise MissingExtraError("scikit-learn", "train")


def _read_corpus(
    paths: list[Path], topics: tuple[str, ...], columns: list[str] | None, language: str | None, encoding: str, skip_bad: bool
) -> "Corpus":
    from feedbackclf.training.corpus import read_corpus

    try:
        "".encode(encoding)
    except LookupError:
        raise SettingError(f"{encoding!r} is no encoding that Python knows; use utf-8, cp1252, tis-620, gb18030, …") from None
    corpus = read_corpus(paths, topics, _pairs(columns, "--column OURS=THEIRS"), language, encoding, skip_bad)
    for problem in corpus.problems:
        err.print(f"left out: {problem}", markup=False)
    return corpus


def _pairs(given: list[str] | None, wanted: str) -> dict[str, str]:
    pairs = {}
    for pair in given or []:
        name, equals, value = pair.partition("=")
        if not (name and equals and value):
            raise SettingError(f"{pair!r} is not understood; write {wanted}.")
        pairs[name] = value
    return pairs


def _stdin() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise SettingError(f"Standard input is not UTF-8 ({error.reason} at byte {error.start}).") from None


def _lines_from_stdin() -> list[str]:
    if sys.stdin.isatty():
        raise SettingError("No message was given. Write one after `score`, pipe some in (one a line), or name a file with --input.")
    return [line for line in _stdin().splitlines() if line.strip()]


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show a progress bar on standard error, where that is a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bars:
        tasks: dict[str, Any] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done)

        yield show

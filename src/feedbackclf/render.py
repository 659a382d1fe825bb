"""How predictions, evidence and scores look in a terminal: colour where there is one, plain text where the output goes into a pipe."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from feedbackclf.classifier import Prediction
from feedbackclf.evidence import Evidence

if TYPE_CHECKING:
    from feedbackclf.training.check import Finding
    from feedbackclf.training.evaluate import Scores

URGENCY_STYLES = {"low": "dim", "normal": "", "high": "yellow", "urgent": "bold red"}
SHOWN_CHARACTERS = 60
WORTH_MARKING = 0.25
"""A stretch is marked in the text if it weighs at least this share of the heaviest one for the same label."""


def render_line(text: str, prediction: Prediction) -> Text:
    """Return one line: language, urgency, topics, the beginning of the text."""
    topics = ", ".join(prediction.topics) or "no topic"
    line = Text.assemble(
        f"{prediction.language:<4}",
        (f"{prediction.urgency:<7}", URGENCY_STYLES.get(prediction.urgency, "")),
        f" {topics}",
    )
    if prediction.needs_review:
        line.append("  (needs review)", style="yellow")
    beginning = " ".join(text.split())
    line.append("  | " + (beginning if len(beginning) <= SHOWN_CHARACTERS else beginning[: SHOWN_CHARACTERS - 1] + "…"), style="dim")
    return line


def render_explanation(text: str, prediction: Prediction, top: int) -> RenderableType:
    """Return the prediction, the text with the stretches that speak for what was said, and the heaviest stretches of each label."""
    marked = Text(text)
    for label in (*prediction.topics, *_steps_reached(prediction)):
        speaking_for = [e for e in prediction.evidence if e.label == label and e.weight > 0]
        for evidence in speaking_for:
            if evidence.weight >= WORTH_MARKING * speaking_for[0].weight:
                marked.stylize("bold green" if label in prediction.topics else "underline yellow", evidence.start, evidence.end)
    table = Table(box=None, pad_edge=False)
    for column in ("label", "probability", "decided by (share of the logit)"):
        table.add_column(column)
    for label, probability in prediction.topic_probabilities.items():
        table.add_row(
            Text(label, style="bold" if label in prediction.topics else "dim"), f"{probability:.2f}", _list(prediction.evidence, label, top)
        )
    for label in _steps_to_show(prediction):
        level = label.removeprefix("urgency>=")
        at_least = sum(p for u, p in prediction.urgency_probabilities.items() if _rank(prediction, u) >= _rank(prediction, level))
        table.add_row(Text(label, style=URGENCY_STYLES.get(level, "")), f"{at_least:.2f}", _list(prediction.evidence, label, top))
    return Group(render_line(text, prediction), Text(), marked, Text(), table)


def _steps_reached(prediction: Prediction) -> list[str]:
    """Return the highest step of urgency that was reached, if any."""
    return [] if _rank(prediction, prediction.urgency) == 0 else [f"urgency>={prediction.urgency}"]


def _steps_to_show(prediction: Prediction) -> list[str]:
    """Return the step that was reached and the one that was not."""
    levels = list(prediction.urgency_probabilities)
    reached = _rank(prediction, prediction.urgency)
    return [f"urgency>={levels[i]}" for i in (reached, reached + 1) if 1 <= i < len(levels)]


def _rank(prediction: Prediction, level: str) -> int:
    return list(prediction.urgency_probabilities).index(level)


def _list(evidence: Sequence[Evidence], label: str, top: int) -> Text:
    found = [e for e in evidence if e.label == label and abs(e.weight) >= 0.005][:top]
    parts = [Text(f"{' '.join(e.text.split())} {e.weight:+.2f}", style="green" if e.weight > 0 else "red") for e in found]
    return Text(", ").join(parts) if parts else Text("nothing known", style="dim")


def render_scores(title: str, scores: Mapping[str, "Scores"]) -> RenderableType:
    """Return two narrow tables of scores, a line a language: over all topics and urgency, then F1 by topic."""
    topics = list(next(iter(scores.values())).f1)
    overall, by_topic = Table(title=title, title_justify="left", box=None, pad_edge=False), Table(box=None, pad_edge=False)
    for table, columns in (
        (overall, ("messages", "topic F1", "exact", "urgency kappa", "urgent seen", "false urgent")),
        (by_topic, topics),
    ):
        table.add_column("language" if table is overall else "F1")
        for column in columns:
            table.add_column(column, justify="right", overflow="fold")
    for language, s in scores.items():
        overall.add_row(language, f"{s.messages:,}", *(_number(x) for x in (s.macro_f1, s.exact, s.kappa, s.urgent_seen, s.false_urgent)))
        by_topic.add_row(language, *(_number(s.f1[t]) for t in topics))
    return Group(overall, Text(), by_topic, Text())


def _number(x: float) -> str:
    return f"{x:.3f}" if x == x else "-"


def render_findings(findings: Sequence["Finding"]) -> RenderableType:
    """Return a table of what a check of corpora found, and under it where it falls short."""
    table = Table(box=None, pad_edge=False)
    for column in ("", "check", "found", "wanted"):
        table.add_column(column)
    for f in findings:
        table.add_row(Text("ok", style="green") if f.ok else Text("short", style="bold red"), f.name, f.found, f.wanted)
    short = [Text.assemble((f"{f.name}: ", "bold"), _shortened(f.where)) for f in findings if not f.ok and f.where]
    return Group(table, *([Text()] if short else []), *short)


def _shortened(where: Sequence[str], most: int = 20) -> str:
    return ", ".join(where[:most]) + (f" and {len(where) - most} more" if len(where) > most else "")

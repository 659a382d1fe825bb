from io import StringIO

from rich.console import Console

from feedbackclf.render import render_explanation, render_line
from tests.conftest import EXAMPLES


def printed(what, **options):
    console = Console(file=StringIO(), width=100, **options)
    console.print(what)
    return console.file.getvalue()


def test_a_line_holds_the_beginning_of_the_text_only(classifier):
    text = "The parcel   was\nlate. " * 20
    line = printed(render_line(text, classifier.score(text)))
    assert "| The parcel was late." in " ".join(line.split())
    assert "…" in line


def test_a_text_for_review_says_so(classifier):
    text = "El pedido no ha llegado todavía"
    assert "(needs review)" in printed(render_line(text, classifier.score(text)))


def test_only_the_words_that_weigh_are_marked(classifier):
    text = EXAMPLES["fr"]
    p = classifier.score(text, explain=True)
    coloured = printed(render_explanation(text, p, 5), force_terminal=True, color_system="standard")
    marked = coloured.splitlines()[2]
    assert "\x1b[1;32mimpoli\x1b[0m" in marked
    assert marked.count("\x1b[0m") < len(text.split()), "nearly every word is marked"


def test_the_steps_shown_are_the_one_reached_and_the_next(classifier):
    text = EXAMPLES["en"]
    p = classifier.score(text, explain=True)
    plain = printed(render_explanation(text, p, 5))
    levels = list(p.urgency_probabilities)
    reached = levels.index(p.urgency)
    shown = {level for level in levels if f"urgency>={level}" in plain}
    assert shown == {levels[i] for i in (reached, reached + 1) if 1 <= i < len(levels)}


def test_text_that_looks_like_markup_is_shown_as_it_is(classifier):
    text = "the [bold]staff[/bold] was rude [link=x]"
    assert "[bold]staff[/bold]" in printed(render_explanation(text, classifier.score(text, explain=True), 5))

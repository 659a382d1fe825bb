import numpy as np
import pytest

from feedbackclf.errors import CorpusError
from feedbackclf.training.corpus import LabelledMessage
from feedbackclf.training.evaluate import Labels, as_labels, evaluate, measure, measure_by_language
from tests.conftest import EXAMPLES

TOPICS = ("a", "b", "c")


def test_scores_by_hand():
    true = as_labels([["a"], ["a", "b"], [], ["b"]], ["low", "high", "urgent", "urgent"], TOPICS)
    said = as_labels([["a"], ["b"], ["a"], ["b"]], ["low", "urgent", "high", "normal"], TOPICS)
    s = measure(true, said, TOPICS)
    assert s.f1["a"] == pytest.approx(0.5)
    assert s.f1["b"] == pytest.approx(1.0)
    assert np.isnan(s.f1["c"])
    assert s.macro_f1 == pytest.approx(0.75)
    assert s.exact == 0.5
    assert s.urgent_seen == 0.5
    assert s.false_urgent == 0.5
    # weights (i - j)^2: observed 0 + 1 + 1 + 4 = 6; expected by chance (rows 1 low 1 high 2 urgent, and again 1 low 1 normal 1 high 1 urgent) = 12
    assert s.kappa == pytest.approx(1 - 6 / 12)
    assert s.to_dict()["f1"]["c"] is None
    assert s.to_dict()["messages"] == 4


def test_perfect_and_constant_answers():
    labels = as_labels([["a"], ["b"]], ["low", "high"], TOPICS)
    assert measure(labels, labels, TOPICS).kappa == 1
    same = as_labels([["a"], ["a"]], ["low", "low"], TOPICS)
    assert np.isnan(measure(same, same, TOPICS).kappa)
    assert np.isnan(measure(same, same, TOPICS).urgent_seen)


def test_by_language():
    labels = as_labels([["a"], ["b"], []], ["low", "high", "low"], TOPICS)
    scores = measure_by_language(labels, labels, np.array(["en", "fr", "en"]), TOPICS)
    assert {k: s.messages for k, s in scores.items()} == {"en": 2, "fr": 1, "all": 3}


def test_nothing_to_measure_is_an_error():
    with pytest.raises(CorpusError, match="no messages to measure on"):
        measure(Labels(np.zeros((0, 3), bool), np.zeros(0, int)), Labels(np.zeros((0, 3), bool), np.zeros(0, int)), TOPICS)


def test_a_classifier_is_measured_as_it_answers(classifier):
    messages = [LabelledMessage(x, t, x, classifier.score(t).topics, classifier.score(t).urgency, "w") for x, t in EXAMPLES.items()]
    assert evaluate(classifier, messages)["all"].exact == 1
    with pytest.raises(CorpusError, match="topic 'price' is none of the model's"):
        evaluate(classifier, [LabelledMessage("1", "x", "en", ("price",), "low", "w")])

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbackclf.errors import TextError
from tests.conftest import EXAMPLES


@pytest.mark.parametrize("language", EXAMPLES)
def test_evidence_and_intercept_are_the_logit(classifier, language):
    p = classifier.score(EXAMPLES[language], explain=True)
    for label, logit in p.logits.items():
        weights = sum(e.weight for e in p.evidence if e.label == label)
        assert weights + p.intercepts[label] == pytest.approx(logit, abs=1e-5)


@given(text=st.text(alphabet="the soup was cold! très déçu ไม่ดี 很差 退款 😡\u200b\n", min_size=1, max_size=80))
def test_evidence_adds_up_and_points_into_the_text_whatever_it_is(classifier, text):
    try:
        p = classifier.score(text, explain=True)
    except TextError:
        return
    for label, logit in p.logits.items():
        own = sorted((e for e in p.evidence if e.label == label), key=lambda e: e.start)
        assert sum(e.weight for e in own) + p.intercepts[label] == pytest.approx(logit, abs=1e-5)
        assert all(text[e.start : e.end] == e.text for e in own)
        assert all(a.end <= b.start for a, b in pairwise(own))


def test_offsets_are_code_points_of_the_text_that_was_given(classifier):
    text = "😡😡 \u200bLe  livreur a été TRÈS\u00a0 impoliiiii !!!"
    p = classifier.score(text, language="fr", explain=True)
    rude = next(e for e in p.evidence if e.label == "staff_attitude" and "impoli" in e.text)
    assert rude.weight > 0
    assert text[rude.start : rude.end] == rude.text
    assert p.evidence == tuple(sorted(p.evidence, key=lambda e: (-abs(e.weight), e.start, e.label)))


@pytest.mark.parametrize(
    ("text", "label", "word"),
    [
        ("The waiter was very rude to my mother", "staff_attitude", "rude"),
        ("Le vendeur était désagréable avec nous", "staff_attitude", "désagréable"),
        ("พนักงานพูดจาไม่ดีเลย", "staff_attitude", "พนักงาน"),
        ("服务员态度很差", "staff_attitude", "态度"),
        ("It is a fake, not the real brand", "false_advertising", "fake"),
        ("C'est une contrefaçon", "false_advertising", "contrefaçon"),
    ],
)
def test_the_word_that_a_person_would_point_at_is_among_the_heaviest(classifier, text, label, word):
    p = classifier.score(text, explain=True)
    heaviest = [e.text for e in p.evidence if e.label == label and e.weight > 0][:3]
    assert any(word in stretch for stretch in heaviest), heaviest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from feedbackclf.model import FeatureTable, LinearModel, decide_levels, level_probabilities, monotone_steps, probabilities


@pytest.fixture
def model():
    words = FeatureTable(["cold", "soup", "cold soup"], np.array([1.0, 2.0, 3.0]), np.array([[1.0, 0.0], [0.5, -1.0], [2.0, 0.25]]))
    concepts = FeatureTable(["spoiled"], np.array([1.5]), np.array([[3.0, -2.0]]))
    return LinearModel(words, concepts, np.array([-1.0, 0.5]))


def test_logits_by_hand(model):
    # words: cold twice (1 + ln 2) * 1, soup 1 * 2, normalized; concepts: one, so 1 after normalization
    cold, soup = 1 + np.log(2), 2.0
    norm = np.hypot(cold, soup)
    expected = np.array([-1 + (cold * 1 + soup * 0.5) / norm + 3, 0.5 + (soup * -1) / norm - 2])
    logits = model.logits([(["cold", "soup", "cold", "unknown"], ["spoiled"])])
    assert logits[0] == pytest.approx(expected, abs=1e-6)


def test_a_message_of_unknown_words_has_the_intercepts(model):
    assert model.logits([(["x"], []), ([], [])]) == pytest.approx(np.array([[-1.0, 0.5]] * 2))
    assert model.logits([]).shape == (0, 2)


BAGS = st.tuples(st.lists(st.sampled_from(["cold", "soup", "cold soup", "x"]), max_size=9), st.lists(st.sampled_from(["spoiled", "y"]), max_size=4))


@given(messages=st.lists(BAGS, min_size=1, max_size=8))
def test_neighbours_do_not_matter_and_shares_add_up(messages):
    words = FeatureTable(["cold", "soup", "cold soup"], np.array([1.0, 2.0, 3.0]), np.array([[1.0, 0.0], [0.5, -1.0], [2.0, 0.25]]))
    model = LinearModel(words, FeatureTable(["spoiled"], np.array([1.5]), np.array([[3.0, -2.0]])), np.array([-1.0, 0.5]))
    together = model.logits(messages)
    for message, row in zip(messages, together, strict=True):
        assert (model.logits([message])[0] == row).all()
        assert sum((s.values for s in model.shares(message)), model.intercept) == pytest.approx(row, abs=1e-6)


STEPS = hnp.arrays(float, (5, 3), elements=st.floats(0, 1))


@given(STEPS)
def test_steps_become_monotone_upward_and_levels_sum_to_one(steps):
    monotone = monotone_steps(steps)
    assert (np.diff(monotone, axis=1) <= 0).all()
    assert (monotone >= steps).all()
    assert (monotone[:, 2] == steps[:, 2]).all()
    levels = level_probabilities(monotone)
    assert (levels >= 0).all()
    assert levels.sum(axis=1) == pytest.approx(np.ones(5))


def test_the_highest_step_that_reaches_its_threshold_decides():
    steps = np.array([[0.2, 0.1, 0.0], [0.9, 0.1, 0.0], [0.9, 0.6, 0.1], [0.9, 0.45, 0.45]])
    assert decide_levels(steps, np.array([0.5, 0.5, 0.4])).tolist() == [0, 1, 2, 3]


def test_probabilities_of_extreme_logits_are_finite():
    assert probabilities(np.array([[-1e9, 0.0, 1e9]])).tolist() == [[pytest.approx(0), 0.5, 1.0]]

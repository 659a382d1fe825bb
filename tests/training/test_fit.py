import numpy as np
import pytest

from feedbackclf.errors import CorpusError, SettingError
from feedbackclf.training.fit import CONCEPTS, BlockTfidf, Options, Readings, choose_thresholds, decide, fit, out_of_fold_scores


@pytest.fixture(scope="module")
def readings():
    """Messages by ten writers about one of two things, in two blocks."""
    rng = np.random.default_rng(0)
    documents, targets, writers = [], [], []
    for i in range(400):
        rude, late = rng.random() < 0.5, rng.random() < 0.5
        urgency = int(rng.integers(0, 4))
        words = ["rude"] * rude + ["late"] * late + [f"level{u}" for u in range(1, urgency + 1)] + [f"w{rng.integers(9)}"]
        documents.append({"latin" if i % 2 else "thai": words, CONCEPTS: ["bad"] * rude})
        targets.append([rude, late, urgency >= 1, urgency >= 2, urgency >= 3])
        writers.append(f"writer{i % 10}")
    languages = np.array(["en" if i % 2 else "th" for i in range(400)])
    return Readings(documents, np.array(targets), np.array(writers), languages, ("staff", "service"))


def test_what_can_be_learnt_is_learnt(readings):
    model = fit(readings, Options(C=1.0, folds=3))
    said = decide(model.logits(readings.documents), model.thresholds, 2)
    assert (said.topics == readings.targets[:, :2]).mean() > 0.98
    assert (said.levels == readings.levels).mean() > 0.98


def test_random_targets_are_not_learnt(readings):
    shuffled = np.random.default_rng(1).permutation(readings.targets)
    chance = Readings(readings.documents, shuffled, readings.writers, readings.languages, readings.topics)
    model = fit(chance, Options(folds=3))
    said = decide(model.out_of_fold, np.full(5, 0.5), 2)
    assert abs((said.topics == shuffled[:, :2]).mean() - 0.5) < 0.07


def test_the_same_seed_gives_the_same_model(readings):
    a, b = (fit(readings, Options(folds=3, seed=4)) for _ in range(2))
    assert (a.logits(readings.documents) == b.logits(readings.documents)).all()
    assert (a.thresholds == b.thresholds).all()


def test_a_writer_is_never_judged_by_a_model_that_saw_him(readings):
    """A word that only one writer uses, always with the label, cannot help on his own messages."""
    documents = [
        d | {"latin": [*d.get("latin", []), "mine"]} if w == "writer1" else d for d, w in zip(readings.documents, readings.writers, strict=True)
    ]
    marked = Readings(documents, readings.targets, readings.writers, readings.languages, readings.topics)
    options = Options(folds=5, min_writers=1)
    with_word, without = out_of_fold_scores(marked, options), out_of_fold_scores(readings, options)
    own = readings.writers == "writer1"
    signs = np.sign(with_word[own]) == np.sign(without[own])
    assert signs.mean() > 0.95


def test_words_of_one_writer_are_kept_out(readings):
    documents = [
        d | {"latin": [*d.get("latin", []), "john.smith"]} if w == "writer1" else d for d, w in zip(readings.documents, readings.writers, strict=True)
    ]
    model = fit(Readings(documents, readings.targets, readings.writers, readings.languages, readings.topics), Options(folds=3))
    names = [n for _, t in model.pipeline["features"].transformer_list for n in t[-1].get_feature_names_out()]
    assert "rude" in names
    assert "john.smith" not in names


def test_empty_documents_do_not_count_in_document_frequencies():
    tfidf = BlockTfidf(vocabulary=["a", "b"]).fit([["a"], [], ["a", "b"], []])
    assert tfidf.idf_ == pytest.approx([1.0, np.log(3 / 2) + 1])
    assert BlockTfidf(vocabulary=["a"]).fit_transform([["a"], []]).toarray().tolist() == [[1.0], [0.0]]


def test_thresholds_lie_between_a_labels_own_best_and_the_common_one(readings):
    model = fit(readings, Options(folds=3))
    thresholds = choose_thresholds(model.out_of_fold, readings)
    assert thresholds.shape == (5,)
    assert ((thresholds >= 0.2) & (thresholds <= 0.71)).all()


@pytest.mark.parametrize("wrong", [{"C": 0}, {"concept_weight": -1}, {"min_writers": 0}, {"folds": 1}, {"review_share": 1}])
def test_options_out_of_range(wrong):
    with pytest.raises(SettingError, match=next(iter(wrong))):
        Options(**wrong)


def test_too_little_to_learn_from(readings):
    one = readings.take(readings.writers == "writer1")
    with pytest.raises(CorpusError, match="too few for 5 folds"):
        fit(one, Options())
    always = Readings(readings.documents, np.ones_like(readings.targets), readings.writers, readings.languages, readings.topics)
    with pytest.raises(CorpusError, match="staff: messages of 0 writer"):
        fit(always, Options(folds=3))

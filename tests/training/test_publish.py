import datetime
import subprocess
import sys

import numpy as np
import pytest

from feedbackclf import Classifier, store
from feedbackclf.errors import CorpusError, FeedbackError, LanguageNotLoadedError
from feedbackclf.features import Reader
from feedbackclf.training.corpus import Corpus, LabelledMessage, is_held_out, read_corpus
from feedbackclf.training.fit import Options, decide, fit, read_messages
from feedbackclf.training.publish import LOGIT_TOLERANCE, PROBES, compile_model, compiled_logits, prove_equal, train
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def fitted(small_corpus):
    from feedbackclf.concepts import load_packaged

    phrases = {x: load_packaged(x).phrases() for x in PROBES}
    readers = {x: Reader(x, phrases[x]) for x in PROBES}
    readings = read_messages(small_corpus.messages, readers)
    return fit(readings, Options(folds=3)), phrases, readers, readings


def test_the_arrays_are_the_scikit_learn_model(fitted):
    model, phrases, readers, readings = fitted
    compiled = compile_model(model, phrases, readers)
    ours, theirs = compiled_logits(compiled, readings.documents), model.logits(readings.documents)
    assert np.abs(ours - theirs).max() <= LOGIT_TOLERANCE
    a, b = (decide(x, model.thresholds, 4) for x in (ours, theirs))
    assert (a.topics == b.topics).all()
    assert (a.levels == b.levels).all()
    prove_equal(model, compiled, readings)


def test_a_model_that_differs_is_not_published(fitted):
    model, phrases, readers, readings = fitted
    compiled = compile_model(model, phrases, readers)
    compiled.manifest["intercept"][0] += 0.01
    with pytest.raises(FeedbackError, match="differs from the scikit-learn model"):
        prove_equal(model, compiled, readings)


def test_the_classifier_says_what_the_scikit_learn_model_says(small_corpus, published):
    """From the text to the decisions, through files: the same on every message, one at a time and in a batch."""
    classifier = Classifier.load(published.path)
    manifest = store.read_manifest(published.path)
    training = [m for m in small_corpus.messages if not is_held_out(m.writer)]
    readers = {x: Reader(x, store.read(published.path).lexicons[x]) for x in PROBES}
    model = fit(read_messages(training, readers), Options(folds=3))
    everything = read_messages(small_corpus.messages, readers)
    said = decide(model.logits(everything.documents), np.array(manifest["thresholds"]), 4)
    languages = [m.language for m in small_corpus.messages]
    for i, p in enumerate(classifier.score_many([m.text for m in small_corpus.messages], languages)):
        assert p.topics == tuple(t for t, yes in zip(classifier.topics, said.topics[i], strict=True) if yes)
        assert p.urgency == classifier.urgency_levels[said.levels[i]]


def test_the_same_corpora_and_seed_give_the_same_model(small_corpus, published, tmp_path):
    again = train(small_corpus, tmp_path, Options(folds=3), today=datetime.date(2026, 1, 2))
    assert again.path.name == published.path.name
    for file in published.path.iterdir():
        assert (again.path / file.name).read_bytes() == file.read_bytes(), file.name


def test_what_a_manifest_says(published, small_corpus):
    manifest = store.read_manifest(published.path)
    assert manifest["corpora"] == dict(small_corpus.digests)
    assert manifest["messages"]["training"] + manifest["messages"]["held_out"] == len(small_corpus.messages)
    assert set(manifest["metrics"]) == {"cross_validation", "held_out"}
    assert manifest["metrics"]["held_out"]["all"]["messages"] == manifest["messages"]["held_out"]
    assert 0 < manifest["review"]["margin"] < 0.5
    assert manifest["review"]["exact_when_not_marked"] >= manifest["review"]["exact"]
    assert {"numpy", "scikit-learn", "spacy", "nlpo3", "rjieba"} <= set(manifest["trained_with"])
    card = (published.path / "README.md").read_text(encoding="utf-8")
    assert published.path.name in card
    assert "needs_review" in card


def test_no_word_of_one_writer_alone_is_in_the_model(small_corpus, tmp_path):
    secret = "zanzibarova@mail.test"
    first = small_corpus.messages[0]
    planted = LabelledMessage("planted", f"My name is Zanzibarova, write to {secret}, order Q7XK93", "en", (), "low", first.writer)
    done = train(Corpus((*small_corpus.messages, planted), {}), tmp_path, Options(folds=3))
    content = b"".join(f.read_bytes() for f in done.path.iterdir())
    assert b"zanzibarova" not in content.lower()
    assert b"q7xk" not in content.lower()


def test_one_language_a_fifth_topic_and_an_own_lexicon(tmp_path):
    files = sorted((ROOT / "corpora" / "en").glob("*-a0[1-5].jsonl"))
    messages = [
        LabelledMessage(
            m.id,
            m.text + (" The zapfix was gone." if i % 3 == 0 else ""),
            m.language,
            (*m.topics, *(["gadget"] if i % 3 == 0 else [])),
            m.urgency,
            m.writer,
        )
        for i, m in enumerate(read_corpus(files).messages)
    ]
    lexicon = tmp_path / "own.txt"
    lexicon.write_text("@ gadget = Ours.\n[gadget]\nzapfix*\n", encoding="utf-8")
    topics = ("product_quality", "staff_attitude", "false_advertising", "service", "gadget")
    done = train(Corpus(tuple(messages), {}), tmp_path / "models", Options(folds=3), topics, {"en": lexicon}, hold_out=False)
    classifier = Classifier.load(done.path)
    assert classifier.topics == topics
    assert classifier.languages == ("en",)
    assert "gadget" in classifier.score("my zapfixes never arrived").topics
    assert done.held_out == {}
    with pytest.raises(LanguageNotLoadedError, match="has no 'th'; train one with such messages"):
        classifier.score("พนักงานน่ารักมาก")
    command = [sys.executable, "-m", "feedbackclf", "score", "พนักงานน่ารักมาก", "--model", str(done.path)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 2
    assert "gadget" not in classifier.score("the parcel never arrived").topics


def test_everybody_held_out_is_an_error(small_corpus, tmp_path):
    out = tuple(m for m in small_corpus.messages if is_held_out(m.writer)) or (
        LabelledMessage("1", "rude", "en", (), "low", next(f"w{i}" for i in range(99) if is_held_out(f"w{i}"))),
    )
    with pytest.raises(CorpusError, match="every writer belongs to the held-out part"):
        train(Corpus(out, {}), tmp_path)

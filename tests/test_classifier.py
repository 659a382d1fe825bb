import dataclasses
import json
import random
import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbackclf import Classifier, FeedbackError, store
from feedbackclf.errors import (
    EmptyTextError,
    InvalidTextError,
    LanguageNotLoadedError,
    ModelDriftError,
    ModelFormatError,
    NotTextError,
    SettingError,
    TextTooLongError,
    UnknownLanguageError,
)
from feedbackclf.labels import TOPICS, URGENCY_LEVELS
from tests.conftest import EXAMPLES
from tests.test_tokenizers import HOSTILE


@pytest.mark.parametrize("language", EXAMPLES)
def test_a_prediction(classifier, language):
    p = classifier.score(EXAMPLES[language])
    assert p.language == language
    assert 0.5 < p.language_probability <= 1
    assert "staff_attitude" in p.topics
    assert set(p.topics) <= set(p.topic_probabilities) == set(TOPICS)
    assert p.urgency in URGENCY_LEVELS
    assert sum(p.urgency_probabilities.values()) == pytest.approx(1)
    assert p.model_version == classifier.version
    assert p.evidence == ()
    with pytest.raises(dataclasses.FrozenInstanceError):
        p.urgency = "low"


def test_emergencies_and_praise(classifier):
    urgent = {
        "en": "The charger caught fire last night and my son burned his hand",
        "fr": "Quelqu'un est en train de vider mon compte, je n'arrive pas à vous joindre, bloquez ma carte tout de suite",
        "th": "สายชาร์จไฟไหม้เมื่อคืน ลูกโดนไฟลวกมือ",
        "zh": "充电器着火了，孩子的手被烧伤，现在在医院",
    }
    calm = {
        "en": "Lovely food, friendly staff",
        "fr": "Très bon accueil, plats délicieux",
        "th": "อาหารอร่อย พนักงานน่ารัก",
        "zh": "菜很好吃，服务员很热情",
    }
    for language in urgent:
        assert classifier.score(urgent[language]).urgency in ("high", "urgent"), language
        assert classifier.score(calm[language]).urgency == "low", language


def test_to_dict_is_json_and_has_evidence_only_when_asked_for(classifier):
    plain, explained = (classifier.score(EXAMPLES["th"], explain=e).to_dict() for e in (False, True))
    assert json.loads(json.dumps(plain)) == plain
    assert set(explained) - set(plain) == {"evidence", "logits", "intercepts"}
    assert json.loads(json.dumps(explained)) == explained


def test_many_are_scored_as_each_alone(classifier):
    texts = list(EXAMPLES.values()) * 3 + ["El pedido no ha llegado", "👍"]
    assert classifier.score_many(texts) == [classifier.score(t) for t in texts]
    assert classifier.score_many([]) == []
    assert classifier.score_many(texts[:4], ["en", None, "th", None]) == [
        classifier.score(t, x) for t, x in zip(texts, ["en", None, "th", None], strict=False)
    ]


def test_another_language_is_undetermined_and_for_review(classifier):
    for text in ("El pedido no ha llegado todavía y nadie contesta", "荷物がまだ届いていません、返金してください", "Посылка не пришла", "12345 !!!"):
        p = classifier.score(text)
        assert p.language == "und"
        assert p.needs_review


def test_bad_input_has_an_error_of_its_own(classifier):
    for text, error in ((None, NotTextError), (b"x", NotTextError), ("", EmptyTextError), (" \n", EmptyTextError), ("\u202e", EmptyTextError)):
        with pytest.raises(error):
            classifier.score(text)
    for text, error in (("a\ud800", InvalidTextError), ("a\0", InvalidTextError), ("ab " * 10_000, TextTooLongError)):
        with pytest.raises(error):
            classifier.score(text)
    with pytest.raises(UnknownLanguageError, match="'de' is no language code"):
        classifier.score("hallo", language="de")
    with pytest.raises(SettingError, match="use score for one"):
        classifier.score_many("one")
    with pytest.raises(SettingError, match="2 languages were given for 1"):
        classifier.score_many(["one"], ["en", "fr"])


def test_an_error_in_a_list_says_which_message(classifier):
    with pytest.raises(EmptyTextError) as caught:
        classifier.score_many(["good", ""])
    assert caught.value.__notes__ == ["This was message 1 of the list (counted from 0)."]


def test_only_the_languages_asked_for(published):
    clf = Classifier.load(published.path, languages=("fr", "th"))
    assert clf.score(EXAMPLES["fr"]).language == "fr"
    with pytest.raises(LanguageNotLoadedError, match=r"in 'zh', and this classifier was loaded for fr, th only"):
        clf.score(EXAMPLES["zh"])
    with pytest.raises(LookupError):
        clf.score("text", language="en")
    assert clf.score("El pedido no ha llegado todavía").language == "und"
    thai = Classifier.load(published.path, languages="th")
    assert thai.score("El pedido no ha llegado todavía").needs_review
    with pytest.raises(UnknownLanguageError):
        Classifier.load(published.path, languages=("xx",))
    with pytest.raises(SettingError, match="languages is empty"):
        Classifier.load(published.path, languages=())


def test_the_limit_is_a_setting(published):
    clf = Classifier.load(published.path, max_characters=10)
    with pytest.raises(TextTooLongError, match="limit is 10"):
        clf.score("eleven chars")
    with pytest.raises(SettingError):
        Classifier.load(published.path, max_characters=0)


def test_the_packaged_model_is_found_by_itself(monkeypatch, tmp_path):
    monkeypatch.delenv(store.ENVIRONMENT, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert Classifier.load().version == store.find(store.packaged_models()).name


def test_a_tokenizer_that_drifted_is_noticed_at_load(model_copy, rewrite_manifest):
    probes = store.read_manifest(model_copy)["probes"]
    probes["th"]["tokens"] = probes["th"]["tokens"][1:]
    rewrite_manifest(model_copy, probes=probes)
    clf = Classifier.load(model_copy)
    assert clf.score(EXAMPLES["en"])
    with pytest.raises(ModelDriftError, match="other tokens than at training"):
        clf.score(EXAMPLES["th"])
    with pytest.raises(ModelDriftError):
        clf.warm_up()


def test_scores_that_drifted_are_noticed_at_load(model_copy, rewrite_manifest):
    file = model_copy / "words.chinese.weights.npy"
    np.save(file, np.load(file) * np.float32(1.1))
    rewrite_manifest(model_copy)
    with pytest.raises(ModelDriftError, match="scores otherwise"):
        Classifier.load(model_copy).warm_up()


def test_a_model_of_another_tokenizer_is_refused(model_copy, rewrite_manifest):
    rewrite_manifest(model_copy, tokenizers={"en": "spacy", "fr": "spacy", "th": "newmm", "zh": "rjieba"})
    with pytest.raises(ModelFormatError, match="newmm"):
        Classifier.load(model_copy).score(EXAMPLES["th"])


def test_threads_share_a_classifier(published):
    clf = Classifier.load(published.path)
    texts = list(EXAMPLES.values()) * 10
    results: dict[int, list] = {}
    threads = [threading.Thread(target=lambda i=i: results.update({i: [clf.score(t, explain=True) for t in texts]})) for i in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    alone = [clf.score(t, explain=True) for t in texts]
    assert all(results[i] == alone for i in range(8))


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("ไม่ดีเลย的服务很差très déçu not good\u200b\u202e\ud83d\0")), max_size=120))
def test_any_text_gives_a_prediction_or_an_error_of_ours(classifier, text):
    try:
        p = classifier.score(text)
    except FeedbackError:
        return
    values = [*p.topic_probabilities.values(), *p.urgency_probabilities.values(), p.language_probability]
    assert all(np.isfinite(values))
    assert all(0 <= v <= 1 for v in values)
    assert sum(p.urgency_probabilities.values()) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("language", EXAMPLES)
@pytest.mark.parametrize("alphabet", HOSTILE.values(), ids=HOSTILE)
def test_ten_thousand_hostile_characters_are_scored_in_time(classifier, language, alphabet):
    """The whole path, evidence left out; the tokenizer's own share is measured in test_tokenizers."""
    rng = random.Random(1)
    text = "".join(rng.choice(alphabet) for _ in range(10_000))[:10_000]
    began = time.perf_counter()
    classifier.score(text, language=language)
    assert time.perf_counter() - began < 0.3

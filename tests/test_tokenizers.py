import json
import random
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbackclf.errors import ModelFormatError, SettingError, TextError, UnknownLanguageError
from feedbackclf.features import script_normalizer
from feedbackclf.labels import LANGUAGES
from feedbackclf.text import clean
from feedbackclf.tokenizers import ENGINES, build_tokenizer, check_engine, locate
from feedbackclf.training.corpus import read_corpus

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"


def prepared(text, language):
    return script_normalizer(language)(clean(text).text)


@pytest.fixture(scope="module")
def corpus():
    return read_corpus([HERE.parent / "corpora"]).messages


@pytest.mark.parametrize("language", LANGUAGES)
def test_golden_tokens(language, tokenizers):
    """Change a golden file only with a reason that the changelog tells: every model trained before gives other tokens afterwards."""
    cases = json.loads((GOLDEN / f"tokens.{language}.json").read_text(encoding="utf-8"))
    assert len(cases) >= 20
    for case in cases:
        assert tokenizers[language](prepared(case["text"], language)) == case["tokens"], case["text"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_but_white_space_is_lost_on_the_corpora(language, tokenizers, corpus):
    for message in corpus:
        if message.language == language:
            text = prepared(message.text, language)
            tokens = tokenizers[language](text)
            assert "".join(tokens) == "".join(text.split())
            assert [text[a:b] for a, b in locate(tokens, text)] == tokens


@pytest.mark.parametrize("language", LANGUAGES)
@given(text=st.text(max_size=300))
def test_nothing_but_white_space_is_lost_on_any_text(language, tokenizers, text):
    try:
        cleaned = prepared(text, language)
    except TextError:
        return
    tokens = tokenizers[language](cleaned)
    assert "".join(tokens) == "".join(cleaned.split())
    assert all(tokens)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_tokens_are_those_of_a_blank_spacy_pipeline(language, tokenizers, corpus):
    """Word by word and remembered gives what spaCy gives for the whole text."""
    import spacy

    nlp = spacy.blank(language)
    texts = [prepared(m.text, language) for m in corpus if m.language == language][:400]
    same = sum(tokenizers[language](t) == [token.text for token in nlp(t) if not token.is_space] for t in texts)
    assert same / len(texts) >= 0.995


def test_rjieba_and_jieba_give_the_same_tokens(corpus):
    fast, reference = (build_tokenizer("zh", engine) for engine in ENGINES["zh"])
    texts = [prepared(m.text, "zh") for m in corpus if m.language == "zh"]
    assert [fast(t) for t in texts] == [reference(t) for t in texts]


def test_words_forgotten_and_learnt_again_give_the_same_tokens():
    tokenizer = build_tokenizer("en")
    tokenizer._KEPT = 5
    text = "I don't know where my parcel is, it's been 3 weeks and nobody's answering"
    assert tokenizer(text) == tokenizer(text) == build_tokenizer("en")(text)
    assert len(tokenizer._known) <= 20


def test_unknown_language_and_engine():
    with pytest.raises(UnknownLanguageError, match="'xx' has no tokenizer"):
        build_tokenizer("xx")
    with pytest.raises(SettingError, match="no tokenizer for 'th'"):
        build_tokenizer("th", "spacy")
    with pytest.raises(ModelFormatError, match="come from 'newmm'"):
        check_engine("th", "newmm")


@pytest.mark.parametrize("language", LANGUAGES)
def test_ten_threads_get_the_same_tokens(language, tokenizers, corpus):
    texts = [prepared(m.text, language) for m in corpus if m.language == language][:150]
    fresh = build_tokenizer(language)
    alone = [tokenizers[language](t) for t in texts]
    results: dict[int, list] = {}
    threads = [threading.Thread(target=lambda i=i: results.update({i: [fresh(t) for t in texts]})) for i in range(10)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert all(results[i] == alone for i in range(10))


# Alphabets from which hostile texts are drawn: varied, because a tokenizer may remember what repeats.
HOSTILE = {
    "emojis": [chr(c) for c in range(0x1F600, 0x1F64F)],
    "symbols": [chr(c) for c in range(0x2600, 0x26FF)],
    "punctuation": list("!?()[]{}.,;:'\"-/\\@#$%^&*_+=|~`<>"),
    "elisions": ["l'", "d'", "qu'", "j'", "aujourd'"],
    "colons": ["a:", "b:", "c.", "://"],
    "addresses": ["http://", "a.b", "@", "x", "/", "www."],
    "letters": list("abcdefghij"),
    "digits": list("0123456789.,:"),
    "thai letters": [chr(c) for c in range(0xE01, 0xE2F)],
    "thai words": ["ด้านหน้า", "ตากลม", "มาก", "ส", "ๆ", "การ", "ความ", "ตา", "กลม"],
    "han": ["的", "龘", "中国", "一", "是"],
    "any han": [chr(c) for c in range(0x4E00, 0x9FA5)],
    "any letter": [chr(c) for c in range(33, 0x3000) if chr(c).isprintable()],
    "short words": ["a ", "b1 ", "c- ", "é "],
    "jamo": [chr(c) for c in range(0x1100, 0x1200)],
    "expanding": ["\ufdfa", "\u0958"],
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("alphabet", HOSTILE.values(), ids=HOSTILE)
def test_ten_thousand_hostile_characters_take_less_than_a_third_of_a_second(language, alphabet, tokenizers):
    rng = random.Random(0)
    text = "".join(rng.choice(alphabet) for _ in range(10_000))[:10_000]
    normalize = script_normalizer(language)
    began = time.perf_counter()
    tokenizers[language](normalize(clean(text).text))
    assert time.perf_counter() - began < 0.3

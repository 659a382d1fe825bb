import json
import threading
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbackclf.errors import TextError
from feedbackclf.labels import LANGUAGES
from feedbackclf.language import Script, _latin_model, detect, find_script
from feedbackclf.text import clean
from feedbackclf.training.corpus import is_held_out

HERE = Path(__file__).parent
CORPORA = HERE.parent / "corpora"


def language_of(text):
    return detect(clean(text).text).language


def test_other_languages_are_undetermined():
    """Thirty sentences in each of eleven languages, none of them among those that the table was counted from."""
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for line in (HERE / "data" / "other_languages.tsv").read_text(encoding="utf-8").splitlines():
        code, sentence = line.split("\t")
        total[code] += 1
        right[code] += language_of(sentence) == "und"
    assert set(total.values()) == {30}
    assert len(total) == 11
    assert sum(right.values()) / sum(total.values()) >= 0.95
    assert all(right[code] / total[code] >= 0.85 for code in total), right


def test_held_out_writers_are_read_in_their_own_language():
    messages = defaultdict(list)
    for language in LANGUAGES:
        for file in (CORPORA / language).glob("*.jsonl"):
            rows = map(json.loads, file.read_text(encoding="utf-8").splitlines())
            messages[language] += [r["text"] for r in rows if is_held_out(r.get("writer", r["id"]))]
    for language, texts in messages.items():
        assert len(texts) >= 20
        short = [t for t in texts if len(t) <= 40]
        assert sum(language_of(t) == language for t in texts) / len(texts) >= 0.985, language
        assert not short or sum(language_of(t) == language for t in short) / len(short) >= 0.95, language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Great app", "en"),
        ("nul", "fr"),
        ("Très bien", "fr"),
        ("awesome", "en"),
        ("สั่ง iPhone 15 Pro Max ไป ยังไม่ได้ของ order number A12345 delivery late", "th"),
        ("ดี", "th"),
        ("这个app太垃圾了,customer service没人理", "zh"),
        ("好評", "zh"),
        ("日本語のメッセージです", "und"),
        ("배송이 너무 늦어요", "und"),
        ("Доставка опоздала", "und"),
        ("وصل الطلب متأخرا", "und"),
        ("👍👍👍", "und"),
        ("10/10", "und"),
    ],
)
def test_short_and_mixed_messages(text, language):
    assert language_of(text) == language


def test_the_script_of_a_mixed_text():
    assert find_script("hello") == (Script.LATIN, 1.0)
    assert find_script("the pad thai ผัดไทย was delicious and the staff very friendly")[0] is Script.LATIN
    assert find_script("!!! 123")[0] is Script.OTHER


@given(st.text(max_size=200))
def test_any_text_gets_a_language_and_a_probability(text):
    try:
        cleaned = clean(text).text
    except TextError:
        return
    found = detect(cleaned)
    assert found.language in (*LANGUAGES, "und")
    assert 0 <= found.probability <= 1


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyzéèàçñüö ", min_size=1, max_size=100))
def test_posteriors_sum_to_one(text):
    assert sum(_latin_model().posterior(text)) == pytest.approx(1)


def test_threads_agree():
    texts = ["le colis est en retard", "the parcel is late", "el paquete llega tarde", "das paket ist zu spät"] * 50
    alone = [detect(t) for t in texts]
    found: dict[int, list] = {}
    threads = [threading.Thread(target=lambda i=i: found.update({i: [detect(t) for t in texts]})) for i in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert all(found[i] == alone for i in range(8))

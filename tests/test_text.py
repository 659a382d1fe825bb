import re
import time
import unicodedata
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feedbackclf.errors import EmptyTextError, InvalidTextError, NotTextError, TextError, TextTooLongError
from feedbackclf.text import _JOINING_STARTERS, MAX_CHARACTERS, Simplifier, clean, fold_accents


@pytest.mark.parametrize(
    ("given_text", "cleaned"),
    [
        ("Très DÉÇU", "très déçu"),
        ("I\u2019m \u201cdone\u201d \u2013 really\u2026", 'i\'m "done" - really.'),
        ("it\u0092s the \u0093best\u0094", 'it\'s the "best"'),  # Windows-1252 read as Latin-1
        ("soooooo goooood!!!!!", "soo good!!"),
        ("  two   blanks\t\there  ", "two blanks here"),
        ("one\r\n\r\n  two", "one\ntwo"),
        ("Ｆｕｌｌ－ｗｉｄｔｈ　１２３！", "full-width 123!"),
        ("质量很差。。。退款！！！", "质量很差..退款!!"),
        ("zero\u200bwidth \u202ebidi\u202c \ufeffmark", "zerowidth bidi mark"),
        ("cafe\u0301", "café"),
        ("un cœur d'ŒUF", "un coeur d'oeuf"),
        ("\u0e40\u0e40\u0e1e\u0e07", "แพง"),  # เ twice for แ
        ("\u0e19\u0e4d\u0e32", "นำ"),  # ํ and า for ำ
        ("\u0e19\u0e49\u0e4d\u0e32", "น้ำ"),
        ("\u0e19\u0e4d\u0e49\u0e32", "น้ำ"),
        ("มากกกกกก", "มาก"),
        ("55555555", "555"),
        ("price 1000000", "price 1000000"),
        ("thumbs 👍🏽👍🏽👍🏽👍🏽", "thumbs 👍👍"),
        ("family 👨\u200d👩\u200d👧", "family 👨👩👧"),
        ("İstanbul", "istanbul"),
        ("Z\u0300\u0301\u0302\u0303\u0304\u0305\u0306algo", "z\u0300\u0301\u0302\u0303algo"),
    ],
)
def test_cleaning(given_text, cleaned):
    assert clean(given_text).text == cleaned


def test_thai_sara_am_stays_whole():
    assert clean("น้ำหอมสีดำ").text == "น้ำหอมสีดำ"


@pytest.mark.parametrize(
    ("text", "fragment", "original"),
    [
        ("It was soooo bad", "soo", "soooo"),
        ("😡😡😡😡 \u200b\u200bbroken\u200b zip", "broken", "broken"),
        ("déc\u0327u de la qualite\u0301", "qualité", "qualite\u0301"),
        ("  un   cœur  brisé", "coeur", "cœur"),
        ("x\r\n\r\n\r\nfin", "fin", "fin"),
    ],
)
def test_offsets_lead_back_to_the_writers_own_text(text, fragment, original):
    cleaned = clean(text)
    at = cleaned.text.index(fragment)
    start, end = cleaned.original_span(at, at + len(fragment))
    assert text[start:end] == original


ANYTHING = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(ANYTHING)
@example("\u0316\u0301" * 20)
@example("a\u200b" * 10 + "가\u11a8")
@example("\u0958\u2126\ufb1d")
def test_cleaning_never_fails_otherwise_than_said_and_offsets_are_sound(text):
    try:
        cleaned = clean(text)
    except TextError:
        return
    assert cleaned.text == cleaned.text.strip()
    assert "  " not in cleaned.text
    spans = [cleaned.original_span(i, i + 1) for i in range(len(cleaned.text))]
    assert all(0 <= a < b <= len(text) for a, b in spans)
    assert spans == sorted(spans)


@given(ANYTHING)
def test_cleaning_twice_is_cleaning_once(text):
    try:
        once = clean(text).text
    except TextError:
        return
    try:
        assert clean(once).text == once
    except EmptyTextError:
        pytest.fail("what cleaning leaves must not be empty")


@given(st.text(alphabet=st.characters(categories=["L", "M"])))
def test_composition_is_normalization_form_c(text):
    short = text[:50]
    try:
        cleaned = clean(short).text
    except TextError:
        return
    assert unicodedata.is_normalized("NFC", cleaned)


@given(st.text(min_size=1))
def test_lone_surrogates_and_nul_are_refused_whatever_stands_around_them(text):
    with pytest.raises(InvalidTextError, match=r"position \d+"):
        clean(f"a{text}"[:50] + "\ud83d" + "b")
    with pytest.raises(InvalidTextError, match="NUL"):
        clean("a\0b")


def test_the_list_of_joining_starters_is_complete():
    """Every starter that canonical composition joins to the character before it is in the list."""
    pairs = [unicodedata.decomposition(chr(c)).split() for c in range(0x110000)]
    joined = {(chr(int(a, 16)), chr(int(b, 16))) for a, b in (p for p in pairs if len(p) == 2 and p[0][0] != "<")}
    starters = {b for a, b in joined if not unicodedata.combining(b) and len(unicodedata.normalize("NFC", a + b)) == 1}
    known = re.compile(f"[{_JOINING_STARTERS}]")
    assert len(starters) > 20
    assert {b for b in starters if not known.match(b)} == set()
    assert known.match("\u1161")  # Hangul vowels and finals compose by rule, not by table
    assert known.match("\u11a8")


@pytest.mark.parametrize("text", ["", "   ", "\n\t \u3000"])
def test_nothing_to_read(text):
    with pytest.raises(EmptyTextError, match="empty or only white space"):
        clean(text)


@pytest.mark.parametrize("text", ["\x01\x02", "\u200b\ufeff", "\u202e\u202c", "\x7f\x9f \u2066"], ids=["control", "zero-width", "bidi", "mixed"])
def test_only_invisible_characters(text):
    with pytest.raises(EmptyTextError, match="only control, zero-width or bidirectional"):
        clean(text)


@pytest.mark.parametrize("text", [None, 3, b"bytes", ["list"], float("nan")])
def test_what_is_no_text(text):
    with pytest.raises(NotTextError, match=type(text).__name__):
        clean(text)
    with pytest.raises(TypeError):
        clean(text)


def test_the_limit_holds_before_and_after_cleaning():
    assert clean("ab " * 5, max_characters=15).text == "ab ab ab ab ab"
    with pytest.raises(TextTooLongError, match=r"16 characters; the limit is 15"):
        clean("ab " * 5 + "c", max_characters=15)
    with pytest.raises(TextTooLongError, match="after cleaning"):
        clean("\ufb2c\ufb2d" * 5, max_characters=12)  # each becomes three code points in form C
    with pytest.raises(TextTooLongError):
        clean("ab" * MAX_CHARACTERS)


def test_no_error_quotes_the_text():
    secret = "4929-1234-5678"
    for bad in (secret + "\ud800", secret * 3000):
        with pytest.raises(TextError) as caught:
            clean(bad)
        assert secret not in str(caught.value)


def test_folding_keeps_the_length():
    text = "àéîõü çñ ß æ ø ł ž và người 😀"
    assert fold_accents(text).startswith("aeiou cn")
    assert len(fold_accents(text)) == len(text)


def test_simplifying_keeps_the_length():
    text = "這個產品質量很差，還不給退換。用了両天就壞咗"
    simplified = Simplifier()(text)
    assert simplified.startswith("这个产品质量很差，还不给退换")
    assert len(simplified) == len(text)


HOSTILE = {
    "marks": "\u0316\u0301\u0323",
    "reversed marks": "a\u0345\u0301\u0316",
    "thai marks": "\u0e48\u0e49\u0e4a",
    "jamo": "\u1112\u1161\u11ab",
    "expanding": "\u0958\ufb2c\u0344",
    "invisible": "a\u200b\u202e",
    "ligatures": "\ufdfa\u0152",
}


@pytest.mark.parametrize("pattern", HOSTILE.values(), ids=HOSTILE)
def test_hostile_input_is_cleaned_in_time(pattern):
    text = (pattern * 10_000)[:10_000]
    clean(text[:10])
    began = time.perf_counter()
    with suppress(TextError):
        clean(text)
    assert time.perf_counter() - began < 0.3

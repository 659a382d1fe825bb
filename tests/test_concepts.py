from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbackclf.concepts import Lexicon, Matcher, entry_normalizer, load_packaged, read_lexicon
from feedbackclf.errors import LexiconError, UnknownLanguageError
from feedbackclf.labels import LANGUAGES


def found(matcher, text):
    return [(text[start:end], concepts) for start, end, concepts in matcher(text)]


def test_longest_first_without_overlap():
    matcher = Matcher({"friendly": ("kind",), "not friendly": ("rude",), "not": ("negation",)})
    assert found(matcher, "not friendly but friendly") == [("not friendly", ("rude",)), ("friendly", ("kind",))]


def test_latin_words_match_whole_and_others_anywhere():
    matcher = Matcher({"late": ("late",), "ช้า": ("late",), "差评": ("blame",), "app": ("digital",)})
    assert found(matcher, "plate later late.") == [("late", ("late",))]
    assert found(matcher, "ส่งช้ามาก") == [("ช้า", ("late",))]
    assert found(matcher, "给个差评吧app烂") == [("差评", ("blame",)), ("app", ("digital",))]
    assert found(matcher, "apps") == []


def test_an_open_entry_takes_the_rest_of_its_word():
    matcher = Matcher({"refund*": ("refund",), "refund": ("money",)})
    assert found(matcher, "refunded? refund!") == [("refunded", ("refund",)), ("refund", ("money", "refund"))]
    assert found(matcher, "re fund prerefund") == []


@given(st.text(alphabet="abc ", max_size=60))
def test_matches_are_in_order_and_do_not_overlap(text):
    matcher = Matcher({"a": ("x",), "a b": ("y",), "b c": ("z",), "c*": ("w",), "ab c": ("v",)})
    matches = matcher(text)
    assert all(start < end for start, end, _ in matches)
    assert all(a[1] <= b[0] for a, b in pairwise(matches))
    words = {text[start:end] for start, end, _ in matches}
    assert all(not w.startswith(" ") and not w.endswith(" ") for w in words)


def test_reading_a_file(tmp_path):
    file = tmp_path / "mine.txt"
    file.write_text('# mine\n@ gadget = Our gadget. "the Zapfix"\n\n[gadget]\nZapfix\nzap-fix pro*\n[late] replace\ntardy\n', encoding="utf-8")
    lexicon = read_lexicon(file, "en")
    assert lexicon.entries == {"gadget": ("Zapfix", "zap-fix pro*"), "late": ("tardy",)}
    assert lexicon.phrases() == {"zapfix": ("gadget",), "zap fix pro*": ("gadget",), "tardy": ("late",)}


def test_extending_adds_and_replaces():
    ours = Lexicon("en", {}, {"late": ("late", "overdue"), "kind": ("kind",)})
    theirs = Lexicon("en", {}, {"late": ("tardy",), "kind": ("sweet", "kind"), "gadget": ("zapfix",)}, frozenset({"late"}))
    assert ours.extended_by(theirs).entries == {"late": ("tardy",), "kind": ("kind", "sweet"), "gadget": ("zapfix",)}


def test_bad_lines_are_reported_together(tmp_path):
    file = tmp_path / "bad.txt"
    file.write_text("lost\n[Bad Id]\nok\n[late]\nre*fund\n\u200b\u200c\nช้า*\n", encoding="utf-8")
    with pytest.raises(LexiconError) as caught:
        read_lexicon(file, "en")
    assert [p.split(":")[-2] for p in caught.value.problems] == ["1", "2", "5", "6", "7"]
    (tmp_path / "latin1.txt").write_bytes("[late]\nen retard\xe9".encode("latin-1"))
    with pytest.raises(LexiconError, match="not UTF-8"):
        read_lexicon(tmp_path / "latin1.txt", "fr")
    with pytest.raises(LexiconError, match="cannot be read"):
        read_lexicon(tmp_path / "absent.txt", "fr")


def test_entries_are_normalized_like_messages():
    assert entry_normalizer("fr")("Peu-Aimable, TRÈS déçu") == "peu aimable, tres decu"
    assert entry_normalizer("zh")("態度差") == "态度差"
    assert entry_normalizer("th")("\u0e19\u0e4d\u0e32\u0e23\u0e31\u0e48\u0e27") == "นำรั่ว"


def test_unknown_language():
    with pytest.raises(UnknownLanguageError, match="no lexicon"):
        load_packaged("xx")


# --- the packaged lexicons ---------------------------------------------------------------------------------------------

LEXICONS = {language: load_packaged(language) for language in LANGUAGES}
LEAST_ENTRIES = 25
# Words that hold sentences together and say nothing of this field by themselves.
STOP_WORDS = {
    "en": "a about all am an and any are as at be been being by did do does for from had has have he her here him his i if in into is it its "
    "me my of on or our she that the their them then there these they this those to us was we were what which who will with you your",
    "fr": "a ai ainsi au aux avec avons c'est ce ceci cela ces cet cette dans de des dont du elle elles en est et ete eux il ils je la le les "
    "leur leurs lui ma mes moi mon nos notre nous on ont ou par pour qu que qui sa se ses son sont sur ta te tes toi ton tu un une vos votre vous y",
    "th": "ที่ และ ของ ใน เป็น ได้ ให้ กับ จะ ว่า มี นี้ นั้น ซึ่ง โดย จาก ถึง หรือ ก็ แล้ว ไป มา อยู่ คือ เมื่อ ด้วย ตาม เรา เขา ฉัน ผม คุณ มัน ค่ะ ครับ นะ คะ",
    "zh": "的 了 是 我 你 他 她 它 们 我们 你们 他们 这 那 这个 那个 这些 那些 在 和 与 或 也 就 都 而 及 着 把 被 从 对 为 以 于 之 其 自己 什么样",
}
CONTRADICTORY = [
    ("kind", "rude"),
    ("kind", "ignoring"),
    ("kind", "shouting"),
    ("professional", "incompetent"),
    ("works_well", "broken"),
    ("good_quality", "poor_quality"),
    ("tastes_good", "tastes_bad"),
    ("comfortable", "uncomfortable"),
    ("comfortable", "dirty"),
    ("quick", "late"),
    ("quick", "waiting"),
    ("easy", "blocked"),
    ("praise", "blame"),
    ("recommendation", "never_again"),
]


def _normalized(lexicon):
    normalize = entry_normalizer(lexicon.language)
    return {concept: {normalize(e) for e in entries} for concept, entries in lexicon.entries.items()}


NORMALIZED = {language: _normalized(lexicon) for language, lexicon in LEXICONS.items()}


def test_all_languages_have_the_same_concepts_and_define_them():
    ids = set(LEXICONS["en"].entries)
    assert 60 <= len(ids) <= 90
    for lexicon in LEXICONS.values():
        assert set(lexicon.entries) == ids
        assert set(lexicon.definitions) == ids


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_lexicon_is_large_enough(language):
    entries = LEXICONS[language].entries
    assert sum(map(len, entries.values())) >= 4000
    assert {c: len(e) for c, e in entries.items() if len(e) < LEAST_ENTRIES} == {}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("one", "other"), CONTRADICTORY, ids=[f"{a}-{b}" for a, b in CONTRADICTORY])
def test_no_entry_says_two_contradictory_things(language, one, other):
    assert NORMALIZED[language][one] & NORMALIZED[language][other] == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_entry_is_too_short_or_a_stop_word(language):
    stop_words = set(STOP_WORDS[language].split())
    phrases = [p.removesuffix("*") for p in LEXICONS[language].phrases()]
    assert [p for p in phrases if len(p) < 2] == []
    assert [p for p in phrases if p in stop_words] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_entry_can_match(language):
    """An entry put into a message as it is written is found there, whole."""
    from feedbackclf.concepts.lexicon import matching_form
    from feedbackclf.features import script_normalizer
    from feedbackclf.text import clean

    matcher, normalize = Matcher(LEXICONS[language].phrases()), script_normalizer(language)
    dead = []
    for entries in LEXICONS[language].entries.values():
        for entry in entries:
            text = matching_form(normalize(clean(entry.removesuffix("*")).text))
            matches = matcher(text)
            if not matches or matches[0][:2] != (0, len(text)):
                dead.append(entry)
    assert dead == []

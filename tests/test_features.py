from feedbackclf.features import Reader, concept_features, concept_spans, script_normalizer, word_features, word_spans
from feedbackclf.tokenizers import locate


def test_words_and_pairs():
    assert word_features(["the", "soup", ",", "cold", "!"]) == ["the", "soup", "cold", "!", "the soup", "soup cold", "cold !"]


def test_numbers_are_one_word_but_thai_laughter_is_not():
    assert word_features(["3,500", "555", "iphone15", "0900"])[:4] == ["0", "555", "iphone0", "0"]


def test_spans_follow_the_features():
    text = "cold soup , again"
    tokens = text.split()
    spans = locate(tokens, text)
    found = word_spans(tokens, spans)
    assert [name for name, _, _ in found] == word_features(tokens)
    assert [text[a:b] for _, a, b in found] == ["cold", "soup", "again", "cold soup", "soup , again"]


def test_concepts_count_every_match_and_every_id():
    matches = [(0, 4, ("late", "waiting")), (6, 9, ("late",))]
    assert concept_features(matches) == ["late", "waiting", "late"]
    assert concept_spans(matches) == [("late", 0, 4), ("waiting", 0, 4), ("late", 6, 9)]


def test_a_reader_sees_text_in_its_scripts_normal_form():
    reader = Reader("fr", {"decu": ("blame",)})
    reading = reader("très déçu")
    assert reading.text == "tres decu"
    assert reading.tokens == ["tres", "decu"]
    assert reading.matches == [(5, 9, ("blame",))]
    assert script_normalizer("zh")("態度") == "态度"
    assert script_normalizer("th")("ดี") == "ดี"


def test_hyphens_and_line_breaks_do_not_hide_a_phrase():
    reader = Reader("en", {"second hand": ("second_rate",), "on time": ("quick",)})
    assert [concepts for _, _, concepts in reader("a second-hand phone\non\ntime").matches] == [("second_rate",), ("quick",)]

import pytest

from feedbackclf.training.check import check_corpus
from feedbackclf.training.corpus import Corpus, LabelledMessage

STORY = "The parcel was left in the rain behind the bins and the shoes inside were soaked through, "


def message(i, text, writer=None, **fields):
    return LabelledMessage(f"m{i}", text, "en", (), "low", writer or f"w{i}", **fields)


def finding(messages, name):
    return next(f for f in check_corpus(Corpus(tuple(messages), {})) if f.name == name)


def test_exact_duplicates_are_found_after_cleaning():
    found = finding([message(1, "Bad  soup!!!"), message(2, "bad soup!!!!!"), message(3, "good soup")], "exact duplicates")
    assert (found.ok, found.where) == (False, ("m2 = m1",))


def test_near_duplicates_are_found():
    found = finding(
        [message(1, STORY + "I want a new pair."), message(2, STORY + "please send new ones."), message(3, "Lovely room, quiet street.")],
        "en: near duplicates",
    )
    assert (found.ok, found.where) == (False, ("m2 ~ m1",))
    assert finding([message(1, STORY), message(3, "Lovely room, quiet street.")], "en: near duplicates").ok


@pytest.mark.parametrize(("writers", "ok"), [(3, True), (4, False)])
def test_a_run_of_words_in_too_many_writers_messages(writers, ok):
    run = "never had such a bad time in any shop"
    assert finding([message(i, f"{i} {run} {i}") for i in range(writers)], "en: repeated runs").ok is ok


def test_openings():
    assert not finding([message(i, f"I am writing about thing {i}") for i in range(10)], "en: openings").ok
    assert finding([message(i, f"number {i} is my thing") for i in range(10)], "en: openings").ok


def test_shares_are_judged_only_when_there_are_enough_messages():
    few = check_corpus(Corpus((message(1, "x y z"),), {}))
    assert not any("share" in f.name for f in few)
    many = [message(i, f"text {i} of a row of very different numbers {i * 7919 % 10007}", domain="hotels") for i in range(1000)]
    found = {f.name: f for f in check_corpus(Corpus(tuple(many), {}))}
    assert not found["en: share of staff_attitude"].ok
    assert found["en: share of staff_attitude"].found == "0.0%"
    assert not found["en: largest domain"].ok
    assert not found["en: lengths"].ok


def test_bad_lines_are_a_finding():
    found = check_corpus(Corpus((message(1, "x"),), {}, problems=("a.jsonl:3: not JSON",)))[0]
    assert (found.ok, found.where) == (False, ("a.jsonl:3: not JSON",))

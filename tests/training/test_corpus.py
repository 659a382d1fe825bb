import json

import pytest

from feedbackclf.errors import CorpusError
from feedbackclf.training.corpus import LabelledMessage, corpus_files, count_labels, is_held_out, read_corpus

GOOD = {"id": "m1", "text": "Rude staff", "language": "en", "topics": ["staff_attitude"], "urgency": "low", "writer": "w1"}


def write(path, *rows):
    path.write_text("\n".join(r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in rows) + "\n", encoding="utf-8")
    return path


def test_json_lines(tmp_path):
    file = write(tmp_path / "a.jsonl", GOOD, "", GOOD | {"id": "m2", "topics": ["service", "product_quality", "service"], "domain": "hotels"})
    corpus = read_corpus([file])
    first, second = corpus.messages
    assert first == LabelledMessage("m1", "Rude staff", "en", ("staff_attitude",), "low", "w1")
    assert second.topics == ("product_quality", "service")
    assert second.domain == "hotels"
    assert len(corpus.digests["a.jsonl"]) == 64


def test_csv_with_mapped_columns_and_another_encoding(tmp_path):
    file = tmp_path / "tickets.csv"
    file.write_bytes(
        "Body;".replace(";", ",").encode() + 'Tags,Priority\n"Très déçu,\nvraiment",service|staff_attitude,low\nNul,,normal\n'.encode("cp1252")
    )
    corpus = read_corpus([file], columns={"text": "Body", "topics": "Tags", "urgency": "Priority"}, language="fr", encoding="cp1252")
    first, second = corpus.messages
    assert first.text == "Très déçu,\nvraiment"
    assert first.topics == ("staff_attitude", "service")
    assert second.topics == ()
    assert second.writer == second.id
    assert first.id != second.id


BAD = [
    ("{", "not JSON"),
    ("[1]", "must be a JSON object"),
    ({k: v for k, v in GOOD.items() if k != "text"}, "missing text"),
    (GOOD | {"language": "de"}, "unknown language 'de'; known are en, fr, th, zh"),
    (GOOD | {"urgency": "asap"}, "unknown urgency 'asap'"),
    (GOOD | {"topics": ["price"]}, "unknown topic 'price'"),
    (GOOD | {"topics": "price"}, "unknown topic 'price'"),
    (GOOD | {"topics": [1]}, "topics must be a list of strings"),
    (GOOD | {"text": ""}, "empty"),
    (GOOD | {"text": "\u200b\u202e"}, "only control, zero-width"),
    (GOOD | {"text": 5}, "must be a str"),
    (GOOD | {"text": "x" * 20_001}, "the limit is"),
    (GOOD | {"writer": 5}, "writer must be a string"),
    (GOOD | {"id": " "}, "the id is empty"),
    ('{"id": "s", "text": "a\\ud800", "language": "en", "topics": [], "urgency": "low"}', "lone surrogate"),
]


@pytest.mark.parametrize(("row", "said"), BAD, ids=[said for _, said in BAD])
def test_bad_lines(tmp_path, row, said):
    file = write(tmp_path / "bad.jsonl", GOOD, row)
    with pytest.raises(CorpusError, match=r"bad\.jsonl:2: ") as caught:
        read_corpus([file])
    assert said in str(caught.value)


def test_all_bad_lines_of_all_files_are_reported_together_or_left_out(tmp_path):
    one = write(tmp_path / "one.jsonl", GOOD, *(row for row, _ in BAD))
    two = write(tmp_path / "two.jsonl", GOOD, GOOD | {"id": "m3"})
    with pytest.raises(CorpusError) as caught:
        read_corpus([one, two])
    assert len(caught.value.problems) == len(BAD) + 1
    assert "id 'm1' is already used at" in caught.value.problems[-1]
    corpus = read_corpus([one, two], skip_bad=True)
    assert [m.id for m in corpus.messages] == ["m1", "m3"]
    assert corpus.problems == caught.value.problems


def test_a_wrong_encoding_names_the_line(tmp_path):
    file = tmp_path / "latin.jsonl"
    file.write_bytes((json.dumps(GOOD) + "\n").encode() + json.dumps(GOOD | {"id": "2", "text": "déçu"}, ensure_ascii=False).encode("latin-1"))
    with pytest.raises(CorpusError, match=r"latin\.jsonl:2: not utf-8"):
        read_corpus([file])
    table = tmp_path / "latin.csv"
    table.write_bytes("id,text\n1,ok\n2,déçu\n".encode("latin-1"))
    with pytest.raises(CorpusError, match=r"latin\.csv:3: not utf-8"):
        read_corpus([table])


def test_a_csv_row_with_too_many_cells(tmp_path):
    file = write(tmp_path / "a.csv", "id,text,language,topics,urgency", "1,good,en,,low", "2,bad, really,en,,low")
    with pytest.raises(CorpusError, match="another number of cells"):
        read_corpus([file])


def test_nothing_to_read(tmp_path):
    for paths, said in (
        ([tmp_path], "no .jsonl or .csv"),
        ([tmp_path / "x"], "no such file"),
        ([], "no corpus was given"),
        ([write(tmp_path / "a.txt", "x")], "a corpus is"),
    ):
        with pytest.raises(CorpusError, match=said):
            corpus_files(paths)
    with pytest.raises(CorpusError, match="no message in it"):
        read_corpus([write(tmp_path / "empty.jsonl", "")])


def test_challenge_files_are_not_trained_on(tmp_path):
    (tmp_path / "challenge").mkdir()
    write(tmp_path / "challenge" / "en.jsonl", GOOD | {"id": "hard"})
    write(tmp_path / "en.jsonl", GOOD)
    assert [m.id for m in read_corpus([tmp_path]).messages] == ["m1"]
    assert [m.id for m in read_corpus([tmp_path / "challenge" / "en.jsonl"]).messages] == ["hard"]


def test_a_fifth_topic(tmp_path):
    file = write(tmp_path / "a.jsonl", GOOD | {"topics": ["price"]})
    assert read_corpus([file], topics=("price",)).messages[0].topics == ("price",)


def test_the_held_out_part_is_stable_and_about_as_large_as_asked():
    writers = [f"w{i}" for i in range(2000)]
    assert 0.12 < sum(map(is_held_out, writers)) / 2000 < 0.18
    assert [w for w in writers[:40] if is_held_out(w)] == [w for w in writers[:40] if is_held_out(w)]


def test_counting_labels(tmp_path):
    corpus = read_corpus([write(tmp_path / "a.jsonl", GOOD, GOOD | {"id": "2", "topics": []})])
    assert count_labels(corpus.messages) == {"staff_attitude": 1, "low": 2}

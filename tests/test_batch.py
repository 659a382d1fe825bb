import csv
import json

import pytest

from feedbackclf import batch
from feedbackclf.errors import CorpusError, OutputError
from tests.conftest import EXAMPLES


def rows_of(file):
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_json_lines_in_and_out(classifier, tmp_path):
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    lines = [json.dumps({"ticket": i, "text": t}, ensure_ascii=False) for i, t in enumerate(EXAMPLES.values())]
    source.write_text("\n".join([*lines, "", "{broken", '["list"]', '{"ticket": 9}', '{"text": ""}', '{"text": 5}']), encoding="utf-8")
    seen = []
    done = batch.score_file(classifier, source, target, progress=lambda n, total: seen.append((n, total)))
    assert done == batch.Done(rows=9, failed=5)
    assert seen[-1] == (9, 9)
    rows = rows_of(target)
    assert [r["ticket"] for r in rows[:4]] == [0, 1, 2, 3]
    assert [r["feedback_language"] for r in rows[:4]] == list(EXAMPLES)
    errors = [r["feedback_error"] for r in rows[4:]]
    for error, said in zip(errors, ("not JSON", "not a JSON object", "no field 'text'", "empty", "must be a str, not int"), strict=True):
        assert said in error


def test_csv_in_and_out(classifier, tmp_path):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text('\ufeffid,Body\n1,"Rude staff, very rude"\n2,\n', encoding="utf-8")
    done = batch.score_file(classifier, source, target, text="Body")
    assert done == batch.Done(2, 1)
    rows = list(csv.DictReader(target.read_text(encoding="utf-8").splitlines()))
    assert rows[0]["Body"] == "Rude staff, very rude"
    assert rows[0]["feedback_topics"] == "staff_attitude"
    assert rows[1]["feedback_error"]
    with pytest.raises(CorpusError, match="no column 'text'; its columns are id, Body"):
        batch.score_file(classifier, source, target)


def test_many_rows_are_scored_as_one_alone(classifier, monkeypatch):
    monkeypatch.setattr(batch, "CHUNK", 3)
    rows = [{"text": t} for t in list(EXAMPLES.values()) * 2]
    scored = list(batch.score_rows(classifier, iter(rows)))
    alone = [next(batch.score_rows(classifier, iter([r]))) for r in rows]
    assert scored == alone


def test_the_language_of_a_row_is_used_where_it_is_one_of_ours(classifier):
    rows = [{"text": "ok", "language": "fr"}, {"text": "The staff was rude to us", "language": "English"}]
    assert [r["feedback_language"] for r in batch.score_rows(classifier, iter(rows))] == ["fr", "en"]
    assert next(batch.score_rows(classifier, iter(rows), language="en"))["feedback_language"] == "en"


def test_evidence_when_asked_for(classifier):
    row = next(batch.score_rows(classifier, iter([{"text": EXAMPLES["en"]}]), explain=True))
    assert row["feedback_evidence"]


def test_what_cannot_be_read_or_written(classifier, tmp_path):
    good = tmp_path / "in.jsonl"
    good.write_text('{"text": "good food"}\n', encoding="utf-8")
    with pytest.raises(CorpusError, match="cannot be read"):
        batch.score_file(classifier, tmp_path / "absent.jsonl", tmp_path / "out.jsonl")
    with pytest.raises(CorpusError, match=r"must be \.jsonl or \.csv"):
        batch.score_file(classifier, good, tmp_path / "out.xlsx")
    (tmp_path / "latin.jsonl").write_bytes('{"text": "déçu"}'.encode("latin-1"))
    with pytest.raises(CorpusError, match="not UTF-8"):
        batch.score_file(classifier, tmp_path / "latin.jsonl", tmp_path / "out.jsonl")
    (tmp_path / "huge.csv").write_text('text\n"' + "x" * 200_000 + '"\n', encoding="utf-8")
    with pytest.raises(CorpusError, match=r"huge\.csv:\d+: not CSV"):
        batch.score_file(classifier, tmp_path / "huge.csv", tmp_path / "out.csv")
    with pytest.raises(OutputError, match="Cannot write"):
        batch.score_file(classifier, good, tmp_path / "nowhere" / "out.jsonl")


def test_a_failed_run_leaves_the_old_result(classifier, tmp_path, monkeypatch):
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text('{"text": "good food"}\n', encoding="utf-8")
    target.write_text("old", encoding="utf-8")

    def interrupt(n, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        batch.score_file(classifier, source, target, progress=interrupt)
    assert target.read_text(encoding="utf-8") == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]


def test_several_processes_give_the_same_rows(classifier, monkeypatch):
    monkeypatch.setattr(batch, "CHUNK", 5)
    rows = [{"text": t, "n": i} for i, t in enumerate(list(EXAMPLES.values()) * 3)] + [{"text": ""}]
    assert list(batch.score_rows(classifier, rows, jobs=2)) == list(batch.score_rows(classifier, rows))


def test_several_processes_need_joblib(classifier, monkeypatch):
    monkeypatch.setattr(batch, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"feedbackclf\[cluster\]"):
        list(batch.score_rows(classifier, [{"text": "good"}], jobs=2))

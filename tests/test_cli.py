"""The command as a user runs it: a process of its own, real files, real exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import EXAMPLES, ROOT

COMMAND = [sys.executable, "-m", "feedbackclf"]


def run(*args, stdin: str | bytes = "", **environment):
    data = stdin.encode() if isinstance(stdin, str) else stdin
    env = {k: v for k, v in os.environ.items() if k not in ("FEEDBACKCLF_MODELS", "FORCE_COLOR")} | {"COLUMNS": "100"} | environment
    done = subprocess.run([*COMMAND, *map(str, args)], input=data, capture_output=True, env=env, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_score_prints_a_line_a_message():
    code, out, err = run("score", *EXAMPLES.values())
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert [line.split()[0] for line in lines] == list(EXAMPLES)
    assert all("staff_attitude" in line for line in lines)
    assert "\x1b" not in out


def test_score_reads_lines_from_standard_input_and_writes_json_lines():
    code, out, _ = run("score", "--json", stdin="\n".join(EXAMPLES.values()))
    assert code == 0
    rows = [json.loads(line) for line in out.splitlines()]
    assert [r["language"] for r in rows] == list(EXAMPLES)
    assert [r["text"] for r in rows] == list(EXAMPLES.values())


def test_score_json_lines_from_standard_input():
    code, out, _ = run("score", "--input", "-", stdin='{"text": "rude staff", "id": 1}\n{"id": 2}\n')
    assert code == 1
    first, second = map(json.loads, out.splitlines())
    assert first["feedback_topics"] == ["staff_attitude"]
    assert "no field 'text'" in second["feedback_error"]


def test_score_a_file(tmp_path):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("text\nrude staff\n", encoding="utf-8")
    code, out, err = run("score", "-i", source, "-o", target)
    assert (code, out) == (0, "")
    assert "1 rows scored" in err
    assert "staff_attitude" in target.read_text(encoding="utf-8")


def test_explain_shows_the_words_that_decided():
    code, out, _ = run("explain", EXAMPLES["fr"])
    assert code == 0
    assert "\x1b" not in out
    assert any("staff_attitude" in line and "impoli +" in line for line in out.splitlines())
    code, out, _ = run("explain", EXAMPLES["fr"], "--json")
    assert json.loads(out)["evidence"]
    code, out, _ = run("explain", EXAMPLES["fr"], FORCE_COLOR="1", TERM="xterm-256color")
    assert "\x1b[" in out


def test_version_and_help():
    assert run("--version")[1].startswith("feedbackclf ")
    code, out, _ = run("--help")
    assert code == 0
    for command in ("score", "explain", "train", "evaluate", "check", "models"):
        assert command in out
        code, help_text, _ = run(command, "--help")
        assert code == 0
        assert "Usage" in help_text


@pytest.mark.parametrize(
    ("args", "stdin", "said"),
    [
        (["score", ""], "", "empty or only white space"),
        (["score", " \u202e "], "", "only control"),
        (["score", "x" * 20_001], "", "20,001 characters; the limit is 20,000"),
        (["score", "hallo", "--language", "de"], "", "'de' is no language code"),
        (["score", "a", "--input", "b.csv"], "", "not both"),
        (["score", "--output", "b.csv", "a"], "", "--output goes with --input"),
        (["score", "--input", "absent.csv", "--output", "o.csv"], "", "cannot be read"),
        (["score", "good", "--model", "/nonexistent"], "", "neither a model"),
        (["score"], b"d\xe9\xe7u", "not UTF-8"),
        (["explain", ""], "", "empty"),
        (["train", "/nonexistent"], "", "no such file or folder"),
        (["train", "x.jsonl", "--C", "0"], "", "C must be above 0"),
        (["train", "x.jsonl", "--encoding", "klingon"], "", "no encoding that Python knows"),
        (["train", "x.jsonl", "--column", "text"], "", "write --column OURS=THEIRS"),
        (["evaluate", "/nonexistent"], "", "no such file"),
        (["models", "use", "1999-01-01-abcdef"], "", "has no model"),
        (["models", "verify", "/nonexistent"], "", "neither a model"),
        (["nonsense"], "", "No such command"),
        (["score", "--nonsense"], "", "No such option"),
    ],
)
def test_mistakes_end_with_code_2_and_say_what_to_do(args, stdin, said):
    code, out, err = run(*args, stdin=stdin)
    assert code == 2
    assert said in " ".join(err.split())
    assert "Traceback" not in err
    assert out == ""


def test_a_surrogate_in_a_message_is_refused(tmp_path):
    code, out, _ = run("score", "--input", "-", stdin='{"text": "bad \\ud83d emoji"}')
    assert code == 1
    assert "lone surrogate" in json.loads(out)["feedback_error"]


def test_bad_corpus_lines_are_reported_together(tmp_path):
    file = tmp_path / "bad.jsonl"
    file.write_text('{"id": "1"}\nnot json\n{"id": "2", "text": "x", "language": "xx", "topics": [], "urgency": "low"}\n', encoding="utf-8")
    code, _, err = run("train", file)
    assert code == 2
    assert "3 bad line(s)" in err
    for number in (1, 2, 3):
        assert f"bad.jsonl:{number}:" in err


def test_train_evaluate_and_choose(tmp_path):
    """Train on a few writers, find the model by the environment, measure it, go back and forth."""
    files = [f for x in EXAMPLES for f in sorted((ROOT / "corpora" / x).glob("*-a0[1-5].jsonl"))]
    models = tmp_path / "models"
    code, out, err = run("train", *files, "--models", models, "--folds", "3")
    assert code == 0, err
    assert "topic F1" in out
    assert "is now the current model" in " ".join(out.split())
    version = (models / "CURRENT").read_text(encoding="utf-8").strip()
    code, out, _ = run("models", "list", FEEDBACKCLF_MODELS=str(models))
    assert f"* {version}" in out
    assert "<- used" in out.splitlines()[0]
    code, out, _ = run("models", "verify", FEEDBACKCLF_MODELS=str(models))
    assert code == 0
    assert version in out
    code, out, _ = run("evaluate", files[0], "--json", FEEDBACKCLF_MODELS=str(models))
    assert code == 0
    assert json.loads(out)["model_version"] == version
    (models / version / "concepts.txt").write_text("x", encoding="utf-8")
    code, _, err = run("score", "hello there", FEEDBACKCLF_MODELS=str(models))
    assert code == 2
    assert "concepts.txt" in err


def test_check_says_what_falls_short(tmp_path):
    good = ROOT / "corpora" / "en" / "en-a01.jsonl"
    code, out, _ = run("check", good)
    assert code == 0, out
    lines = good.read_text(encoding="utf-8").splitlines()
    twice = json.loads(lines[0]) | {"id": "twice"}
    file = tmp_path / "twice.jsonl"
    file.write_text("\n".join([*lines, json.dumps(twice, ensure_ascii=False), "{"]), encoding="utf-8")
    code, out, _ = run("check", file)
    assert code == 1
    assert "twice = en-a01-01" in " ".join(out.split())


def test_the_script_in_training_is_the_same_command():
    done = subprocess.run([sys.executable, Path("training") / "retrain.py", "--help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "Train a model on labelled messages" in done.stdout

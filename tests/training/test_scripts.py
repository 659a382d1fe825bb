"""The scripts in training/, and that what they made is what the repository holds."""

import subprocess
import sys

import pytest

from feedbackclf import store
from feedbackclf.training.corpus import read_corpus
from tests.conftest import ROOT

SCRIPTS = sorted(p.name for p in (ROOT / "training").glob("*.py"))


def run(script, *args):
    return subprocess.run([sys.executable, ROOT / "training" / script, *map(str, args)], capture_output=True, text=True, check=False, cwd=ROOT)


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_explains_itself(script):
    done = run(script, "--help")
    assert done.returncode == 0, done.stderr
    assert "usage" in done.stdout.lower()


def test_the_language_table_is_counted_from_these_corpora(tmp_path):
    done = run("count_language.py", "--output", tmp_path / "language.tsv")
    assert done.returncode == 0, done.stderr
    ours = ROOT / "src" / "feedbackclf" / "language.tsv"
    assert (tmp_path / "language.tsv").read_bytes() == ours.read_bytes(), "run training/count_language.py again"


def test_the_packaged_model_was_trained_on_these_corpora():
    manifest = store.read_manifest(store.find(store.packaged_models()))
    assert manifest["corpora"] == dict(read_corpus([ROOT / "corpora"]).digests), "train the packaged model again"


def test_agreement_by_hand(tmp_path):
    (tmp_path / "en").mkdir()
    (tmp_path / "second").mkdir()
    line = '{{"id": "m{0}", "text": "text {0}", "language": "en", "topics": {1}, "urgency": "{2}"}}\n'
    rows = [(1, '["service"]', "low"), (2, "[]", "high"), (3, '["service"]', "urgent"), (4, '["product_quality"]', "low")]
    (tmp_path / "en" / "a.jsonl").write_text("".join(line.format(*r) for r in rows), encoding="utf-8")
    (tmp_path / "second" / "en.tsv").write_text("m1\tservice\tlow\nm2\t\thigh\nm3\t\turgent\nm4\tproduct_quality\tlow\n", encoding="utf-8")
    done = run("agreement.py", tmp_path)
    assert done.returncode == 0, done.stderr
    cells = [c.strip() for c in done.stdout.splitlines()[-1].split("|")]
    assert cells[1:4] == ["en", "4", "100%"]
    assert cells[4] == "1.000"  # product_quality
    assert cells[7] == "0.667"  # service: one of two found
    assert cells[-2] == "1.000"  # urgency
    (tmp_path / "second" / "en.tsv").write_text("m1\tprice\tlow\n", encoding="utf-8")
    assert "unknown label" in run("agreement.py", tmp_path).stderr

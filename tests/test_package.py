"""The door, what comes through it, and who may import whom."""

import subprocess
import sys
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

import feedbackclf

HEAVY = ("numpy", "scipy", "sklearn", "spacy", "jieba", "rjieba", "pythainlp", "nlpo3", "fastapi", "pandas", "joblib", "rich", "typer", "opencc")


def modules_after(code: str) -> set[str]:
    out = subprocess.run([sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"], capture_output=True, text=True, check=True)
    return set(out.stdout.split())


def test_everything_in_all_is_there_and_nothing_else_is_public():
    for name in feedbackclf.__all__:
        assert getattr(feedbackclf, name) is not None
    assert sorted(feedbackclf.__all__) == sorted(dir(feedbackclf))
    with pytest.raises(AttributeError, match="nonsense"):
        feedbackclf.nonsense  # noqa: B018


def test_importing_the_package_loads_nothing_heavy():
    assert not modules_after("import feedbackclf") & set(HEAVY)


def test_scoring_thai_loads_neither_spacy_nor_the_chinese_dictionary_nor_scikit_learn():
    code = "from feedbackclf import Classifier; Classifier.load().score('อาหารอร่อยมาก พนักงานน่ารัก')"
    assert not modules_after(code) & {"spacy", "jieba", "rjieba", "opencc", "sklearn", "scipy", "fastapi"}


def test_scoring_french_does_not_load_the_chinese_or_thai_dictionaries():
    code = "from feedbackclf import Classifier; Classifier.load().score('Très bon accueil, je recommande.')"
    assert not modules_after(code) & {"jieba", "rjieba", "opencc", "pythainlp", "nlpo3", "sklearn", "fastapi"}


def test_rooms_import_each_other_only_as_designed(monkeypatch):
    monkeypatch.chdir(Path(__file__).resolve().parents[1])
    assert lint_imports(no_cache=True) == 0

"""What is installed is what is in the checkout: the wheel, unpacked far from it, finds its own model and scores."""

import os
import subprocess
import sys
import zipfile

import pytest

from feedbackclf import store
from tests.conftest import EXAMPLES, ROOT

SCORE = "import sys, feedbackclf; p = feedbackclf.Classifier.load().score(sys.argv[1]); print(feedbackclf.__file__, p.model_version, p.language)"


@pytest.mark.slow
def test_the_wheel_carries_the_current_model_and_finds_it(tmp_path):
    subprocess.run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path, ROOT], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(installed)
    env = {k: v for k, v in os.environ.items() if k != store.ENVIRONMENT} | {"PYTHONPATH": str(installed), "XDG_DATA_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", SCORE, EXAMPLES["th"]], capture_output=True, text=True, env=env, cwd=tmp_path, check=True)
    file, version, language = done.stdout.split()
    assert file.startswith(str(installed))
    assert version == store.find(store.packaged_models()).name
    assert language == "th"
    names = {n.split("/")[0] for n in zipfile.ZipFile(wheel).namelist()}
    assert names == {"feedbackclf", next(n for n in names if n.endswith(".dist-info"))}


@pytest.mark.slow
def test_the_order_of_sets_does_not_change_a_model(tmp_path):
    """Two processes that order sets and dicts of strings otherwise train the same model."""
    files = [f for x in EXAMPLES for f in sorted((ROOT / "corpora" / x).glob("*-a0[1-5].jsonl"))]
    versions = set()
    for seed in ("0", "1"):
        command = [sys.executable, "-m", "feedbackclf", "train", *map(str, files), "--folds", "3", "--models", str(tmp_path / seed)]
        subprocess.run(command, check=True, capture_output=True, env=os.environ | {"PYTHONHASHSEED": seed})
        versions.add((tmp_path / seed / store.CURRENT).read_text(encoding="utf-8")[11:])
    assert len(versions) == 1

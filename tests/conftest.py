"""Fixtures: the packaged model, and a small one trained for the tests on part of the corpora."""

import datetime
import json
from pathlib import Path

import pytest
from hypothesis import settings

from feedbackclf import Classifier, store
from feedbackclf.labels import LANGUAGES
from feedbackclf.tokenizers import build_tokenizer
from feedbackclf.training.corpus import Corpus, read_corpus
from feedbackclf.training.fit import Options
from feedbackclf.training.publish import train

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = {
    "en": "The waiter was rude and my soup was cold, I want my money back!",
    "fr": "Le livreur a été très impoli et le colis est arrivé cassé, remboursez-moi !",
    "th": "พนักงานพูดจาไม่ดีเลย อาหารก็เย็นชืด ขอเงินคืนด้วยค่ะ",
    "zh": "服务员态度很差，汤也是凉的，我要求退款！",
}

settings.register_profile("default", deadline=None, derandomize=True)
settings.load_profile("default")


@pytest.fixture(scope="session")
def classifier():
    return Classifier.load(store.packaged_models()).warm_up()


@pytest.fixture(scope="session")
def tokenizers():
    return {language: build_tokenizer(language) for language in LANGUAGES}


@pytest.fixture(scope="session")
def small_corpus():
    """A few writers a language of the repository's own corpora: real text, seconds to train on."""
    files = [f for language in LANGUAGES for f in sorted((ROOT / "corpora" / language).glob("*-a0[1-6].jsonl"))]
    return read_corpus(files)


@pytest.fixture(scope="session")
def published(small_corpus: Corpus, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    return train(small_corpus, folder, Options(folds=3), today=datetime.date(2026, 1, 2))


@pytest.fixture
def model_copy(published, tmp_path):
    """A model folder that a test may damage."""
    import shutil

    return Path(shutil.copytree(published.path, tmp_path / published.path.name))


@pytest.fixture
def rewrite_manifest():
    """Change a model's manifest, as somebody with bad intentions would: digests made to fit again."""

    def rewrite(folder: Path, **changes):
        file = folder / store.MANIFEST
        manifest = json.loads(file.read_text(encoding="utf-8")) | changes
        for name, entry in manifest["files"].items():
            if (folder / name).is_file():
                entry |= {"sha256": store._sha256(folder / name), "bytes": (folder / name).stat().st_size}
        manifest["version"] = f"2026-01-02-{store.content_digest(manifest)}"
        file.write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")

    return rewrite

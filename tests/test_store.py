import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from feedbackclf import Classifier, store
from feedbackclf.errors import CorruptModelError, ModelFormatError, ModelNotFoundError, OutputError


def test_a_model_reads_back_as_it_was_written(published):
    model = store.read(published.path)
    manifest = model.manifest
    assert manifest["version"] == published.path.name
    assert set(manifest["languages"]) == {"en", "fr", "th", "zh"}
    assert set(model.words) == {"latin", "thai", "chinese"}
    for table in (*model.words.values(), model.concepts):
        assert table.weights.shape == (len(table.names), 7)
        assert (table.idf > 0).all()
    assert sum(f.stat().st_size for f in published.path.iterdir()) < store.MAX_BYTES


def test_only_what_is_asked_for_is_read(published):
    model = store.read(published.path, ["fr"])
    assert set(model.words) == {"latin"}
    assert set(model.lexicons) == {"fr"}


def test_the_packaged_model_is_one_version_and_sound():
    folder = store.packaged_models()
    assert len(store.versions(folder)) == 1
    store.read(store.find(folder))
    assert sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) <= store.MAX_BYTES


def test_every_file_is_checked(model_copy):
    for file in sorted(model_copy.iterdir()):
        if file.name == store.MANIFEST:
            continue
        content = file.read_bytes()
        changed = bytearray(content)
        changed[len(changed) // 2] ^= 1
        file.write_bytes(changed)
        with pytest.raises(CorruptModelError, match="has changed"):
            store.read(model_copy)
        file.write_bytes(content[:-1])
        with pytest.raises(CorruptModelError, match="bytes instead of"):
            store.read(model_copy)
        file.unlink()
        with pytest.raises(CorruptModelError, match="is missing"):
            store.read(model_copy)
        file.write_bytes(content)
    store.read(model_copy)


def test_a_newer_format_is_refused(model_copy, rewrite_manifest):
    rewrite_manifest(model_copy, format=store.FORMAT + 1)
    with pytest.raises(ModelFormatError, match="Upgrade feedbackclf"):
        store.read(model_copy)


@pytest.mark.parametrize("content", [b"[]", b"{}", b'{"format": "one"}'])
def test_a_manifest_of_something_else(model_copy, content):
    (model_copy / store.MANIFEST).write_bytes(content)
    with pytest.raises(ModelFormatError, match="not the manifest"):
        store.read(model_copy)


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[" * 100_000])
def test_a_broken_manifest(model_copy, content):
    (model_copy / store.MANIFEST).write_bytes(content)
    with pytest.raises(CorruptModelError, match="not valid JSON"):
        store.read(model_copy)


def test_a_manifest_that_lacks_something(model_copy):
    file = model_copy / store.MANIFEST
    manifest = json.loads(file.read_text(encoding="utf-8"))
    del manifest["thresholds"]
    file.write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(CorruptModelError, match="lacks thresholds"):
        store.read(model_copy)


class Canary:
    """Writes a file when it is unpickled."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return (open, (self.path, "w"))


@pytest.mark.parametrize("as_object_array", [False, True])
def test_a_pickle_under_an_arrays_name_runs_no_code(model_copy, rewrite_manifest, tmp_path, as_object_array):
    canary = tmp_path / "canary"
    target = model_copy / "concepts.idf.npy"
    if as_object_array:
        np.save(target, np.array([Canary(canary)], dtype=object), allow_pickle=True)
    else:
        target.write_bytes(pickle.dumps(Canary(canary)))
    rewrite_manifest(model_copy)
    with pytest.raises(CorruptModelError, match="not a plain array"):
        store.read(model_copy)
    assert not canary.exists()


@pytest.mark.parametrize(
    ("name", "array", "reason"),
    [
        ("concepts.idf.npy", np.ones(3, dtype=np.float32), "not a float32 array of shape"),
        ("concepts.idf.npy", np.ones(90, dtype=np.float64), "not a float32 array"),
        ("concepts.weights.npy", np.ones((90, 2), dtype=np.float32), "not a float32 array"),
    ],
)
def test_arrays_of_another_shape_or_type(model_copy, rewrite_manifest, name, array, reason):
    np.save(model_copy / name, array)
    rewrite_manifest(model_copy)
    with pytest.raises(CorruptModelError, match=reason):
        store.read(model_copy)


def test_numbers_that_are_not_finite(model_copy, rewrite_manifest):
    file = model_copy / "words.thai.idf.npy"
    array = np.load(file)
    array[0] = np.nan
    np.save(file, array)
    rewrite_manifest(model_copy)
    with pytest.raises(CorruptModelError, match="not finite"):
        store.read(model_copy)


def test_a_vocabulary_that_is_not_text_or_names_a_word_twice(model_copy, rewrite_manifest):
    file = model_copy / "words.thai.txt"
    lines = file.read_bytes().split(b"\n")
    file.write_bytes(b"\n".join([lines[1], *lines[1:]]))
    rewrite_manifest(model_copy)
    with pytest.raises(CorruptModelError, match="names a feature twice"):
        store.read(model_copy)
    file.write_bytes(b"\xff" + file.read_bytes()[1:])
    rewrite_manifest(model_copy)
    with pytest.raises(CorruptModelError, match="not UTF-8"):
        store.read(model_copy)


def test_a_lexicon_with_a_line_that_is_none(model_copy, rewrite_manifest):
    (model_copy / "lexicon.fr.tsv").write_text("no tab here\n", encoding="utf-8")
    rewrite_manifest(model_copy)
    with pytest.raises(CorruptModelError, match="phrase, tab, concepts"):
        store.read(model_copy)


def test_files_outside_the_folder_and_too_large_ones_are_refused(model_copy, rewrite_manifest):
    files = store.read_manifest(model_copy)["files"]
    for entry, reason in (
        ({"../secret": {"sha256": "", "bytes": 1}}, "own folder"),
        ({"huge.npy": {"sha256": "", "bytes": 2**40}}, "claims more than"),
    ):
        rewrite_manifest(model_copy, files=files | entry)
        with pytest.raises(CorruptModelError, match=reason):
            store.read(model_copy)


def test_a_changed_digit_in_the_manifest_is_noticed(model_copy):
    """A threshold has no file of its own whose digest would tell."""
    file = model_copy / store.MANIFEST
    content = file.read_text(encoding="utf-8")
    manifest = json.loads(content)
    changed = manifest | {"thresholds": [0.9, *manifest["thresholds"][1:]]}
    for text in (json.dumps(changed), content.replace('"margin": 0.0', '"margin": 0.1'), json.dumps(manifest | {"files": []})):
        assert text != content
        file.write_text(text, encoding="utf-8")
        with pytest.raises(CorruptModelError, match="not what its version names"):
            store.read(model_copy)
    file.write_text(json.dumps(manifest), encoding="utf-8")  # other white space is no change
    store.read(model_copy)


# --- places --------------------------------------------------------------------------------------------------------------


def test_the_order_of_places(published, tmp_path, monkeypatch):
    monkeypatch.delenv(store.ENVIRONMENT, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert store.find() == store.find(store.packaged_models())
    own = store.search_places()[0]
    store.use(published.path.parent, published.path.name)
    own.parent.mkdir(parents=True)
    own.symlink_to(published.path.parent)
    assert store.find() == own / published.path.name
    monkeypatch.setenv(store.ENVIRONMENT, str(published.path))
    assert store.find() == published.path
    assert store.find(own) == own / published.path.name


def test_a_named_place_without_a_model_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv(store.ENVIRONMENT, str(tmp_path))
    with pytest.raises(ModelNotFoundError, match="neither a model"):
        store.find()
    with pytest.raises(FileNotFoundError):
        Classifier.load(tmp_path / "absent")
    for content in (b"../../etc\n", b"\xff\xfe", b""):
        (tmp_path / store.CURRENT).write_bytes(content)
        with pytest.raises(ModelNotFoundError, match="names a version that is not there"):
            store.find(tmp_path)


def test_using_a_version(published, tmp_path):
    folder = published.path.parent
    store.use(folder, published.path.name)
    assert store.find(folder) == published.path
    with pytest.raises(ModelNotFoundError, match="has no model '2020-01-01-aaaaaa'"):
        store.use(folder, "2020-01-01-aaaaaa")
    with pytest.raises(ModelNotFoundError):
        store.use(folder, "../" + published.path.name)
    assert store.find(folder) == published.path


def test_a_damaged_version_does_not_become_current(published, tmp_path):
    import shutil

    folder = tmp_path / "models"
    shutil.copytree(published.path, folder / published.path.name)
    shutil.copytree(published.path, folder / "2026-01-03-broken")
    store.use(folder, published.path.name)
    (folder / "2026-01-03-broken" / "concepts.txt").write_text("x", encoding="utf-8")
    with pytest.raises(CorruptModelError):
        store.use(folder, "2026-01-03-broken")
    assert store.find(folder).name == published.path.name
    assert sorted(p.name for p in folder.iterdir()) == sorted(["2026-01-03-broken", store.CURRENT, published.path.name])


# --- writing --------------------------------------------------------------------------------------------------------------


def test_the_same_content_on_the_same_day_is_the_same_version(published, tmp_path):
    model = store.read(published.path)
    manifest = {k: v for k, v in model.manifest.items() if k not in ("format", "version", "files")}
    again = store.StoredModel(manifest, model.words, model.concepts, model.lexicons, "")
    first, second = store.write(tmp_path, again, "2026-01-02"), store.write(tmp_path, again, "2026-01-02")
    assert first == second
    assert first.name == published.path.name
    assert [p.name for p in tmp_path.iterdir()] == [first.name]


def test_a_model_that_is_too_large_is_not_written(published, tmp_path, monkeypatch):
    monkeypatch.setattr(store, "MAX_BYTES", 1000)
    model = store.read_manifest(published.path)
    monkeypatch.undo()
    whole = store.read(published.path)
    monkeypatch.setattr(store, "MAX_BYTES", 1000)
    with pytest.raises(OutputError, match="the limit is"):
        store.write(tmp_path, store.StoredModel(model, whole.words, whole.concepts, whole.lexicons), "2026-01-02")
    assert list(tmp_path.iterdir()) == []


WRITER = """
import resource, signal, sys
from pathlib import Path
from feedbackclf import store
from feedbackclf.errors import OutputError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
model = store.read(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)
try:
    store.write(Path(sys.argv[2]), model, "2026-01-02")
except OutputError as error:
    print(error)
    sys.exit(7)
"""


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX resource limits")
@pytest.mark.parametrize("allowed", [0, 100, 20_000, 200_000])
def test_a_write_that_fails_leaves_nothing_behind(published, tmp_path, allowed):
    """The system refuses to let any file grow beyond `allowed` bytes, as a full disk would."""
    done = subprocess.run([sys.executable, "-c", WRITER, published.path, tmp_path, str(allowed)], capture_output=True, text=True)
    assert done.returncode == 7, done.stderr
    assert "What was there before is unchanged" in done.stdout
    assert list(Path(tmp_path).iterdir()) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from feedbackclf import store
model = store.read(Path(sys.argv[1]))
calls = 0
real = os.fsync
def fsync(handle):
    global calls
    calls += 1
    if calls == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
    real(handle)
os.fsync = fsync
store.write(Path(sys.argv[2]), model, "2026-01-02")
"""


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
@pytest.mark.parametrize("at", [1, 5, 16])
def test_a_killed_writer_leaves_the_old_model_and_no_half_version(published, tmp_path, at):
    done = subprocess.run([sys.executable, "-c", KILLED, published.path, tmp_path, str(at)], capture_output=True)
    assert done.returncode < 0
    assert store.versions(tmp_path) == []
    store.use(published.path.parent, published.path.name)
    assert store.find(published.path.parent) == published.path


def test_leftovers_of_a_day_ago_are_swept(published, tmp_path):
    old, fresh = tmp_path / ".tmp-old", tmp_path / ".tmp-fresh"
    old.mkdir()
    fresh.mkdir()
    (old / "x").write_text("x", encoding="utf-8")
    os.utime(old, (0, 0))
    model = store.read(published.path)
    store.write(tmp_path, model, "2026-01-02")
    assert not old.exists()
    assert fresh.exists()

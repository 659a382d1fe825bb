"""A model on disk: a folder of arrays and plain text that can run no code, checked before it is trusted.

    <version>/
      manifest.json               format, version, labels, thresholds, engines, metrics, probes; sha256 and size of every other file
      words.<block>.txt           the words and word pairs of a block of languages, one a line
      words.<block>.{idf,weights}.npy
      concepts.txt                the concept ids
      concepts.{idf,weights}.npy
      lexicon.<language>.tsv      phrase, tab, concept ids: the lexicon that the model was trained with
      README.md                   the model card

Beside the version folders stands CURRENT, a text file with the name of the one in use. A folder is written under a temporary name and renamed
when it is whole; it is never changed afterwards. Its version is the date and the first six digits of a digest of its content.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feedbackclf.errors import CorruptModelError, ModelFormatError, ModelNotFoundError, OutputError
from feedbackclf.model import FeatureTable

FORMAT = 1
"""Number of the layout above; a newer one is refused."""
MAX_BYTES = 10 * 2**20
"""A model is at most this large in all."""
MANIFEST = "manifest.json"
CURRENT = "CURRENT"
CARD = "README.md"
ENVIRONMENT = "FEEDBACKCLF_MODELS"

_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}")


@dataclass(frozen=True, slots=True)
class StoredModel:
    """What a model folder holds.

    Attributes
    ----------
    manifest : dict
        See `training.publish`, which writes it.
    words : mapping of str to FeatureTable
        By block of languages.
    concepts : FeatureTable
    lexicons : mapping of str to mapping of str to tuple of str
        Language -> normalized phrase -> concept ids.
    card : str
        The model card, Markdown.
    """

    manifest: dict[str, Any]
    words: Mapping[str, FeatureTable]
    concepts: FeatureTable
    lexicons: Mapping[str, Mapping[str, tuple[str, ...]]]
    card: str = ""


# --- where models are --------------------------------------------------------------------------------------------------


def search_places() -> list[Path]:
    """Return the folders that may hold models, in the order in which they are asked."""
    from platformdirs import user_data_path

    places = [Path(os.environ[ENVIRONMENT])] if os.environ.get(ENVIRONMENT) else []
    return [*places, user_data_path("feedbackclf", appauthor=False) / "models", packaged_models()]


def packaged_models() -> Path:
    """Return the folder of the model that comes with feedbackclf: inside an installed wheel, or `models/` of a checkout."""
    here = Path(__file__).resolve().parent
    return here / "models" if (here / "models").is_dir() else here.parents[1] / "models"


def find(path: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder of the model to use.

    Parameters
    ----------
    path : path, optional
        A model folder, or a folder of models with CURRENT. By default: the folder that FEEDBACKCLF_MODELS names, the user's
        data folder, the packaged one; the first of these that has a CURRENT. FEEDBACKCLF_MODELS without a model is an error.

    Raises
    ------
    ModelNotFoundError
    """
    if path is not None:
        return _model_in(Path(path))
    if named := os.environ.get(ENVIRONMENT):
        return _model_in(Path(named))
    places = search_places()
    for place in places:
        if (place / CURRENT).is_file():
            return _model_in(place)
    raise ModelNotFoundError("No model found in " + ", ".join(map(str, places)) + ". Train one with `feedbackclf train`, or reinstall feedbackclf.")


def _model_in(folder: Path) -> Path:
    if (folder / MANIFEST).is_file():
        return folder
    current = folder / CURRENT
    if not current.is_file():
        raise ModelNotFoundError(f"{folder} is neither a model (no {MANIFEST}) nor a folder of models (no {CURRENT}).")
    version = current_version(folder)
    if not _VERSION.fullmatch(version) or not (folder / version / MANIFEST).is_file():
        raise ModelNotFoundError(f"{current} names a version that is not there. Choose one with `feedbackclf models use`.")
    return folder / version


def current_version(folder: Path) -> str:
    """Return the version that CURRENT of a folder of models names, "" where there is none."""
    current = folder / CURRENT
    return current.read_bytes().decode("utf-8", errors="replace").strip() if current.is_file() else ""


def versions(folder: Path) -> list[str]:
    """Return the versions in a folder of models, oldest first by name."""
    return sorted(p.parent.name for p in folder.glob(f"*/{MANIFEST}") if _VERSION.fullmatch(p.parent.name))


def use(folder: Path, version: str) -> None:
    """Make `version` the current one of a folder of models, atomically, after checking its files.

    Raises
    ------
    ModelNotFoundError, CorruptModelError, ModelFormatError, OutputError
    """
    if not _VERSION.fullmatch(version) or not (folder / version / MANIFEST).is_file():
        raise ModelNotFoundError(f"{folder} has no model {version!r}; it has: {', '.join(versions(folder)) or 'none'}.")
    read(folder / version)
    with _reporting(folder):
        handle, temporary = tempfile.mkstemp(prefix=".tmp-", dir=folder)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(version + "\n")
                stream.flush()
                os.fsync(stream.fileno())
            Path(temporary).chmod(0o644)
            Path(temporary).replace(folder / CURRENT)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        _sync_folder(folder)


# --- writing -----------------------------------------------------------------------------------------------------------


def write(folder: Path, model: StoredModel, date: str) -> Path:
    """Write a model as a new version and return its folder; CURRENT stays as it is.

    Parameters
    ----------
    folder : Path
        A folder of models; made if it is not there.
    model : StoredModel
        Its manifest without `format`, `version` and `files`, which are added here.
    date : str
        ISO date for the version's name.

    Raises
    ------
    OutputError
        The disk is full, the folder read-only, the model over `MAX_BYTES`, …; no partial version is left behind.
    """
    with _reporting(folder):
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        work = Path(tempfile.mkdtemp(prefix=".tmp-", dir=folder))
        try:
            _write_files(work, model)
            files = {p.name: {"sha256": _sha256(p), "bytes": p.stat().st_size} for p in sorted(work.iterdir())}
            version = f"{date}-{content_digest({**model.manifest, 'files': files})}"
            card = work / CARD
            card.write_text(model.card.replace("{version}", version), encoding="utf-8")
            files[card.name] = {"sha256": _sha256(card), "bytes": card.stat().st_size}
            manifest = {"format": FORMAT, "version": version, **model.manifest, "files": files}
            (work / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            size = sum(p.stat().st_size for p in work.iterdir())
            if size > MAX_BYTES:
                raise OutputError(f"The model has {size / 2**20:.1f} MB; the limit is {MAX_BYTES / 2**20:.0f} MB. Raise min_df to keep fewer words.")
            for path in work.iterdir():
                path.chmod(0o644)
                _sync_file(path)
            work.chmod(0o755)
            _sync_folder(work)
            if not (folder / version).exists():  # the same content on the same day is the same model
                work.rename(folder / version)
                _sync_folder(folder)
            return folder / version
        finally:
            shutil.rmtree(work, ignore_errors=True)


def content_digest(manifest: Mapping[str, Any]) -> str:
    """Return the digest that ends a version's name: six hexadecimal digits over all that the manifest says, but for format, version and card."""
    said = {k: v for k, v in manifest.items() if k not in ("format", "version", "files")}
    files = {name: entry for name, entry in manifest["files"].items() if name != CARD}
    content = json.dumps([files, said], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(content.encode("utf-8", errors="surrogatepass")).hexdigest()[:6]


def _write_files(work: Path, model: StoredModel) -> None:
    for name, table in (*((f"words.{b}", t) for b, t in model.words.items()), ("concepts", model.concepts)):
        (work / f"{name}.txt").write_text("".join(f"{n}\n" for n in table.names), encoding="utf-8")
        np.save(work / f"{name}.idf.npy", np.asarray(table.idf, dtype=np.float32), allow_pickle=False)
        np.save(work / f"{name}.weights.npy", np.asarray(table.weights, dtype=np.float32), allow_pickle=False)
    for language, phrases in model.lexicons.items():
        lines = (f"{phrase}\t{' '.join(concepts)}\n" for phrase, concepts in sorted(phrases.items()))
        (work / f"lexicon.{language}.tsv").write_text("".join(lines), encoding="utf-8")


def _sweep(folder: Path) -> None:
    """Remove what a killed writer left behind more than a day ago."""
    for leftover in folder.glob(".tmp-*"):
        with contextlib.suppress(OSError):
            if leftover.stat().st_mtime < time.time() - 86_400:
                shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()


@contextlib.contextmanager
def _reporting(folder: Path) -> Iterator[None]:
    try:
        yield
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(f"The model could not be written to {folder} ({error.strerror or error}). What was there before is unchanged.") from error


def _sync_file(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


_sync_folder = _sync_file if os.name == "posix" else (lambda path: None)


# --- reading -----------------------------------------------------------------------------------------------------------


def read(path: Path, languages: Iterable[str] | None = None) -> StoredModel:
    """Read a model folder, after checking it against its manifest.

    Parameters
    ----------
    path : Path
        The folder of one version.
    languages : iterable of str, optional
        Read the arrays and lexicons of these only; by default of all in the model. The digests of all files are checked anyway.

    Raises
    ------
    ModelNotFoundError, ModelFormatError, CorruptModelError
    """
    manifest = read_manifest(path)
    _check_files(path, manifest)
    outputs = len(manifest["topics"]) + len(manifest["urgency_levels"]) - 1
    wanted = tuple(languages) if languages is not None else tuple(manifest["languages"])
    return StoredModel(
        manifest=manifest,
        words={b: _table(path, f"words.{b}", outputs) for b in dict.fromkeys(manifest["languages"][x] for x in wanted)},
        concepts=_table(path, "concepts", outputs),
        lexicons={x: _phrases(path / f"lexicon.{x}.tsv") for x in wanted},
    )


def read_manifest(path: Path) -> dict[str, Any]:
    """Return a model's manifest.

    Raises
    ------
    ModelNotFoundError, ModelFormatError, CorruptModelError
    """
    file = path / MANIFEST
    try:
        manifest = json.loads(file.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        raise ModelNotFoundError(f"{path} holds no {MANIFEST}; give the folder of a model.") from None
    except (ValueError, RecursionError) as error:
        raise CorruptModelError(file, f"not valid JSON ({type(error).__name__})") from None
    if not isinstance(manifest, dict) or not isinstance(manifest.get("format"), int):
        raise ModelFormatError(f"{file} is not the manifest of a feedbackclf model (no format number).")
    if manifest["format"] > FORMAT:
        raise ModelFormatError(f"{path} has format {manifest['format']}; this version of feedbackclf reads up to {FORMAT}. Upgrade feedbackclf.")
    missing = [k for k in ("version", "topics", "urgency_levels", "languages", "intercept", "thresholds", "files", "probes") if k not in manifest]
    if missing:
        raise CorruptModelError(file, f"lacks {', '.join(missing)}")
    if not isinstance(manifest["files"], dict) or not str(manifest["version"]).endswith(f"-{content_digest(manifest)}"):
        raise CorruptModelError(file, "has changed since it was written (its content is not what its version names)")
    return manifest


def _check_files(path: Path, manifest: Mapping[str, Any]) -> None:
    if sum(entry["bytes"] for entry in manifest["files"].values()) > MAX_BYTES:
        raise CorruptModelError(path / MANIFEST, f"claims more than {MAX_BYTES / 2**20:.0f} MB of files")
    for name, entry in manifest["files"].items():
        file = path / name
        if Path(name).name != name:
            raise CorruptModelError(file, "is not in the model's own folder")
        if not file.is_file():
            raise CorruptModelError(file, "is missing")
        if file.stat().st_size != entry["bytes"]:
            raise CorruptModelError(file, f"has {file.stat().st_size} bytes instead of {entry['bytes']}")
        if _sha256(file) != entry["sha256"]:
            raise CorruptModelError(file, "has changed since it was written (sha256 differs)")


def _table(path: Path, name: str, outputs: int) -> FeatureTable:
    names = _lines(path / f"{name}.txt")
    idf, weights = _array(path / f"{name}.idf.npy", (len(names),)), _array(path / f"{name}.weights.npy", (len(names), outputs))
    if len(set(names)) != len(names):
        raise CorruptModelError(path / f"{name}.txt", "names a feature twice")
    return FeatureTable(names, idf, weights)


def _array(file: Path, shape: tuple[int, ...]) -> NDArray[np.floating]:
    try:
        array = np.load(file, allow_pickle=False)
    except FileNotFoundError:
        raise CorruptModelError(file, "is missing") from None
    except (ValueError, EOFError, OSError):
        raise CorruptModelError(file, "is not a plain array in NumPy's format") from None
    if not isinstance(array, np.ndarray) or array.dtype != np.float32 or array.shape != shape:
        raise CorruptModelError(file, f"is not a float32 array of shape {shape}")
    if not np.isfinite(array).all():
        raise CorruptModelError(file, "holds numbers that are not finite")
    return array


def _phrases(file: Path) -> dict[str, tuple[str, ...]]:
    phrases = {}
    for line in _lines(file):
        phrase, tab, concepts = line.partition("\t")
        if not (phrase and tab and concepts):
            raise CorruptModelError(file, "holds a line that is not phrase, tab, concepts")
        phrases[phrase] = tuple(concepts.split(" "))
    return phrases


def _lines(file: Path) -> Sequence[str]:
    try:
        return file.read_bytes().decode("utf-8").removesuffix("\n").split("\n")
    except FileNotFoundError:
        raise CorruptModelError(file, "is missing") from None
    except UnicodeDecodeError:
        raise CorruptModelError(file, "is not UTF-8") from None


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

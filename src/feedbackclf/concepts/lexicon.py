"""Lexicons: plain text files that a person can read and extend.

A file holds definitions, then one section a concept with one entry a line:

    @ refund = Money asked back or given back. "I want my money back"

    [refund]
    refund*
    money back

Lines that begin with # are comments. A trailing * stands for any ending of a Latin word. Entries are normalized like messages
(lower case, accents folded in English and French, hyphens as blanks, Simplified characters), so they may be written properly.
A user's own file adds to the packaged lexicon: new entries, new concepts; `[refund] replace` puts a section in the place of ours.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from feedbackclf.errors import LexiconError, TextError, UnknownLanguageError
from feedbackclf.labels import LANGUAGES
from feedbackclf.text import Simplifier, clean, fold_accents

_ID = re.compile(r"[a-z][a-z0-9_]*")
_SECTION = re.compile(r"\[([^\]]*)\]\s*(replace)?")
_DEFINITION = re.compile(r"@\s*(\S+)\s*=\s*(.+)")


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The concepts of one language.

    Attributes
    ----------
    language : str
    definitions : mapping of str to str
        Concept id -> one line that says what it means, with an example.
    entries : mapping of str to tuple of str
        Concept id -> its entries, as written.
    replaced : frozenset of str
        Ids whose section says `replace`: merged over another lexicon, they discard what stood there.
    """

    language: str
    definitions: Mapping[str, str]
    entries: Mapping[str, tuple[str, ...]]
    replaced: frozenset[str] = frozenset()

    def extended_by(self, other: "Lexicon") -> "Lexicon":
        """Return this lexicon with `other`'s entries added, or put in place of ours where `other` says so."""
        entries = {c: () if c in other.replaced else e for c, e in self.entries.items()}
        for concept, more in other.entries.items():
            entries[concept] = tuple(dict.fromkeys((*entries.get(concept, ()), *more)))
        return Lexicon(self.language, {**self.definitions, **other.definitions}, entries)

    def phrases(self) -> dict[str, tuple[str, ...]]:
        """Return normalized entry -> the ids of all its concepts, both sorted: what `Matcher` wants."""
        normalize = entry_normalizer(self.language)
        concepts: dict[str, set[str]] = {}
        for concept, entries in self.entries.items():
            for entry in entries:
                concepts.setdefault(normalize(entry), set()).add(concept)
        return {phrase: tuple(sorted(concepts[phrase])) for phrase in sorted(concepts)}


def load_packaged(language: str) -> Lexicon:
    """Return the lexicon that comes with feedbackclf.

    Raises
    ------
    UnknownLanguageError
    """
    if language not in LANGUAGES:
        raise UnknownLanguageError(f"There is no lexicon for {language!r}; supported are {', '.join(LANGUAGES)}.")
    source = files("feedbackclf.concepts").joinpath(f"{language}.txt")
    return _parse(language, source.read_text(encoding="utf-8").splitlines(), f"{language}.txt")


def read_lexicon(path: Path, language: str) -> Lexicon:
    """Read a lexicon file.

    Raises
    ------
    LexiconError
        Bad lines, all of them together; or a file that is not UTF-8 text.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise LexiconError([f"{path}: not UTF-8 ({error.reason} at byte {error.start}); save it as UTF-8"]) from None
    except OSError as error:
        raise LexiconError([f"{path}: cannot be read ({error.strerror})"]) from None
    return _parse(language, lines, str(path))


def entry_normalizer(language: str) -> Callable[[str], str]:
    """Return the function that puts an entry of `language` into the form in which it is looked for."""
    script = Simplifier() if language == "zh" else fold_accents if language in ("en", "fr") else str
    return lambda entry: matching_form(script(clean(entry).text))


def matching_form(text: str) -> str:
    """Return cleaned text as concepts are matched on it: hyphens and line breaks are blanks. The length stays the same."""
    return text.replace("-", " ").replace("\n", " ")


def _parse(language: str, lines: Iterable[str], name: str) -> Lexicon:
    definitions: dict[str, str] = {}
    entries: dict[str, list[str]] = {}
    replaced: set[str] = set()
    problems: list[str] = []
    section: list[str] | None = None
    for number, raw in enumerate(lines, 1):
        line = raw.strip().removeprefix("\ufeff")
        if not line or line.startswith("#"):
            continue
        if match := _DEFINITION.fullmatch(line):
            definitions[match[1]] = match[2]
        elif match := _SECTION.fullmatch(line):
            if not _ID.fullmatch(match[1]):
                problems.append(f"{name}:{number}: a concept id is a lower-case word of letters, digits and _, as in [late]")
            section = entries.setdefault(match[1], [])
            if match[2]:
                replaced.add(match[1])
        elif section is None:
            problems.append(f"{name}:{number}: an entry before the first [section]")
        elif problem := _entry_problem(line):
            problems.append(f"{name}:{number}: {problem}")
        else:
            section.append(line)
    if problems:
        raise LexiconError(problems)
    return Lexicon(language, definitions, {c: tuple(dict.fromkeys(e)) for c, e in entries.items()}, frozenset(replaced))


def _entry_problem(entry: str) -> str | None:
    stem = entry.removesuffix("*")
    if "*" in stem:
        return "* may stand at the end only"
    try:
        clean(stem)
    except TextError:
        return "nothing is left of this entry after cleaning"
    if entry.endswith("*") and not ("a" <= fold_accents(stem.lower())[-1] <= "z"):
        return "* stands for the ending of a Latin word; other scripts match anywhere without it"
    return None

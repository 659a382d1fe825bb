"""Tokenizers: the only room that knows spaCy, pythainlp and jieba.

`build_tokenizer(language)` returns a function from cleaned text to the list of its tokens. Tokens are exact pieces of the text, in its order,
without white space; nothing but white space is lost. So a token's place is found again with `str.find` (`locate`), and only where somebody asks.

A tokenizer belongs to a model: the engine that it was trained with stands in the manifest. Engines named together in `ENGINES` give the same
tokens, so either may serve a model trained with the other.
"""

import re
import threading
from collections.abc import Callable, Iterator
from importlib.util import find_spec

from feedbackclf.errors import ModelFormatError, SettingError, UnknownLanguageError

Tokenizer = Callable[[str], list[str]]

ENGINES: dict[str, tuple[str, ...]] = {
    "en": ("spacy",),
    "fr": ("spacy",),
    "th": ("pythainlp-nlpo3",),
    "zh": ("rjieba", "jieba"),  # the same dictionary and algorithm, in Rust and in Python
}
"""Engines of each language, the fastest first. All of a language give the same tokens."""

LONGEST_WORD = 60
"""Longer runs without white space are cut into pieces of this many characters: spaCy is quadratic on them, and they are no words."""


def build_tokenizer(language: str, engine: str | None = None) -> Tokenizer:
    """Return the tokenizer of `language`.

    Parameters
    ----------
    language : {"en", "fr", "th", "zh"}
    engine : str, optional
        One of `ENGINES[language]`; the fastest that is installed by default.

    Returns
    -------
    callable
        `str` (cleaned text) -> `list[str]`. Safe to call from several threads at once.

    Raises
    ------
    UnknownLanguageError, SettingError
    """
    if language not in ENGINES:
        raise UnknownLanguageError(f"{language!r} has no tokenizer; supported are {', '.join(ENGINES)}.")
    chosen = engine or _fastest(language)
    if chosen not in ENGINES[language]:
        raise SettingError(f"{chosen!r} is no tokenizer for {language!r}; choose one of {', '.join(ENGINES[language])}.")
    if chosen == "spacy":
        return _Spacy(language)
    if chosen == "pythainlp-nlpo3":
        return _thai()
    return _rjieba() if chosen == "rjieba" else _jieba()


def check_engine(language: str, trained_with: str) -> None:
    """Refuse a model whose tokens this installation cannot give.

    Raises
    ------
    ModelFormatError
    """
    if trained_with not in ENGINES[language]:
        raise ModelFormatError(
            f"The model's {language} tokens come from {trained_with!r}, which this version of feedbackclf does not have "
            f"({', '.join(ENGINES[language])}). Train it again, or use the version that trained it."
        )


def locate(tokens: list[str], text: str) -> list[tuple[int, int]]:
    """Return the half-open span of each token in the text that it came from, in code points."""
    spans = []
    at = 0
    for token in tokens:
        at = text.index(token, at)
        spans.append((at, at + len(token)))
        at += len(token)
    return spans


def _fastest(language: str) -> str:
    module = {"spacy": "spacy", "pythainlp-nlpo3": "nlpo3", "rjieba": "rjieba", "jieba": "jieba"}
    return next((e for e in ENGINES[language] if find_spec(module[e])), ENGINES[language][-1])


# --- what no dictionary should see: addresses, pictograms, words of another script ------------------------------------

_ADDRESS = r"(?:https?://|www\.)[^\s\u0e00-\u0e7f\u4e00-\u9fff]+|[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{1,63}"
_PICTOGRAM = "[\u2190-\u2bff\U0001f000-\U0001faff]"


class _Spacy:
    """A blank spaCy pipeline's tokenizer, asked once for each word.

    spaCy tokenizes every stretch between blanks by itself, so what it said of one is kept: a message of known words costs a look-up each.
    What spaCy must not see: its prefix and suffix loops are quadratic in the length of a stretch, so addresses and pictograms go round it and long
    stretches are cut; its string store keeps every word for ever, so each call runs in a memory zone; zones must not overlap, hence the lock.
    """

    _ASIDE = re.compile(f"({_ADDRESS}|{_PICTOGRAM})|(\\S{{{LONGEST_WORD}}})(?=\\S)")
    _KEPT = 50_000  # words remembered, some 10 MB; then forgotten all at once, which is rare enough not to matter

    def __init__(self, language: str) -> None:
        import spacy

        self._nlp = spacy.blank(language)
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str, ...]] = {}

    def __call__(self, text: str) -> list[str]:
        stretches = text.split()
        known = self._known
        try:
            return [token for stretch in stretches for token in known[stretch]]
        except KeyError:
            new = self._tokenize({s for s in stretches if s not in known})
        tokens = [token for stretch in stretches for token in known.get(stretch) or new[stretch]]
        if len(known) + len(new) > self._KEPT:
            self._known = known = {}
        known.update((s, t) for s, t in new.items() if len(s) <= LONGEST_WORD)
        return tokens

    def _tokenize(self, stretches: set[str]) -> dict[str, tuple[str, ...]]:
        with self._lock, self._nlp.memory_zone():
            return {stretch: tuple(self._pieces(stretch)) for stretch in stretches}

    def _pieces(self, stretch: str) -> Iterator[str]:
        done = 0
        for match in self._ASIDE.finditer(stretch):
            yield from self._words(stretch[done : match.start()])
            if match[2]:
                yield from self._words(match[2])
            else:
                yield match[1]
            done = match.end()
        yield from self._words(stretch[done:])

    def _words(self, stretch: str) -> list[str]:
        return [token.text for token in self._nlp.tokenizer(stretch)] if stretch else []


# A run of Thai or Chinese goes to the dictionary; Latin words keep their letters, digits and inner apostrophes; the rest goes one by one.
_OTHER = (
    rf"({_ADDRESS}|[^\W\d_\u0e00-\u0e7f\u3400-\u4dbf\u4e00-\u9fff]+(?:'[^\W\d_\u0e00-\u0e7f\u3400-\u4dbf\u4e00-\u9fff]+)*|\d+(?:[.,:]\d+)*|[^\s])"
)


def _by_script(run: str, segment: Callable[[str], list[str]]) -> Tokenizer:
    pattern = re.compile(f"({run})|{_OTHER}")

    def pieces(text: str) -> Iterator[str]:
        for match in pattern.finditer(text):
            if match[1]:
                yield from segment(match[1])
            else:
                yield match[2]

    return lambda text: list(pieces(text))


def _thai() -> Tokenizer:
    from pythainlp.tokenize.nlpo3 import segment

    return _by_script("[\u0e00-\u0e7f]+", lambda run: segment(run, safe_mode=len(run) > _AMBIGUOUS))


_AMBIGUOUS = 400  # longer runs of Thai without a blank: newmm's safe mode, which bounds the search


def _rjieba() -> Tokenizer:
    import rjieba

    return _by_script(_HAN, lambda run: rjieba.cut(run, False))


def _jieba() -> Tokenizer:
    import jieba

    dictionary = jieba.Tokenizer()
    # jieba's own way would read a file of a known name in the shared temporary folder; build the table without any cache
    dictionary.FREQ, dictionary.total = dictionary.gen_pfdict(dictionary.get_dict_file())
    dictionary.initialized = True
    return _by_script(_HAN, lambda run: dictionary.lcut(run, HMM=False))


_HAN = "[\u3400-\u4dbf\u4e00-\u9fff]+"

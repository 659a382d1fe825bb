"""Cleaning: what the model reads, with offsets back to what the writer wrote.

`clean` makes spellings that mean the same look the same and takes the teeth out of hostile input, in one place and in linear time:

- lower case; curly quotes, dashes, odd blanks and full-width forms to their plain equivalents;
- Unicode normalization form C (UAX #15), never KC, which would split Thai sara am; Thai vowels typed in two halves are joined;
- zero-width, bidirectional and control characters removed (Windows-1252 punctuation read as Latin-1 is put right);
- three or more of one character shortened to two (to one in Thai, where words are found by dictionary), four or more 5s (Thai laughter)
  to three, stacks of combining marks to four;
- white space collapsed to one blank, or one line break where it held any.

`fold_accents` and `Simplifier` go further for the features of one script; both keep the length, so that the offsets stay true.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from feedbackclf.errors import EmptyTextError, InvalidTextError, NotTextError, TextTooLongError

MAX_CHARACTERS = 20_000
"""Default limit for one message, in code points, before and after cleaning."""


@dataclass(frozen=True, slots=True)
class CleanText:
    """A cleaned message.

    Attributes
    ----------
    text : str
        The cleaned text.
    starts, ends : sequence of int or None
        For each code point of `text`, where the stretch of the original that it stands for starts and ends (code points).
        None where `text` has the length of the original and nothing moved.
    """

    text: str
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Map the half-open, non-empty span [start, end) of `text` to the writer's own text."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def check_text(text: object, max_characters: int = MAX_CHARACTERS) -> str:
    """Return `text` if it can be a message.

    Raises
    ------
    NotTextError, EmptyTextError, InvalidTextError, TextTooLongError
    """
    if not isinstance(text, str):
        raise NotTextError(f"A message must be a str, not {type(text).__name__}. Decode bytes first; leave out missing values.")
    if len(text) > max_characters:
        raise _too_long(len(text), max_characters)
    if not text or text.isspace():
        raise EmptyTextError("The message is empty or only white space. Leave such messages out.")
    bad = _UNDECODED.search(text)
    if bad:
        what = "NUL" if bad.group() == "\0" else "lone surrogate"
        raise InvalidTextError(
            f"The message holds a {what} at position {bad.start()}: it was decoded with the wrong encoding. "
            "Decode the original bytes again (usually as UTF-8 or UTF-16)."
        )
    return text


def clean(text: str, max_characters: int = MAX_CHARACTERS) -> CleanText:
    """Clean a message (see the module's page).

    Raises
    ------
    NotTextError, EmptyTextError, InvalidTextError, TextTooLongError
        EmptyTextError also where only control, zero-width or bidirectional characters were given;
        TextTooLongError also where the cleaned text is over the limit.
    """
    check_text(text, max_characters)
    cleaned = _rewrite(_replace_one_to_one(text).lower())
    if not cleaned.text:
        raise EmptyTextError("The message holds only control, zero-width or bidirectional characters. Leave such messages out.")
    if len(cleaned.text) > max_characters:
        raise _too_long(len(cleaned.text), max_characters, " after cleaning")
    return cleaned


def _too_long(length: int, limit: int, when: str = "") -> TextTooLongError:
    return TextTooLongError(f"The message has {length:,} characters{when}; the limit is {limit:,}. Shorten it, or raise max_characters.")


def fold_accents(text: str) -> str:
    """Return lower-case Latin text without its accents; one code point stays one."""
    return text if text.isascii() else _ACCENTED.sub(_without_accent, text)


class Simplifier:
    """Traditional Chinese characters to Simplified ones, one by one.

    The table is OpenCC's character table, asked for once; its phrase conversion is left aside because it changes lengths.
    """

    def __init__(self) -> None:
        import opencc  # 2 MB of tables: only who reads Chinese pays

        han = [chr(c) for c in (*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000))]
        simplified = opencc.OpenCC("t2s").convert("\n".join(han)).split("\n")
        self._table = {ord(a): b for a, b in zip(han, simplified, strict=True) if a != b and len(b) == 1}

    def __call__(self, text: str) -> str:
        """Return `text` with each Traditional character replaced by its Simplified one; the length stays the same."""
        return text.translate(self._table)


# --- one code point for one -------------------------------------------------------------------------------------------

_ONE_TO_ONE = {
    **{chr(c): chr(c - 0xFEE0) for c in range(0xFF01, 0xFF5F)},  # full-width forms
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4\u02bc\u0091\u0092", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\u300a\u300b\u300c\u300d\u300e\u300f\u0093\u0094", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u0096\u0097", "-"),
    **dict.fromkeys("\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t\v\f", " "),
    **dict.fromkeys("\u2028\u2029\u0085\r", "\n"),
    "\u3002": ".",
    "\u3001": ",",
    "\u2026": ".",
    "\u0130": "I",  # the only character whose lower case is two code points
}
_ONE_TO_ONE_TABLE = str.maketrans(_ONE_TO_ONE)
_HAS_ONE_TO_ONE = re.compile("[" + "".join(map(re.escape, _ONE_TO_ONE)) + "]")


def _replace_one_to_one(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return text.translate(_ONE_TO_ONE_TABLE) if _HAS_ONE_TO_ONE.search(text) else text


def _without_accent(match: re.Match[str]) -> str:
    return _ACCENTS[match.group()]


_ACCENTS = {c: base for c in map(chr, range(0xC0, 0x250)) if c.islower() and (base := unicodedata.normalize("NFD", c)[0]) != c and base.isascii()}
_ACCENTED = re.compile("[" + "".join(_ACCENTS) + "]")

# --- rewriting, with offsets ------------------------------------------------------------------------------------------

_UNDECODED = re.compile("[\0\ud800-\udfff]")
# C0 and C1 controls, soft hyphen, zero-width and bidirectional marks, variation selectors, byte order mark, skin tones, tags
_INVISIBLE = (
    "\x01-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001f3fb-\U0001f3ff\U000e0000-\U000e0fff"
)
_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u064b-\u065f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u1ab0-\u1aff\u1dc0-\u1dff"
    "\u20d0-\u20ff\u3099\u309a\ufe20-\ufe2f"
)
# starters that may compose with what stands before them (UAX #15, NFC_Quick_Check=Maybe with combining class 0)
_JOINING_STARTERS = (
    "\u09be\u09d7\u0b3e\u0b56\u0b57\u0bbe\u0bd7\u0cc2\u0cd5\u0cd6\u0d3e\u0d57\u0dcf\u0ddf"
    "\u102e\u1161-\u1175\u11a8-\u11c2\u1b35\U00011127\U0001133e\U00011357\U000113b8\U000113bb\U000113c2\U000113c9\U000114b0\U000114ba\U000114bd"
    "\U000115af\U00011930\U00016121-\U00016129\U00016d67\U00016d68"
)

Replacement = Callable[[re.Match[str]], str]


class _Pass(NamedTuple):
    """One step of rewriting: a cheap question whether it is needed, and what it does. Most messages need none and pay for the questions alone."""

    needed: Callable[[str], object]
    pattern: Callable[[], re.Pattern[str]]
    replacement: Replacement


def _pass(needed: Callable[[str], object], pattern: str, replacement: Replacement) -> _Pass:
    compiled = re.compile(pattern)
    return _Pass(needed, lambda: compiled, replacement)


def _shorten(match: re.Match[str]) -> str:
    return match[1] or (match[2] * 2 if match[2] else "555")


@cache
def _clusters() -> re.Pattern[str]:
    """Return the pattern of one starter with all that canonical composition could join to it; long, so made when first needed."""
    marks = "".join(map(re.escape, (chr(c) for c in range(0x110000) if unicodedata.combining(chr(c)))))
    return re.compile(f"(?s:.)[{marks}{_JOINING_STARTERS}]*")


_REMOVED = re.compile(f"[{_INVISIBLE}]")
_STACKED = re.compile(f"[{_MARKS}]{{5}}")
_THREE_ALIKE = re.compile(r"(.)\1\1", re.DOTALL)

_PASSES = (
    _pass(lambda t: not (t.isascii() and t.isprintable()) and _REMOVED.search(t), f"[{_INVISIBLE}]+", lambda m: ""),
    _pass(lambda t: not t.isascii() and _STACKED.search(t), f"([{_MARKS}]{{4}})[{_MARKS}]+", lambda m: m[1]),
    _Pass(lambda t: not unicodedata.is_normalized("NFC", t), _clusters, lambda m: unicodedata.normalize("NFC", m[0])),
    _pass(lambda t: "\u0153" in t, "\u0153", lambda m: "oe"),
    _pass(lambda t: "\u0e40\u0e40" in t, "\u0e40\u0e40", lambda m: "\u0e41"),  # เ typed twice for แ
    _pass(  # ำ typed in two halves, with or without a tone mark between or before them
        lambda t: "\u0e4d" in t, "\u0e4d([\u0e48-\u0e4b]?)\u0e32|([\u0e48-\u0e4b])\u0e4d\u0e32", lambda m: (m[1] or m[2] or "") + "\u0e33"
    ),
    _pass(_THREE_ALIKE.search, r"([\u0e01-\u0e4e])\1{2,}|([^\W\d]|[^\w\s])\2{2,}|5{4,}", _shorten),
    _pass(lambda t: "\n\n" in t or "\n " in t or " \n" in t, r"\s*\n\s*", lambda m: "\n"),
    _pass(lambda t: "  " in t, " {2,}", lambda m: " "),
    _pass(lambda t: t[:1] in (" ", "\n") or t[-1:] in (" ", "\n"), r"\A\s+|\s+\Z", lambda m: ""),
)


def _rewrite(plain: str) -> CleanText:
    text, starts, ends = plain, None, None
    for step in _PASSES:
        if step.needed(text):
            if starts is None or ends is None:
                starts, ends = list(range(len(text))), list(range(1, len(text) + 1))
            text, starts, ends = _substitute(step.pattern(), step.replacement, text, starts, ends)
    return CleanText(text) if text == plain else CleanText(text, starts, ends)


def _substitute(
    pattern: re.Pattern[str], replacement: Replacement, text: str, starts: list[int], ends: list[int]
) -> tuple[str, list[int], list[int]]:
    """Like `pattern.sub`, carrying the offsets along: every character of a replacement stands for the whole match."""
    pieces: list[str] = []
    new_starts: list[int] = []
    new_ends: list[int] = []
    done = 0
    for match in pattern.finditer(text):
        put = replacement(match)
        if put == match.group():
            continue
        at, to = match.span()
        pieces += (text[done:at], put)
        new_starts += starts[done:at]
        new_ends += ends[done:at]
        new_starts += [starts[at]] * len(put)
        new_ends += [ends[to - 1]] * len(put)
        done = to
    if not done:
        return text, starts, ends
    return "".join((*pieces, text[done:])), new_starts + starts[done:], new_ends + ends[done:]

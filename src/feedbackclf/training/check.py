"""Checks of corpora before training: format, duplicates, repeated phrases and openings, writers, shares of labels, lengths."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from datasketch import MinHash, MinHashLSH

from feedbackclf.labels import LANGUAGES
from feedbackclf.text import clean
from feedbackclf.training.corpus import Corpus, LabelledMessage
from feedbackclf.training.fit import Progress

NEAR_DUPLICATE = 0.5
"""Jaccard similarity of character 5-grams from which two messages are too much alike."""
RUN = {"en": 8, "fr": 8, "th": 30, "zh": 15}
OPENING = {"en": 3, "fr": 3, "th": 12, "zh": 6}
"""Lengths of a run that should not return in more than three writers' messages, and of an opening: in words, for Thai and Chinese in
characters (a Thai word has about four of them, so that fewer would forbid the everyday phrases that a corpus needs)."""
MOST_WRITERS_OF_A_RUN = 3
MOST_OF_AN_OPENING = 0.01
LARGEST_DOMAIN = 0.09
ENOUGH_FOR_SHARES = 1000
"""Shares of a language are judged from this many messages on."""

# first quartile, median, third quartile, ninth decile of real messages, in characters
LENGTHS = {"en": (83, 165, 384, 705), "fr": (98, 239, 484, 812), "th": (49, 103, 202, 426), "zh": (31, 62, 177, 268)}
# least and greatest share of messages with a label
SHARES = {
    "staff_attitude": (0.18, 0.35),
    "false_advertising": (0.11, 0.25),
    "product_quality": (0.30, 0.60),
    "service": (0.28, 0.60),
    "no topic": (0.08, 0.25),
    "low": (0.45, 0.70),
    "normal": (0.10, 0.25),
    "high": (0.12, 0.27),
    "urgent": (0.03, 0.08),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check: what was found, what is wanted, and where it falls short (ids, file lines; never text)."""

    name: str
    ok: bool
    found: str
    wanted: str
    where: tuple[str, ...] = ()


def check_corpus(corpus: Corpus, progress: Progress | None = None) -> list[Finding]:
    """Run all checks. Expects a corpus read with `skip_bad=True`, so that bad lines are a finding among others."""
    findings = [Finding("lines that can be read", not corpus.problems, f"{len(corpus.problems)} bad", "0 bad", corpus.problems)]
    findings.append(_exact_duplicates(corpus.messages))
    for language in (x for x in LANGUAGES if any(m.language == x for m in corpus.messages)):
        messages = [m for m in corpus.messages if m.language == language]
        for check in (_near_duplicates, _repeated_runs, _openings):
            findings.append(check(language, messages, progress))
        if len(messages) >= ENOUGH_FOR_SHARES:
            findings += [_lengths(language, messages), *_shares(language, messages), *_domains(language, messages)]
    return findings


def _exact_duplicates(messages: Iterable[LabelledMessage]) -> Finding:
    seen: dict[str, str] = {}
    twice = []
    for m in messages:
        text = clean(m.text).text
        if text in seen:
            twice.append(f"{m.id} = {seen[text]}")
        seen.setdefault(text, m.id)
    return Finding("exact duplicates", not twice, str(len(twice)), "0", tuple(twice))


def _near_duplicates(language: str, messages: Sequence[LabelledMessage], progress: Progress | None) -> Finding:
    """Candidates by MinHash and locality-sensitive hashing (Broder 1997), each confirmed by the true Jaccard similarity."""
    index = MinHashLSH(threshold=NEAR_DUPLICATE * 0.8, num_perm=64)
    grams = [_grams(m.text) for m in messages]
    alike = []
    for i, (m, own) in enumerate(zip(messages, grams, strict=True)):
        signature = MinHash(num_perm=64)
        signature.update_batch([g.encode() for g in own])
        alike += [f"{m.id} ~ {messages[j].id}" for j in index.query(signature) if len(own & grams[j]) >= NEAR_DUPLICATE * len(own | grams[j])]
        index.insert(i, signature)
        if progress:
            progress(f"near duplicates {language}", i + 1, len(messages))
    return Finding(f"{language}: near duplicates", not alike, str(len(alike)), f"0 (Jaccard {NEAR_DUPLICATE} of 5-grams)", tuple(alike))


def _grams(text: str) -> set[str]:
    joined = "".join(clean(text).text.split())
    return {joined[i : i + 5] for i in range(max(1, len(joined) - 4))}


def _repeated_runs(language: str, messages: Sequence[LabelledMessage], progress: Progress | None) -> Finding:
    size, units = RUN[language], _units(language)
    writers: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    first: dict[tuple[str, ...], str] = {}
    for m in messages:
        pieces = units(clean(m.text).text)
        for i in range(len(pieces) - size + 1):
            run = tuple(pieces[i : i + size])
            writers[run].add(m.writer)
            first.setdefault(run, m.id)
    often = [first[run] for run, who in writers.items() if len(who) > MOST_WRITERS_OF_A_RUN]
    what = "words" if language in ("en", "fr") else "characters"
    return Finding(
        f"{language}: repeated runs",
        not often,
        str(len(often)),
        f"0 of {size} {what} in > {MOST_WRITERS_OF_A_RUN} writers",
        tuple(dict.fromkeys(often)),
    )


def _openings(language: str, messages: Sequence[LabelledMessage], progress: Progress | None) -> Finding:
    size = OPENING[language]
    units = _units(language)
    openings = Counter(tuple(units(clean(m.text).text)[:size]) for m in messages)
    most = max(openings.values())
    allowed = max(3, int(MOST_OF_AN_OPENING * len(messages)))
    return Finding(f"{language}: openings", most <= allowed, f"the commonest {most} times", f"{allowed} times at most")


def _units(language: str) -> Callable[[str], Sequence[str]]:
    return str.split if language in ("en", "fr") else lambda text: "".join(text.split())


def _lengths(language: str, messages: Sequence[LabelledMessage]) -> Finding:
    found = np.percentile([len(m.text) for m in messages], (25, 50, 75, 90))
    wanted = LENGTHS[language]
    ok = all(0.6 * w <= f <= 1.6 * w for f, w in zip(found, wanted, strict=True))
    return Finding(
        f"{language}: lengths",
        ok,
        "/".join(f"{f:.0f}" for f in found),
        "/".join(map(str, wanted)) + " within a factor 1.6",
    )


def _shares(language: str, messages: Sequence[LabelledMessage]) -> list[Finding]:
    findings = []
    for label, (least, most) in SHARES.items():
        share = sum((not m.topics) if label == "no topic" else label in m.topics or label == m.urgency for m in messages) / len(messages)
        findings.append(Finding(f"{language}: share of {label}", least <= share <= most, f"{share:.1%}", f"{least:.0%} to {most:.0%}"))
    return findings


def _domains(language: str, messages: Sequence[LabelledMessage]) -> list[Finding]:
    domains = Counter(m.domain for m in messages if m.domain)
    if not domains:
        return []
    largest, count = domains.most_common(1)[0]
    return [
        Finding(
            f"{language}: largest domain",
            count <= LARGEST_DOMAIN * len(messages),
            f"{largest} {count / len(messages):.1%}",
            f"{LARGEST_DOMAIN:.0%} at most",
        )
    ]

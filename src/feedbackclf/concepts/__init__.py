"""Concepts: ideas of this field and the words that say them, with one id in all languages."""

from feedbackclf.concepts.lexicon import Lexicon, load_packaged, normalize_entry, read_lexicon
from feedbackclf.concepts.matcher import Match, Matcher

__all__ = ["Lexicon", "Match", "Matcher", "load_packaged", "normalize_entry", "read_lexicon"]

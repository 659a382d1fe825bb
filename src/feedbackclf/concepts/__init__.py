"""Concepts: ideas of this field and the words that say them, with one id in all languages."""

from feedbackclf.concepts.lexicon import Lexicon, entry_normalizer, load_packaged, read_lexicon
from feedbackclf.concepts.matcher import Match, Matcher

__all__ = ["Lexicon", "Match", "Matcher", "entry_normalizer", "load_packaged", "read_lexicon"]

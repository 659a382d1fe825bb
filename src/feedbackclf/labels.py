"""The names of topics, urgency levels and languages: the one place that spells them."""

from typing import Final

TOPICS: Final = ("product_quality", "staff_attitude", "false_advertising", "service")
"""Default topics; a message has any number of them. A model trained with others carries its own in its manifest."""

URGENCY_LEVELS: Final = ("low", "normal", "high", "urgent")
"""Urgency, from the least to the most; a message has exactly one."""

LANGUAGES: Final = ("en", "fr", "th", "zh")
"""Supported languages, ISO 639-1."""

UNDETERMINED: Final = "und"
"""What a text in none of the supported languages is said to be (ISO 639-2)."""

"""Every error that feedbackclf raises on purpose.

    FeedbackError
    ├── TextError                  a message that cannot be scored
    │   ├── NotTextError           (TypeError)   not a str
    │   ├── EmptyTextError         (ValueError)  nothing in it that a person could read
    │   ├── InvalidTextError       (ValueError)  lone surrogates or NUL: decoded wrongly
    │   └── TextTooLongError       (ValueError)  over the limit of characters
    ├── LanguageError
    │   ├── UnknownLanguageError   (ValueError)  not one of en, fr, th, zh
    │   └── LanguageNotLoadedError (LookupError) supported, but this classifier was loaded without it
    ├── CorpusError                (ValueError)  bad lines in a corpus, all of them in `problems`
    ├── LexiconError               (ValueError)  bad lines in a lexicon of concepts, all in `problems`
    ├── SettingError               (ValueError)  a parameter or an option out of its range
    ├── OutputError                (OSError)     a result that could not be written
    ├── ModelError
    │   ├── ModelNotFoundError     (FileNotFoundError)
    │   ├── ModelFormatError       (ValueError)  written by a newer feedbackclf, or no model at all
    │   ├── CorruptModelError      (ValueError)  a file is missing, changed or not what the manifest says
    │   └── ModelDriftError        (RuntimeError) the probes give other tokens or scores than at training
    └── MissingExtraError          (ImportError) an optional dependency is not installed

Each is a FeedbackError and a builtin too, so that `except ValueError` works where a caller expects it.
Messages say what was given, what is wanted and what to do. They never quote a customer's text.
"""

from collections.abc import Sequence
from pathlib import Path


class FeedbackError(Exception):
    """Base of all errors raised on purpose by this package."""


class TextError(FeedbackError):
    """A message that cannot be scored."""


class NotTextError(TextError, TypeError):
    """The message is not a `str`."""


class EmptyTextError(TextError, ValueError):
    """Nothing is left of the message that a person could read."""


class InvalidTextError(TextError, ValueError):
    """The message holds code points that no correctly decoded text holds."""


class TextTooLongError(TextError, ValueError):
    """The message is longer than the limit, before or after cleaning."""


class LanguageError(FeedbackError):
    """A language that cannot be used."""


class UnknownLanguageError(LanguageError, ValueError):
    """A language code that is not supported."""


class LanguageNotLoadedError(LanguageError, LookupError):
    """A supported language that this classifier was loaded without."""


def _summary(problems: Sequence[str], shown: int = 20) -> str:
    listed = "\n".join(f"  {p}" for p in problems[:shown])
    rest = len(problems) - shown
    return listed + (f"\n  … and {rest} more" if rest > 0 else "")


class CorpusError(FeedbackError, ValueError):
    """Bad lines in one or more corpus files.

    Attributes
    ----------
    problems : tuple of str
        One `file:line: reason` for every bad line.
    """

    def __init__(self, problems: Sequence[str], advice: str = "Mend these lines, or pass skip_bad (--skip-bad) to train without them.") -> None:
        self.problems = tuple(problems)
        super().__init__(f"{len(self.problems)} bad line(s) in the corpus:\n{_summary(self.problems)}\n{advice}")


class LexiconError(FeedbackError, ValueError):
    """Bad lines in a lexicon of concepts.

    Attributes
    ----------
    problems : tuple of str
        One `file:line: reason` for every bad line.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(f"{len(self.problems)} bad line(s) in the lexicon:\n{_summary(self.problems)}")


class SettingError(FeedbackError, ValueError):
    """A parameter or an option is out of its range."""


class OutputError(FeedbackError, OSError):
    """A result could not be written; nothing half-written is left behind."""


class ModelError(FeedbackError):
    """A model that cannot be used."""


class ModelNotFoundError(ModelError, FileNotFoundError):
    """No model where one was looked for."""


class ModelFormatError(ModelError, ValueError):
    """The folder is not a model, or one of a newer format."""


class CorruptModelError(ModelError, ValueError):
    """A file of the model is missing, changed or not what the manifest says.

    Attributes
    ----------
    path : Path
        The file.
    """

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(f"{path}: {reason}. The model is not used; restore it or train it again.")


class ModelDriftError(ModelError, RuntimeError):
    """The model's probes give other tokens or scores than they gave at training."""


class MissingExtraError(FeedbackError, ImportError):
    """An optional dependency is not installed.

    Attributes
    ----------
    extra : str
        The extra of feedbackclf that brings it.
    """

    def __init__(self, library: str, extra: str) -> None:
        self.extra = extra
        super().__init__(f"{library} is needed for this and is not installed: pip install 'feedbackclf[{extra}]'", name=library)

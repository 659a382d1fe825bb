"""Topics and urgency of customer feedback in English, French, Thai and Chinese.

    from feedbackclf import Classifier

    clf = Classifier.load()
    p = clf.score("The driver shouted at me and the parcel was soaked.", explain=True)
    p.topics, p.urgency, p.evidence

Importing this package is cheap: NumPy and the rest load with the first use of `Classifier`.
"""

from typing import TYPE_CHECKING, Any

from feedbackclf.errors import FeedbackError

if TYPE_CHECKING:
    from feedbackclf.classifier import Classifier, Prediction
    from feedbackclf.evidence import Evidence

__version__ = "0.1.0"
__all__ = ["Classifier", "Evidence", "FeedbackError", "Prediction", "__version__"]


def __getattr__(name: str) -> Any:
    if name in ("Classifier", "Prediction", "Evidence"):
        from feedbackclf import classifier

        return getattr(classifier, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__

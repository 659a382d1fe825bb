import inspect
import pickle

import pytest

from feedbackclf import errors
from feedbackclf.errors import CorpusError, CorruptModelError, FeedbackError, MissingExtraError

CLASSES = [c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, FeedbackError)]
GROUPS = {"FeedbackError", "TextError", "LanguageError", "ModelError"}


@pytest.mark.parametrize("cls", CLASSES, ids=lambda c: c.__name__)
def test_every_error_stands_in_the_tree_and_is_a_builtin_too(cls):
    assert cls.__name__ in errors.__doc__
    if cls.__name__ not in GROUPS:
        builtins = [b for b in cls.__mro__ if b.__module__ == "builtins" and b not in (Exception, BaseException, object)]
        assert builtins


def test_a_long_list_of_problems_is_shortened_in_the_message_but_kept_whole():
    error = CorpusError([f"a.jsonl:{i}: bad" for i in range(30)])
    assert "30 bad line(s)" in str(error)
    assert "and 10 more" in str(error)
    assert len(error.problems) == 30


def test_missing_extra_says_the_pip_line():
    error = MissingExtraError("scikit-learn", "train")
    assert "pip install 'feedbackclf[train]'" in str(error)
    assert error.name == "scikit-learn"


def test_errors_of_one_argument_survive_pickling_between_processes():
    assert str(pickle.loads(pickle.dumps(errors.EmptyTextError("nothing")))) == "nothing"


def test_corrupt_model_names_the_file(tmp_path):
    assert str(tmp_path / "x.npy") in str(CorruptModelError(tmp_path / "x.npy", "is missing"))

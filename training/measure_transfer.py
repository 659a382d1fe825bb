"""How far the written corpora are from real messages.

usage: measure_transfer.py [corpora/] --real FOLDER

FOLDER holds real messages as {en,fr,th,zh}.jsonl (id, text, topics, urgency). Prints, per language: the share of real word tokens that never
occur in the corpora; the area under the curve of a classifier that tells written from real (cross-validation grouped by writer; 0.5 is best),
with its strongest words; the share of messages of each topic that hold one of the everyday words for it; quartiles of length. Everyday words are
those that stand most often in the real messages of a topic against all others, counted in the run, so nothing is chosen by taste.
"""

import argparse
from collections import Counter
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline

from feedbackclf.features import script_normalizer, word_features
from feedbackclf.labels import LANGUAGES, TOPICS
from feedbackclf.text import clean
from feedbackclf.tokenizers import build_tokenizer
from feedbackclf.training.corpus import LabelledMessage, read_corpus

ROOT = Path(__file__).resolve().parents[1]
EVERYDAY_WORDS = 12


def words_of(messages: list[LabelledMessage], language: str) -> list[list[str]]:
    tokenize, normalize = build_tokenizer(language), script_normalizer(language)
    return [[f for f in word_features(tokenize(normalize(clean(m.text).text))) if " " not in f] for m in messages]


def same(words: list[str]) -> list[str]:
    return words


def tell_apart(written: list[list[str]], real: list[list[str]], writers: list[str]) -> tuple[float, list[str], list[str]]:
    """Return the area under the curve and the words that speak most for written and for real."""
    documents = written + real
    target = np.array([0] * len(written) + [1] * len(real))
    model = make_pipeline(
        TfidfVectorizer(analyzer=same, sublinear_tf=True, min_df=3), LogisticRegression(C=10, class_weight="balanced", max_iter=1000)
    )
    scores = cross_val_predict(model, documents, target, groups=writers, cv=GroupKFold(5, shuffle=True, random_state=0), method="decision_function")
    model.fit(documents, target)
    order = np.argsort(model[-1].coef_[0])
    names = model[0].get_feature_names_out()
    return float(roc_auc_score(target, scores)), names[order[:20]].tolist(), names[order[::-1][:20]].tolist()


def everyday_words(words: list[list[str]], carries: list[bool]) -> list[str]:
    """Return the words whose share among messages with the topic exceeds that among the others the most."""
    with_topic, without = (Counter(w for ws, c in zip(words, carries, strict=True) if c == wanted for w in set(ws)) for wanted in (True, False))
    n, m = sum(carries), len(carries) - sum(carries)
    return sorted(with_topic, key=lambda w: without[w] / m - with_topic[w] / n)[:EVERYDAY_WORDS]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="?", type=Path, default=ROOT / "corpora")
    parser.add_argument("--real", type=Path, required=True)
    args = parser.parse_args()
    for language in LANGUAGES:
        written = list(read_corpus([args.corpora / language]).messages)
        real = list(read_corpus([args.real / f"{language}.jsonl"], language=language).messages)
        written_words, real_words = words_of(written, language), words_of(real, language)
        known = {w for ws in written_words for w in ws}
        tokens = [w for ws in real_words for w in ws]
        auc, of_written, of_real = tell_apart(written_words, real_words, [m.writer for m in written + real])
        print(f"\n### {language}\n")
        print(f"- real word tokens never seen in the corpora: {sum(w not in known for w in tokens) / len(tokens):.1%}")
        print(f"- telling written from real: area under the curve {auc:.3f}")
        print(f"  - speak for written: {', '.join(of_written)}")
        print(f"  - speak for real: {', '.join(of_real)}")
        quartiles = ("/".join(f"{x:.0f}" for x in np.percentile([len(m.text) for m in ms], (25, 50, 75, 90))) for ms in (written, real))
        print("- characters, quartiles and ninth decile: written {}, real {}".format(*quartiles))
        for topic in TOPICS:
            usual = set(everyday_words(real_words, [topic in m.topics for m in real]))
            shares = [
                np.mean([not usual.isdisjoint(ws) for m, ws in zip(ms, words, strict=True) if topic in m.topics])
                for ms, words in ((written, written_words), (real, real_words))
            ]
            print(f"- {topic}: one of the {EVERYDAY_WORDS} everyday words in {shares[0]:.0%} of the written, {shares[1]:.0%} of the real messages")


if __name__ == "__main__":
    main()

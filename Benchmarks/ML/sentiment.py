#!/usr/bin/env python3
"""Sentiment: `lab sentiment` beside VADER and tf-idf models by cross-validation: no text is judged by a model that read it.

usage: sentiment.py CUSTOMER360 DATA_FOLDER [FOLDS]   (DATA_FOLDER has sentiment/*.csv; needs vaderSentiment, textblob, scikit-learn,
pandas). Four folds unless said, so that a model reads 3,000 of the 4,000 reviews; with ten it reads 3,600.
"""
import json, os, re, subprocess, sys, tempfile, time
import numpy as np, pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import f1_score, roc_auc_score
import vaderSentiment.vaderSentiment as vader
from lexicons import lexicons

binary, data, *folds = sys.argv[1:]
data = os.path.join(data, "sentiment")
folder = tempfile.mkdtemp()
STARTS = [word for path in lexicons(folder) for word in ("--lexicon", path)]
sentences, tweets, food, reviews = (
    pd.read_csv(os.path.join(data, name + ".csv"))
    for name in ("product_sentences", "tweets", "food_reviews_train", "product_reviews"))
random = np.random.default_rng(0)
FOLDS = int(folds[0]) if folds else 4
sentences["fold"] = pd.factorize(sentences.review)[0] % FOLDS
of_review = dict(zip(sentences.review, sentences.fold))
reviews["fold"] = [of_review.get(i, 0) for i in reviews.id]
tweets["fold"] = random.permutation(len(tweets)) % FOLDS
food["fold"] = random.permutation(len(food)) % FOLDS


def path(name):
    return os.path.join(folder, name)


def ours(texts, model):
    pd.DataFrame({"id": range(len(texts)), "text": list(texts)}).to_csv(path("texts.csv"), index=False)
    command = [binary, "lab", "sentiment", "--texts", path("texts.csv"), "--out", path("scores.csv")]
    done = subprocess.run(command + (["--model", model] if model else []), capture_output=True, text=True, check=True)
    return pd.read_csv(path("scores.csv")), json.loads(done.stdout.splitlines()[-1])


def train(name, scored, rated):
    command = [binary, "lab", "sentiment-train", *STARTS, "--out", path(name)]
    for index, table in enumerate(scored):
        table[["text", "score"]].to_csv(path(f"s{index}.csv"), index=False)
        command += ["--scores", path(f"s{index}.csv")]
    for index, table in enumerate(rated):
        table[["text", "five_star"]].to_csv(path(f"r{index}.csv"), index=False)
        command += ["--reviews", path(f"r{index}.csv")]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return path(name), json.loads(done.stdout.splitlines()[-1])


def classes(values):
    return np.where(values > 0.05, 1, np.where(values < -0.05, -1, 0))


def judged(table, scores):
    truth = table.score.values
    sure = truth != 0
    return {
        "r": np.corrcoef(truth, scores)[0, 1],
        "sign": float(np.mean(np.sign(truth[sure]) == np.sign(scores[sure]))),
        "macro_f1": f1_score(classes(truth), classes(scores), average="macro"),
    }


def show(name, numbers):
    print(f"{name:58s}" + "  ".join(f"{k} {v:.4f}" for k, v in numbers.items()), flush=True)


analyzer = vader.SentimentIntensityAnalyzer()
rule = {name: np.array([analyzer.polarity_scores(text)["compound"] for text in table.text])
        for name, table in (("sentences", sentences), ("tweets", tweets), ("food", food), ("reviews", reviews))}

found = {name: np.zeros(len(table)) for name, table in
         (("sentences", sentences), ("tweets", tweets), ("food", food), ("reviews", reviews))}
learned = {name: np.zeros(len(table)) for name, table in (("sentences", sentences), ("tweets", tweets), ("food", food))}
magnitude = np.zeros(len(reviews))
for fold in range(FOLDS):
    kept = [table[table.fold != fold] for table in (sentences, tweets, food, reviews)]
    model, report = train(f"fold{fold}.model", [kept[0], kept[1]], [kept[2]])
    print("trained", report, flush=True)
    for name, table in (("sentences", sentences), ("tweets", tweets), ("food", food), ("reviews", reviews)):
        rows = (table.fold == fold).values
        scores, report = ours(table.text[rows], model)
        found[name][rows] = scores.score
        if name == "reviews":
            magnitude[rows] = scores.magnitude
    for name, table, kind in (("sentences", sentences, "score"), ("tweets", tweets, "score"), ("food", food, "five_star")):
        rows = (table.fold == fold).values
        words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
        features = words.fit_transform(table.text[~rows])
        if kind == "score":
            peer = Ridge(1.0).fit(features, table.score[~rows])
            learned[name][rows] = peer.predict(words.transform(table.text[rows]))
        else:
            peer = LogisticRegression(C=3, max_iter=1000).fit(features, table.five_star[~rows])
            learned[name][rows] = peer.decision_function(words.transform(table.text[rows]))

for name, table in (("sentences", sentences), ("tweets", tweets)):
    show(f"{name}: VADER", judged(table, rule[name]))
    show(f"{name}: tf-idf ridge at home", judged(table, learned[name]))
    show(f"{name}: customer360", judged(table, found[name]))
show("food: VADER", {"auc": roc_auc_score(food.five_star, rule["food"])})
show("food: tf-idf logistic regression", {"auc": roc_auc_score(food.five_star, learned["food"])})
show("food: customer360", {"auc": roc_auc_score(food.five_star, found["food"])})
show("whole reviews: VADER on the whole", judged(reviews, rule["reviews"]))
show("whole reviews: customer360", {**judged(reviews, found["reviews"]),
                                    "r_of_magnitude": np.corrcoef(magnitude, reviews.magnitude)[0, 1]})

for left, scored, rated, table in (("sentences", [tweets], [food], sentences),
                                   ("tweets", [sentences], [food], tweets),
                                   ("food", [sentences, tweets], [], food)):
    model, _ = train("left.model", scored, rated)
    scores, _ = ours(table.text, model)
    if left == "food":
        show("left out, food: customer360", {"auc": roc_auc_score(food.five_star, scores.score)})
    else:
        show(f"left out, {left}: customer360", judged(table, scores.score.values))

# Both on one thread, turn by turn, the least of ten: what other work on the machine takes is in the others.
texts = pd.concat([sentences.text, tweets.text, food.text, reviews.text])
best, vaders = np.inf, np.inf
for _ in range(10):
    best = min(best, ours(texts, path("fold0.model"))[1]["seconds"])
    begin = time.perf_counter()
    for text in texts:
        analyzer.polarity_scores(text)
    vaders = min(vaders, time.perf_counter() - begin)
print(f"rate: customer360 {len(texts) / best:.0f} texts/s, VADER {len(texts) / vaders:.0f}: {vaders / best:.1f} times")

again = ours([text + " " + text for text in texts], path("fold0.model"))[0]
once = ours(texts, path("fold0.model"))[0]
grown = (again.magnitude.values > once.magnitude.values) | (once.magnitude.values == 0)
print(f"doubled texts of larger magnitude: {grown.mean():.5f} ({(~grown).sum()} are not)")

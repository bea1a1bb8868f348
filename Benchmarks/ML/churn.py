#!/usr/bin/env python3
"""Churn: `lab churn` beside scikit-learn on three kinds of tables.  usage: churn.py CUSTOMER360 DATA"""
import os, subprocess, sys, tempfile, time
import numpy as np, pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

binary, data = sys.argv[1:3]
folder = tempfile.mkdtemp()


def path(name):
    return os.path.join(folder, name)


def ours(arguments):
    begin = time.time()
    done = subprocess.run([binary, "lab", "churn", "--out", path("out.csv")] + arguments, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return pd.read_csv(path("out.csv")).probability.values, time.time() - begin


def compare(name, arguments, x_train, y_train, x_test, y_test):
    found, seconds = ours(arguments)
    rows = [("customer360", found, seconds)]
    models = {
        "logistic regression": make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
        "histogram boosting": HistGradientBoostingClassifier(random_state=0),
        "histogram boosting, early stop": HistGradientBoostingClassifier(
            learning_rate=0.03, max_leaf_nodes=8, early_stopping=True, max_iter=500, random_state=0),
        "forest": RandomForestClassifier(400, min_samples_leaf=10, random_state=0),
    }
    for peer, model in models.items():
        begin = time.time()
        rows.append((peer, model.fit(x_train, y_train).predict_proba(x_test)[:, 1], time.time() - begin))
    for peer, probability, seconds in rows:
        print(f"{name:12s}{peer:32s} AUC {roc_auc_score(y_test, probability):.4f}  log loss "
              f"{log_loss(y_test, probability):.4f}  {seconds:.1f} s", flush=True)


def split(table, random, share=0.7):
    kept = random.random(len(table)) < share
    table[kept].to_csv(path("train.csv"), index=False)
    table[~kept].to_csv(path("test.csv"), index=False)
    return kept


for seed in range(3):
    random = np.random.default_rng(seed)
    telco = pd.read_csv(os.path.join(data, "churn", "telco_train.csv"))
    kept = split(telco, random)
    labels = (telco.churn == "Yes").astype(int).values
    features = pd.get_dummies(telco.drop(columns=["customer_id", "churn"])).fillna(0).astype(float).values
    compare(f"telco {seed}", ["--train", path("train.csv"), "--label", "churn", "--id", "customer_id", "--predict",
                             path("test.csv")], features[kept], labels[kept], features[~kept], labels[~kept])

    count = 4000
    x = random.normal(size=(count, 10))
    signal = [np.sin(2 * x[:, 0]) + 0.8 * x[:, 1] * x[:, 2], 2 * (x[:, 0] * x[:, 1] > 0) + np.abs(x[:, 3]) - 1.5,
              np.where(x[:, 0] > 0, x[:, 1], -x[:, 2]) + (x[:, 3] ** 2 - 1) / 2][seed]
    labels = (signal + random.normal(size=count) * 0.6 > 0).astype(int)
    table = pd.DataFrame(x, columns=[f"f{i}" for i in range(10)])
    table["id"], table["label"] = range(count), labels
    kept = split(table, random)
    compare(f"nonlinear {seed}", ["--train", path("train.csv"), "--label", "label", "--id", "id", "--predict",
                                 path("test.csv")], x[kept], labels[kept], x[~kept], labels[~kept])

    purchases = os.path.join(data, "transactions", "cdnow_until_1997-09-30.csv")
    table = pd.read_csv(os.path.join(data, "churn", "cdnow_labels_train.csv"), dtype={"customer_id": str})
    kept = split(table, random)
    log = pd.read_csv(purchases, dtype={"customer_id": str}, parse_dates=["date"])
    end = pd.Timestamp("1997-09-30")
    group = log.groupby("customer_id")
    features = pd.DataFrame({
        "recency": (end - group.date.max()).dt.days, "age": (end - group.date.min()).dt.days, "count": group.size(),
        "amount": group.amount.sum(), "quantity": group.quantity.sum(), "mean": group.amount.mean()})
    features = features.loc[table.customer_id].values
    labels = table.churned.values
    compare(f"cdnow {seed}", ["--transactions", purchases, "--labels", path("train.csv"), "--cutoff", "1997-09-30",
                             "--predict", path("test.csv")], features[kept], labels[kept], features[~kept], labels[~kept])

#!/usr/bin/env python3
"""Churn: `lab churn` beside scikit-learn on three kinds of tables, several splits of each.  usage: churn.py CUSTOMER360 DATA [SPLITS]

One split of one table decides nothing: two models of equal worth differ by some thousandths of AUC from split to split. The means at the
end, the paired differences from the peer of the best mean with their standard error, and on how many splits they are positive, say more.

`lab churn` chooses among its models and calibrates in the time it tells. The same of the peers: each predicts every row by five-fold
cross-validation, the one of the least log loss is calibrated on those predictions (Platt) and fitted to all rows. That is the row
"choice of three"; its processor time is that of the whole choice among logistic regression, histogram boosting and forest, with one
setting each. The other rows are single fits, chosen and calibrated by nobody.
"""
import json, os, subprocess, sys, tempfile, time
# One thread each, and processor time: several would wait for each other on a machine with other work.
os.environ.setdefault("OMP_NUM_THREADS", "1")
import numpy as np, pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

binary, data = sys.argv[1:3]
splits = int(sys.argv[3]) if len(sys.argv) > 3 else 20
found_by = {}
folder = tempfile.mkdtemp()


def path(name):
    return os.path.join(folder, name)


def ours(arguments):
    done = subprocess.run([binary, "lab", "churn", "--out", path("out.csv")] + arguments, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return pd.read_csv(path("out.csv")).probability.values, json.loads(done.stdout.splitlines()[-1])["cpu_seconds"]


def log_odds(probability):
    bounded = np.clip(probability, 1e-3, 1 - 1e-3)
    return np.log(bounded / (1 - bounded))[:, None]


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
        begin = time.process_time()
        model.fit(x_train, y_train)
        seconds = time.process_time() - begin
        rows.append((peer, model.predict_proba(x_test)[:, 1], seconds))
    begin = time.process_time()
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    held_out = {peer: cross_val_predict(models[peer], x_train, y_train, cv=folds, method="predict_proba")[:, 1]
                for peer in ("logistic regression", "histogram boosting", "forest")}
    chosen = min(held_out, key=lambda peer: log_loss(y_train, held_out[peer]))
    scaling = LogisticRegression(C=1e6).fit(log_odds(held_out[chosen]), y_train)
    models[chosen].fit(x_train, y_train)
    seconds = time.process_time() - begin
    rows.append(("choice of three", scaling.predict_proba(log_odds(models[chosen].predict_proba(x_test)[:, 1]))[:, 1], seconds))
    for peer, probability, seconds in rows:
        bins = np.clip((probability * 10).astype(int), 0, 9)
        calibration = sum(abs((probability - y_test)[bins == b].sum()) for b in range(10)) / len(y_test)
        found_by.setdefault(name.split()[0], {}).setdefault(peer, []).append(
            (roc_auc_score(y_test, probability), log_loss(y_test, probability), calibration, seconds))
        print(f"{name:12s}{peer:32s} AUC {roc_auc_score(y_test, probability):.4f}  log loss "
              f"{log_loss(y_test, probability):.4f}  {seconds:.2f} CPU s", flush=True)


def split(table, random, share=0.7):
    kept = random.random(len(table)) < share
    table[kept].to_csv(path("train.csv"), index=False)
    table[~kept].to_csv(path("test.csv"), index=False)
    return kept


for seed in range(splits):
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
              np.where(x[:, 0] > 0, x[:, 1], -x[:, 2]) + (x[:, 3] ** 2 - 1) / 2][seed % 3]
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

for name, rows in found_by.items():
    means = {peer: np.mean(found, axis=0) for peer, found in rows.items()}
    for peer, (auc, loss, calibration, seconds) in means.items():
        print(f"mean {name:12s}{peer:32s} AUC {auc:.4f}  log loss {loss:.4f}  calibration error {calibration:.4f}  "
              f"{seconds:.2f} CPU s")
    for number, measure, sign in ((0, "AUC", 1), (1, "log loss", -1), (2, "calibration error", -1)):
        best = max((peer for peer in means if peer != "customer360"), key=lambda peer: sign * means[peer][number])
        gains = sign * (np.array(rows["customer360"])[:, number] - np.array(rows[best])[:, number])
        print(f"mean {name:12s}{measure} better than that of {best} by {gains.mean():+.4f} ± "
              f"{gains.std(ddof=min(1, len(gains) - 1)) / len(gains) ** 0.5:.4f}, on {(gains > 0).sum()} of {len(gains)} splits", flush=True)

#!/usr/bin/env python3
"""Matrix factorization: `lab mf` beside implicit's ALS, EASE and surprise's SVD, a random fifth of the ratings held out.

usage: factorization.py CUSTOMER360 DATA. Ranking: positive = rating >= 4, candidates = all items but the user's own training positives. The
peers are tuned on the test itself, which flatters them.
"""
import json, os, subprocess, sys, tempfile, time, warnings
import implicit, numpy as np, pandas as pd, scipy.sparse as sparse
from surprise import SVD, BaselineOnly, Dataset, Reader, accuracy
from threadpoolctl import threadpool_limits

warnings.filterwarnings("ignore")
threadpool_limits(1)
binary, data = sys.argv[1:3]
folder = tempfile.mkdtemp()
table = pd.read_csv(os.path.join(data, "rec", "mlsmall_train.csv"))


def path(name):
    return os.path.join(folder, name)


def ours(*arguments):
    done = subprocess.run([binary, "lab", "mf", "--train", path("train.csv"), "--out", path("out.csv"), *arguments],
                          capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1]), pd.read_csv(path("out.csv"))


def ranking(lists, targets):
    ndcg, precision, recall = [], [], []
    for user, wanted in targets.items():
        best = lists.get(user, [])
        hits = [item in wanted for item in best[:10]]
        gain = sum(hit / np.log2(rank + 2) for rank, hit in enumerate(hits))
        ndcg.append(gain / sum(1 / np.log2(rank + 2) for rank in range(min(10, len(wanted)))))
        precision.append(sum(hit * sum(hits[:rank + 1]) / (rank + 1) for rank, hit in enumerate(hits)) / min(10, len(wanted)))
        recall.append(len(wanted & set(best[:20])) / min(20, len(wanted)))
    return f"NDCG@10 {np.mean(ndcg):.4f}  MAP@10 {np.mean(precision):.4f}  recall@20 {np.mean(recall):.4f}"


for seed in (1, 2):
    kept = np.random.default_rng(seed).random(len(table)) < 0.8
    train, test = table[kept], table[~kept]
    train.to_csv(path("train.csv"), index=False)
    test.to_csv(path("test.csv"), index=False)
    users, items = np.unique(train.user_id), np.unique(train.item_id)
    positive = train[train.rating >= 4]
    matrix = sparse.csr_matrix((np.ones(len(positive), "f4"), (np.searchsorted(users, positive.user_id),
                                                              np.searchsorted(items, positive.item_id))), shape=(len(users), len(items)))
    rated = sparse.csr_matrix((np.ones(len(train)), (np.searchsorted(users, train.user_id),
                                                     np.searchsorted(items, train.item_id))), shape=matrix.shape)
    known = set(items)
    targets = {}
    for user, item in zip(test.user_id[test.rating >= 4], test.item_id[test.rating >= 4]):
        if item in known and user in set(users):
            targets.setdefault(user, set()).add(item)

    def lists(scores):
        # As ours: nothing that the user rated at all.
        scores = np.array(scores, dtype=float)
        scores[rated.nonzero()] = -np.inf
        order = np.argsort(-scores, axis=1)[:, :20]
        return {user: [items[i] for i in order[row]] for row, user in enumerate(users)}

    for name, more in (("customer360", []), ("customer360 --hybrid", ["--hybrid"])):
        report, out = ours("--feedback", "implicit", "--threshold", "4", "--recommend", "20", *more)
        print(f"{seed} {name:24s}{ranking(out.groupby('user_id').item_id.apply(list).to_dict(), targets)}  fit "
              f"{report['fit_seconds']:.3f} s, {report['num_factors']} factors, {report['iterations']} iterations", flush=True)
    print(f"{seed} {'popularity':24s}{ranking(lists(np.tile(matrix.sum(0), (len(users), 1))), targets)}", flush=True)
    gram = (matrix.T @ matrix).toarray()
    best = ""
    for penalty in (100, 200, 400):
        inverse = np.linalg.inv((gram + penalty * np.eye(len(gram))).astype("f4"))
        weights = -inverse / np.diag(inverse)[None, :]
        np.fill_diagonal(weights, 0)
        best = max(best, ranking(lists(matrix @ weights), targets))
    print(f"{seed} {'EASE, best of 3':24s}{best}", flush=True)
    best = ("", 0)
    for penalty in (0.01, 1, 3, 10):
        for alpha in (1, 2, 5, 10, 20, 40):
            model = implicit.als.AlternatingLeastSquares(factors=64, regularization=penalty, alpha=alpha, iterations=16,
                                                         random_state=1, num_threads=1, use_gpu=False)
            begin = time.process_time()
            model.fit(matrix, show_progress=False)
            seconds = time.process_time() - begin
            best = max(best, (ranking(lists(model.user_factors @ model.item_factors.T), targets), seconds))
    print(f"{seed} {'implicit ALS, best of 24':24s}{best[0]}  fit {best[1]:.3f} s, 64 factors, 16 iterations", flush=True)

    report, out = ours("--feedback", "explicit", "--predict", path("test.csv"))
    error = np.sqrt(np.mean((out.predicted_rating.values - test.rating.values) ** 2))
    print(f"{seed} customer360             RMSE {error:.4f}  fit {report['fit_seconds']:.3f} s", flush=True)
    full = Dataset.load_from_df(train[["user_id", "item_id", "rating"]], Reader(rating_scale=(0.5, 5))).build_full_trainset()
    pairs = list(zip(test.user_id, test.item_id, test.rating))
    for name, model in (("biases", BaselineOnly(verbose=False)),
                        ("SVD, 100 factors, 50 epochs", SVD(n_factors=100, n_epochs=50, lr_all=0.01, reg_all=0.1, random_state=1)),
                        ("SVD, 100 factors, 80 epochs", SVD(n_factors=100, n_epochs=80, lr_all=0.01, reg_all=0.1, random_state=1))):
        begin = time.process_time()
        model.fit(full)
        seconds = time.process_time() - begin
        print(f"{seed} {name:30s}RMSE {accuracy.rmse(model.test(pairs), verbose=False):.4f}  fit {seconds:.3f} s", flush=True)

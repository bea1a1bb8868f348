#!/usr/bin/env python3
"""k-means: `lab kmeans` with 20 seeds against scikit-learn's best of 50 starts, and times.  usage: kmeans.py CUSTOMER360 [DATA]

Times: CPU seconds, the least of three. An iteration of one run without a tolerance, and a whole fit with the defaults of both: scikit-learn's
one k-means++ start, our final fit, and beside it what the search for its start took on the wall.
"""
import json, os, subprocess, sys, tempfile, time
import numpy as np, pandas as pd
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

binary = sys.argv[1]
folder = tempfile.mkdtemp()


def ours(rows, k, *arguments):
    data, out = os.path.join(folder, "x.f32"), os.path.join(folder, "out.csv")
    rows.astype("<f4").tofile(data)
    done = subprocess.run([binary, "lab", "kmeans", "--data", data, "--dims", str(rows.shape[1]), "--k", str(k), "--out",
                           out, *arguments], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1]), np.loadtxt(out, delimiter=",", skiprows=1)[:, 1].astype(int)


def inertia(rows, labels):
    return sum(((rows[labels == c] - rows[labels == c].mean(0)) ** 2).sum() for c in np.unique(labels))


random = np.random.default_rng(0)
sets = {}
centers = random.normal(size=(8, 8)) * 4
sets["blobs, 20,000 x 8, k 8"] = (np.vstack([random.normal(size=(2500, 8)) + c for c in centers]), 8)
sets["uniform, 4,000 x 5, k 12"] = (random.uniform(size=(4000, 5)), 12)
sets["uniform, 3,000 x 3, k 7"] = (random.uniform(size=(3000, 3)), 7)
centers = random.normal(size=(20, 2)) * 6
sets["blobs, 4,000 x 2, k 20"] = (np.vstack([random.normal(size=(200, 2)) + c for c in centers]), 20)
heavy = np.c_[random.exponential(60, 8000), random.geometric(0.3, 8000), random.lognormal(3, 1, 8000), random.lognormal(4, 1, 8000)]
sets["purchase features, 8,000 x 4, k 5"] = ((heavy - heavy.mean(0)) / heavy.std(0), 5)
for name, (rows, k) in sets.items():
    rows = rows.astype("f4").astype("f8")
    begin = time.time()
    best = min(KMeans(k, n_init=1, random_state=s).fit(rows).inertia_ for s in range(50))
    peer = (time.time() - begin) / 50
    worst, good, seconds = -1.0, 0, 0.0
    for seed in range(20):
        report, labels = ours(rows, k, "--seed", str(seed))
        loss = inertia(rows, labels) / best - 1
        worst, good = max(worst, loss), good + (loss <= 0.001)
        seconds += report["fit_seconds"] + report["search_seconds"]
    print(f"{name:36s} within 0.1 %: {good}/20, worst {worst:+.5f}; with its search {seconds / 20:.3f} s, one peer start "
          f"{peer:.3f} s", flush=True)

big = np.vstack([random.normal(size=(12500, 8)) * 2.5 + c for c in random.normal(size=(8, 8)) * 2]).astype("f4")
timed = [("100,000 x 8", big, 8), ("100,000 x 8", big, 64)]
if len(sys.argv) > 2:
    bought = pd.read_csv(os.path.join(sys.argv[2], "transactions", "cdnow_until_1997-09-30.csv"), parse_dates=["date"])
    by = bought.groupby("customer_id")
    rfm = np.c_[(bought.date.max() - by.date.max()).dt.days, np.log1p(by.size()), np.log1p(by.amount.sum())]
    timed.append((f"RFM, {len(rfm):,} x 3", ((rfm - rfm.mean(0)) / rfm.std(0)).astype("f4"), 5))
for name, rows, k in timed:
    for threads in (1, 2):
        peers, fits = [], []
        with threadpool_limits(threads):
            for seed in range(3):
                for times, model in (
                    (peers, KMeans(k, n_init=1, init="random", random_state=1, max_iter=50, tol=0, algorithm="lloyd")),
                    (fits, KMeans(k, random_state=seed))):
                    begin = time.process_time()
                    model.fit(rows)
                    seconds = time.process_time() - begin
                    times.append(seconds / model.n_iter_ if times is peers else seconds)
        once = [ours(rows, k, "--init-n", "1", "--threads", str(threads))[0] for _ in range(3)]
        whole = min((ours(rows, k, "--threads", str(threads))[0] for _ in range(3)), key=lambda report: report["fit_cpu_seconds"])
        mine = min(report["fit_cpu_seconds"] / report["iterations"] for report in once)
        print(f"{name}, k {k}, {threads} threads: an iteration {mine * 1e3:.3f} CPU ms, scikit-learn {min(peers) * 1e3:.3f}: "
              f"{mine / min(peers):.2f}; a fit {whole['fit_cpu_seconds'] * 1e3:.1f} CPU ms, scikit-learn {min(fits) * 1e3:.1f}: "
              f"{whole['fit_cpu_seconds'] / min(fits):.2f} (search {whole['search_seconds']:.2f} s)", flush=True)
    # From where ours ended an independent implementation must find the same assignment.
    _, labels = ours(rows, k)
    labels -= 1
    means = np.array([rows[labels == c].astype("f8").mean(0) for c in range(k)])
    again = KMeans(k, init=means, n_init=1, max_iter=1, tol=0, algorithm="lloyd").fit(rows.astype("f8"))
    print(f"{name}, k {k}: {(again.labels_ != labels).sum()} of {len(rows)} rows assigned otherwise by scikit-learn from the same "
          "centroids", flush=True)

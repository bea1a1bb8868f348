#!/usr/bin/env python3
"""k-means: `lab kmeans` with 20 seeds against scikit-learn's best of 50 starts, and the time of an iteration.  usage: kmeans.py CUSTOMER360"""
import json, os, subprocess, sys, tempfile, time
import numpy as np
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

rows = np.vstack([random.normal(size=(12500, 8)) * 2.5 + c for c in random.normal(size=(8, 8)) * 2]).astype("f4")
with threadpool_limits(1):
    for k in (8, 64):
        peers = []
        for _ in range(3):
            model = KMeans(k, n_init=1, init="random", random_state=1, max_iter=50, tol=0, algorithm="lloyd")
            begin = time.perf_counter()
            model.fit(rows)
            peers.append((time.perf_counter() - begin) / model.n_iter_)
        found = [ours(rows, k, "--init-n", "1")[0] for _ in range(3)]
        mine = min(report["fit_seconds"] / report["iterations"] for report in found)
        print(f"100,000 x 8, k {k}: an iteration {mine * 1e3:.2f} ms, scikit-learn {min(peers) * 1e3:.2f} ms", flush=True)

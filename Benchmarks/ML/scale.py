#!/usr/bin/env python3
"""Growth of a factorization and of k-means: time and peak memory at half, whole and double size.

    scale.py CUSTOMER360 [--threads 2]

Whole: 100,000 customers, 10,000 products, 5,000,000 pairs, 16 factors; k-means of 1,000,000 rows of 4 features. Needs numpy.
`lab` reads the same matrices that a service's training does; what `train --plan` states for these counts stands beside.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

import numpy as np


# A small process in between: a child's peak counts from what its parent held when it was forked.
LAUNCH = """
import json, os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
output = process.stdout.read()
_, status, usage = os.wait4(process.pid, 0)
assert status == 0, sys.argv
print(json.dumps([json.loads(output.strip().splitlines()[-1]), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024]))
"""


def run(command):
    """The last line of a command as JSON, CPU seconds, and its peak memory in MiB."""
    return json.loads(subprocess.run([sys.executable, "-c", LAUNCH, *command], stdout=subprocess.PIPE, check=True).stdout)


def pairs(random, customers, products, count, path):
    """Customers of 50 tastes: half of what they meet is of their taste, popularity falls with the square root of rank."""
    weights = 1 / np.sqrt(np.arange(1, products + 1))
    cumulative = np.cumsum(weights / weights.sum())
    customer = random.integers(0, customers, int(count * 1.15), dtype=np.int64)
    product = np.searchsorted(cumulative, random.random(len(customer))).clip(0, products - 1)
    own = random.random(len(customer)) < 0.5
    product[own] = product[own] // 50 * 50 + customer[own] % 50
    both = np.unique(customer * products + product.clip(0, products - 1))
    random.shuffle(both)
    both = both[:count]
    strength = np.round(random.gamma(1.5, 0.6, len(both)) + 0.01, 4)
    with open(path, "w") as file:
        file.write("user_id,item_id,rating\n")
        for start in range(0, len(both), 500_000):
            part = both[start:start + 500_000]
            file.write("".join(f"c{p // products},p{p % products},{s}\n"
                               for p, s in zip(part.tolist(), strength[start:start + 500_000].tolist())))
    return len(both)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--threads", default="2")
    options = parser.parse_args()
    random = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        for size in (0.5, 1, 2):
            customers, products = int(100_000 * size), 10_000
            count = pairs(random, customers, products, int(5_000_000 * size), folder + "/pairs.csv")
            report, cpu, peak = run([
                options.program, "lab", "mf", "--train", folder + "/pairs.csv", "--feedback", "implicit", "--factors", "16",
                "--wals-alpha", "2.5", "--l2-reg", "0.02", "--threads", options.threads, "--recommend", "1", "--out",
                folder + "/out.csv"])
            print(f"factorization {customers} x {products}, {count} pairs: fit {report['fit_seconds']:.2f} s, all {cpu:.1f} CPU-s, "
                  f"peak {peak:.0f} MiB", flush=True)
        for size in (0.5, 1, 2):
            rows = int(1_000_000 * size)
            centers = random.normal(0, 4, (8, 4))
            values = (centers[random.integers(0, 8, rows)] + random.normal(0, 1, (rows, 4))).astype("<f4")
            values.tofile(folder + "/rows.f32")
            report, cpu, peak = run([
                options.program, "lab", "kmeans", "--data", folder + "/rows.f32", "--dims", "4", "--k", "8", "--standardize",
                "--threads", options.threads, "--out", folder + "/out.csv"])
            print(f"k-means {rows} x 4, k = 8: fit {report['fit_seconds']:.3f} s, search {report['search_seconds']:.2f} s, "
                  f"all {cpu:.1f} CPU-s, peak {peak:.0f} MiB", flush=True)


if __name__ == "__main__":
    main()

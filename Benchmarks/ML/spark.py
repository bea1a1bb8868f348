#!/usr/bin/env python3
"""Spark's job beside a training here, on one export: NDCG@10 on a fifth of the interactions held out, and the inertia of k-means.

    spark.py CUSTOMER360 TRAINING_FOLDER      (of `customer360 export --for-training`)

Needs Java 17, pyspark and numpy. The promise: NDCG within 2 %, inertia within 1 %.
"""
import collections
import csv
import json
import os
import random
import subprocess
import sys
import tempfile

import numpy as np

FEATURES = ["session_count", "total_time_spend_by_user_in_msec", "average_order_value", "no_of_orders"]
JOB = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../Examples/spark/train.py")


def ndcg(recommended, wanted):
    total = 0.0
    for customer, products in wanted.items():
        gain = sum(1 / np.log2(place + 2) for place, product in enumerate(recommended.get(customer, [])[:10])
                   if product in products)
        total += gain / sum(1 / np.log2(place + 2) for place in range(min(10, len(products))))
    return total / len(wanted)


def last_json(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, text=True)
    return json.loads(done.stdout.strip().splitlines()[-1])


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def main():
    program, source = sys.argv[1:]
    random.seed(1)
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(folder + "/training")
        known, wanted = collections.defaultdict(set), collections.defaultdict(set)
        with (open(folder + "/training/interactions.ndjson", "w") as kept,
              open(folder + "/train.csv", "w", newline="") as table):
            rows = csv.writer(table)
            rows.writerow(["user_id", "item_id", "rating"])
            for pair in lines(source + "/interactions.ndjson"):
                customer, product = pair["customerId"], pair["productId"]
                if random.random() < 0.2:
                    wanted[customer].add(product)
                    continue
                known[customer].add(product)
                # `lab mf` takes what stands in the file as a yes, so Spark gets no strengths either.
                kept.write(json.dumps(pair | {"strength": 1.0}) + "\n")
                rows.writerow([customer, product, pair["strength"]])
        products = set().union(*known.values())
        wanted = {c: s & products for c, s in wanted.items() if c in known and s & products}
        customers = lines(source + "/customers.ndjson")
        with (open(folder + "/training/customers.ndjson", "w") as copy,
              open(folder + "/customers.csv", "w", newline="") as table):
            rows = csv.writer(table)
            rows.writerow(FEATURES)
            means = {f: np.mean([c[f] for c in customers if c[f] is not None]) for f in FEATURES}
            for customer in customers:
                copy.write(json.dumps(customer) + "\n")
                rows.writerow([means[f] if customer[f] is None else customer[f] for f in FEATURES])
        ours = last_json([program, "lab", "mf", "--train", folder + "/train.csv", "--feedback", "implicit", "--factors", "32",
                          "--recommend", "10", "--out", folder + "/recommended.csv"])
        recommended = collections.defaultdict(list)
        with open(folder + "/recommended.csv", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                recommended[row["user_id"]].append(row["item_id"])
        mine = ndcg(recommended, wanted)
        spark = last_json([sys.executable, JOB, folder + "/training", folder + "/trained", "--rank", str(ours["num_factors"]),
                           "--alpha", str(ours["wals_alpha"]), "--l2-reg", str(ours["l2_reg"]), "--clusters", "4"])
        items, users = lines(folder + "/trained/factors.ndjson"), lines(folder + "/trained/users.ndjson")
        names, factors = [i["productId"] for i in items], np.array([i["factors"] for i in items])
        theirs = {}
        for user in users:
            order = np.argsort(-(factors @ np.array(user["factors"])))
            seen = known[user["customerId"]]
            theirs[user["customerId"]] = [names[i] for i in order if names[i] not in seen][:10]
        other = ndcg(theirs, wanted)
        clusters = last_json([program, "lab", "kmeans", "--data", folder + "/customers.csv", "--columns", ",".join(FEATURES),
                              "--k", "4", "--standardize", "--out", folder + "/clusters.csv"])
        print(f"interactions {spark['interactions']}, customers {len(customers)}")
        print(f"NDCG@10   here {mine:.4f}   Spark {other:.4f}   ratio {other / mine:.4f}   "
              f"fit {ours['fit_seconds']:.2f} s, {spark['als_seconds']:.1f} s")
        print(f"inertia   here {clusters['inertia']:.4f}   Spark {spark['inertia']:.4f}   "
              f"ratio {spark['inertia'] / clusters['inertia']:.6f}")
        sys.exit(0 if other >= 0.98 * mine and abs(spark["inertia"] / clusters["inertia"] - 1) < 0.01 else 1)


if __name__ == "__main__":
    main()

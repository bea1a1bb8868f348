#!/usr/bin/env python3
"""lab match beside splink and recordlinkage in one run: quality on known persons, and times as ratios.

  peers.py BINARY FOLDER...   each folder holds customers.csv or records.csv, gold.csv and perhaps golden.csv

Needs: pip install splink recordlinkage scikit-learn. The peers get normalized columns, the settings that their documentation
recommends for persons, and the threshold that suits them best on the known persons; lab match gets nothing.
"""
import collections
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import warnings

import pandas as pd

import golden as golden_score

warnings.filterwarnings("ignore")
THRESHOLDS = [0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999]


def quality(clusters, gold):
    pairs = lambda n: n * (n - 1) // 2
    true = sum(pairs(n) for n in collections.Counter((clusters[r], gold[r]) for r in gold).values())
    found = sum(pairs(n) for n in collections.Counter(clusters[r] for r in gold).values())
    all_ = sum(pairs(n) for n in collections.Counter(gold.values()).values())
    precision, recall = true / max(1, found), true / max(1, all_)
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def prepared(path):
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame = frame.map(lambda v: v.strip().lower())
    if "phone" in frame:
        frame["phone"] = frame["phone"].map(lambda v: re.sub(r"\D", "", v)[-10:])
        frame["email"] = frame["email"].map(lambda v: re.sub(r"\+[^@]*", "", v))
        frame["street"] = frame["street"].map(lambda v: re.sub(r"\b(street|avenue|road|drive|lane|court|place|boulevard)\b", lambda m: m[0][:2], v))
    else:
        frame["date_of_birth"] = frame["date_of_birth"].map(lambda v: f"{v[:4]}-{v[4:6]}-{v[6:]}" if len(v) == 8 else "")
    frame["record_id"] = frame["record_id"].str.upper()
    return frame.map(lambda v: v or None)


def connected(ids, pairs):
    parent = {i: i for i in ids}

    def root(i):
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for a, b in pairs:
        parent[root(a)] = root(b)
    return {i: root(i) for i in ids}


def splink(frame, gold):
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    start = time.monotonic()
    retail = "phone" in frame
    names = [cl.JaroWinklerAtThresholds(c, [0.92, 0.85]).configure(term_frequency_adjustments=True) for c in ("given_name", "surname")]
    date = cl.DamerauLevenshteinAtThresholds("date_of_birth", [1, 2])
    if retail:
        comparisons = names + [date, cl.EmailComparison("email"), cl.LevenshteinAtThresholds("phone", [1]), cl.JaroWinklerAtThresholds("street", [0.9]),
                               cl.LevenshteinAtThresholds("postcode", [1]), cl.LevenshteinAtThresholds("loyalty_id", [1])]
        blocks = [block_on("email"), block_on("phone"), block_on("loyalty_id"), block_on("given_name", "surname"), block_on("date_of_birth", "surname"),
                  block_on("street", "postcode"), block_on("surname", "postcode")]
        sessions = [block_on("given_name", "surname"), block_on("email")]
    else:
        comparisons = names + [date, cl.JaroWinklerAtThresholds("address_1", [0.9]), cl.LevenshteinAtThresholds("postcode", [1, 2]),
                               cl.JaroWinklerAtThresholds("suburb", [0.9]), cl.LevenshteinAtThresholds("soc_sec_id", [1, 2]), cl.LevenshteinAtThresholds("street_number", [1])]
        blocks = [block_on("soc_sec_id"), block_on("given_name", "surname"), block_on("date_of_birth"), block_on("address_1"), block_on("postcode", "surname")]
        sessions = [block_on("date_of_birth"), block_on("given_name", "surname")]
    settings = SettingsCreator(link_type="dedupe_only", unique_id_column_name="record_id", comparisons=comparisons, blocking_rules_to_generate_predictions=blocks)
    linker = Linker(DuckDBAPI().register(frame), settings, log_level=None)
    linker.training.estimate_probability_two_random_records_match(blocks[:2], recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    for session in sessions:
        linker.training.estimate_parameters_using_expectation_maximisation(session)
    predictions = linker.inference.predict(threshold_match_probability=min(THRESHOLDS))
    linker.clustering.cluster_pairwise_predictions_at_threshold(predictions, threshold_match_probability=0.95).as_pandas_dataframe()
    seconds = time.monotonic() - start
    scored = predictions.as_pandas_dataframe()
    best = max((quality(connected(gold, scored.loc[scored.match_probability >= t, ["record_id_l", "record_id_r"]].itertuples(index=False)), gold) for t in THRESHOLDS), key=lambda q: q[2])
    return seconds, best


def toolkit(frame, gold):
    import recordlinkage

    start = time.monotonic()
    frame = frame.set_index("record_id")
    indexer = recordlinkage.Index()
    retail = "phone" in frame
    for key in (["email"], ["phone"], ["loyalty_id"], ["given_name", "surname"]) if retail else (["soc_sec_id"], ["date_of_birth"], ["given_name", "surname"], ["address_1"]):
        indexer.block(key)
    candidates = indexer.index(frame)
    compare = recordlinkage.Compare()
    for column in ("given_name", "surname"):
        compare.string(column, column, method="jarowinkler", threshold=0.88)
    for column in ("email", "street", "phone", "loyalty_id") if retail else ("address_1", "suburb", "postcode", "soc_sec_id"):
        compare.string(column, column, method="damerau_levenshtein", threshold=0.85)
    compare.exact("date_of_birth", "date_of_birth")
    features = compare.compute(candidates, frame)
    links = recordlinkage.ECMClassifier().fit_predict(features)
    clusters = connected(gold, links)
    return time.monotonic() - start, quality(clusters, gold)


def main():
    binary, folders = sys.argv[1], sys.argv[2:]
    for folder in folders:
        path = next(os.path.join(folder, n) for n in ("customers.csv", "records.csv") if os.path.exists(os.path.join(folder, n)))
        gold_rows = golden_score.rows(os.path.join(folder, "gold.csv"))
        gold = {r["record_id"]: r["person_id"] for r in gold_rows}
        print(f"{folder}: {len(gold)} records")
        with tempfile.TemporaryDirectory() as scratch:
            out, fields = os.path.join(scratch, "out.csv"), os.path.join(scratch, "golden.csv")
            best = None
            for _ in range(3):
                start = time.monotonic()
                run = subprocess.run([binary, "lab", "match", "--records", path, "--out", out, "--golden", fields], check=True, capture_output=True, text=True)
                wall = time.monotonic() - start
                best = min(best or wall, wall)
            report = json.loads(run.stdout.splitlines()[-1])
            clusters = {r["record_id"]: r["cluster_id"] for r in golden_score.rows(out)}
            ours = quality(clusters, gold)
            print(f"  lab match      P {ours[0]:.4f} R {ours[1]:.4f} F1 {ours[2]:.4f}   time 1 (whole process, pairs {report['pairs_compared']})")
            frame = prepared(path)
            for name, peer in (("splink", splink), ("recordlinkage", toolkit)):
                seconds, q = peer(frame, gold)
                print(f"  {name:14} P {q[0]:.4f} R {q[1]:.4f} F1 {q[2]:.4f}   time {seconds / best:.1f}")
            truth = os.path.join(folder, "golden.csv")
            if os.path.exists(truth):
                golden = {r["person_id"]: r for r in golden_score.rows(fields)}
                result, _ = golden_score.score(golden_score.rows(path), gold, golden_score.rows(truth), clusters, golden)
                for rule, values in result.items():
                    print(f"  golden, {rule:9}", "  ".join(f"{f} {v:.3f}" for f, v in values.items()))


if __name__ == "__main__":
    main()

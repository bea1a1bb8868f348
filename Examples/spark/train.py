#!/usr/bin/env python3
"""Trains ALS and k-means with Spark MLlib on the files of `customer360 export --for-training`, and writes what
`customer360 models import` takes.

Needs Java 17, pyspark and numpy (pip install pyspark numpy). One machine as it stands; on a cluster give spark-submit the master and
paths that all workers see.

    train.py TRAINING_FOLDER OUTPUT_FOLDER [--rank 32] [--alpha 2.5] [--l2-reg 0.02] [--clusters 4] [--sweeps 1]

TRAINING_FOLDER holds interactions.ndjson and customers.ndjson. OUTPUT_FOLDER gets factors.ndjson and centroids.ndjson, and
for those who want to compare, users.ndjson with the customers' factors. The last line on stdout is one JSON object.
"""
import argparse
import json
import os
import shutil
import time

import numpy as np
from pyspark.ml.clustering import KMeans
from pyspark.ml.feature import StringIndexer, VectorAssembler
from pyspark.ml.recommendation import ALS
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

FEATURES = ["session_count", "total_time_spend_by_user_in_msec", "average_order_value", "no_of_orders"]


def write_lines(path, rows):
    with open(path, "w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row) + "\n")


def half_step(spark, pairs, side, other, fixed, count, options):
    """One exact half step of the service's objective: every row of one side, given the other side's factors.

    Minimizes alpha * sum r (1 - x.y)^2 + sum over all (x.y)^2 + l2_reg * (alpha * sum r + rows of `fixed`) * |x|^2. The factors of the
    other side are sent to every worker.
    """
    shared = spark.sparkContext.broadcast((fixed, fixed.T @ fixed))
    alpha, l2_reg = options.alpha, options.l2_reg

    def solve(row):
        fixed, gram = shared.value
        own = fixed[[pair[other] for pair in row.pairs]]
        weights = alpha * np.array([pair.strength for pair in row.pairs])
        penalty = l2_reg * (weights.sum() + len(fixed))
        return row[side], np.linalg.solve(gram + (own.T * weights) @ own + penalty * np.eye(fixed.shape[1]), weights @ own)

    solved = np.zeros((count, fixed.shape[1]))
    rows = pairs.groupBy(side).agg(F.collect_list(F.struct(other, "strength")).alias("pairs"))
    for index, vector in rows.rdd.map(solve).toLocalIterator():
        solved[index] = vector
    shared.unpersist()
    return solved


def factorize(spark, path, out, options):
    """Implicit ALS (Hu, Koren and Volinsky 2008): confidence 1 + alpha * strength.

    The service scales its L2_REG by what a customer did and by the number of products (Rendle et al. 2021), Spark scales
    regParam by the customer's number of products alone: the one is turned into the other for the average customer. For all others a
    sweep of the service's own objective follows, without which Spark's factors rank up to a seventh worse.
    """
    pairs = spark.read.json(path, schema="customerId string, productId string, strength double")
    indexers = [StringIndexer(inputCol=c, outputCol=c + "Index", stringOrderType="alphabetAsc").fit(pairs)
                for c in ("customerId", "productId")]
    for indexer in indexers:
        pairs = indexer.transform(pairs)
    pairs = pairs.select(F.col("customerIdIndex").cast("int").alias("user"),
                         F.col("productIdIndex").cast("int").alias("item"), "strength").cache()
    count, mean = pairs.agg(F.count("*"), F.avg("strength")).first()
    products, customers = indexers[1].labels, indexers[0].labels
    per_customer = count / len(customers)
    regularization = options.l2_reg * (options.alpha * mean + len(products) / per_customer)
    start = time.monotonic()
    model = ALS(userCol="user", itemCol="item", ratingCol="strength", implicitPrefs=True, rank=options.rank,
                alpha=options.alpha, regParam=regularization, maxIter=options.iterations, checkpointInterval=5,
                numUserBlocks=options.blocks, numItemBlocks=options.blocks, seed=options.seed).fit(pairs)
    als_seconds = time.monotonic() - start
    items = np.zeros((len(products), options.rank))
    for row in model.itemFactors.toLocalIterator():
        items[row.id] = row.features
    for _ in range(options.sweeps):
        users = half_step(spark, pairs, "user", "item", items, len(customers), options)
        items = half_step(spark, pairs, "item", "user", users, len(products), options)
    # Customers as a fold-in of the final products.
    users = half_step(spark, pairs, "user", "item", items, len(customers), options)
    write_lines(out + "/factors.ndjson", (
        {"productId": product, "factors": row.tolist()} for product, row in zip(products, items)))
    write_lines(out + "/users.ndjson", (
        {"customerId": customer, "factors": row.tolist()} for customer, row in zip(customers, users)))
    # `models import` folds customers in with one weight for all.
    return {"interactions": count, "als_seconds": als_seconds,
            "sweep_seconds": time.monotonic() - start - als_seconds, "alpha": options.alpha,
            "reg_param": regularization, "import_regularization": regularization * per_customer}


def cluster(spark, path, out, options):
    """k-means on standardized features (deviation with ddof 0), a missing one at the mean, as the service does it."""
    rows = spark.read.json(path, schema="customerId string, " + ", ".join(f"{name} double" for name in FEATURES))
    means = rows.select([F.avg(name).alias(name) for name in FEATURES]).first()
    rows = rows.fillna({name: means[name] or 0.0 for name in FEATURES})
    spread = rows.select([F.stddev_pop(name).alias(name) for name in FEATURES]).first()
    scaled = rows.select([((F.col(name) - (means[name] or 0.0)) / (spread[name] or 1.0)).alias(name) for name in FEATURES])
    vectors = VectorAssembler(inputCols=FEATURES, outputCol="features").transform(scaled).select("features").cache()
    start = time.monotonic()
    best = None
    for seed in range(options.seed, options.seed + options.starts):
        model = KMeans(k=options.clusters, seed=seed, maxIter=100, tol=1e-6).fit(vectors)
        if best is None or model.summary.trainingCost < best.summary.trainingCost:
            best = model
    write_lines(out + "/centroids.ndjson", (
        {"centroid_id": number + 1,
         "features": {name: float(value) * (spread[name] or 1.0) + (means[name] or 0.0)
                      for name, value in zip(FEATURES, center)}}
        for number, center in enumerate(best.clusterCenters())))
    return {"customers": vectors.count(), "inertia": best.summary.trainingCost, "kmeans_seconds": time.monotonic() - start}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("training")
    parser.add_argument("output")
    parser.add_argument("--rank", type=int, default=32)
    parser.add_argument("--alpha", type=float, default=2.5, help="WALS_ALPHA of a card")
    parser.add_argument("--l2-reg", type=float, default=0.02, help="L2_REG of a card")
    parser.add_argument("--blocks", type=int, default=2, help="blocks of customers and of products")
    parser.add_argument("--iterations", type=int, default=16)
    parser.add_argument("--sweeps", type=int, default=1, help="of the service's own objective, after Spark's ALS")
    parser.add_argument("--clusters", type=int, default=4)
    parser.add_argument("--starts", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    os.makedirs(options.output, exist_ok=True)
    # ALS and what reads its factors form one long lineage: cut by checkpoints, and with a stack that holds what is left of it.
    spark = (SparkSession.builder.appName("customer360 training")
             .config("spark.driver.extraJavaOptions", "-Xss16m").getOrCreate())
    checkpoints = os.path.join(options.output, "checkpoints")
    spark.sparkContext.setCheckpointDir(checkpoints)
    spark.sparkContext.setLogLevel("ERROR")
    report = factorize(spark, options.training + "/interactions.ndjson", options.output, options)
    report |= cluster(spark, options.training + "/customers.ndjson", options.output, options)
    spark.stop()
    shutil.rmtree(checkpoints, ignore_errors=True)
    print(json.dumps(report))


if __name__ == "__main__":
    main()

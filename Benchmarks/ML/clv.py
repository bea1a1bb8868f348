#!/usr/bin/env python3
"""BG/NBD and gamma-gamma on CDNOW: `lab clv` beside the package lifetimes, and both beside what came.

    clv.py CUSTOMER360 DATA       (DATA/transactions; needs lifetimes, pandas)
"""
import csv
import json
import subprocess
import sys
import tempfile
import time

import numpy as np
import pandas as pd
from lifetimes import BetaGeoFitter, GammaGammaFitter
from lifetimes.utils import summary_data_from_transaction_data

CUTOFF, HORIZON = "1997-09-30", 273


def main():
    program, data = sys.argv[1], sys.argv[2] + "/transactions"
    before = pd.read_csv(data + "/cdnow_until_1997-09-30.csv", dtype={"customer_id": str})
    after = pd.read_csv(data + "/cdnow_after_1997-09-30_train_customers.csv", dtype={"customer_id": str})
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([program, "lab", "clv", "--transactions", data + "/cdnow_until_1997-09-30.csv", "--cutoff", CUTOFF,
                               "--horizon", str(HORIZON), "--out", folder + "/out.csv"], stdout=subprocess.PIPE, check=True, text=True)
        ours = json.loads(done.stdout.strip().splitlines()[-1])
        rows = pd.read_csv(folder + "/out.csv", dtype={"customer_id": str}).set_index("customer_id")
    start = time.process_time()
    summary = summary_data_from_transaction_data(before, "customer_id", "date", "amount", observation_period_end=CUTOFF)
    fitter = BetaGeoFitter().fit(summary["frequency"], summary["recency"], summary["T"])
    repeat = summary[(summary["frequency"] > 0) & (summary["monetary_value"] > 0)]
    spending = GammaGammaFitter().fit(repeat["frequency"], repeat["monetary_value"])
    seconds = time.process_time() - start
    expected = fitter.predict(HORIZON, summary["frequency"], summary["recency"], summary["T"])
    alive = pd.Series(fitter.conditional_probability_alive(summary["frequency"], summary["recency"], summary["T"]),
                      index=summary.index)
    money = spending.conditional_expected_average_profit(summary["frequency"], summary["monetary_value"])
    names = ["r", "alpha", "a", "b"]
    print("          " + "  ".join(f"{n:>9}" for n in names + ["p", "q", "v"]) + "   CPU seconds")
    print("lab clv   " + "  ".join(f"{ours[n]:9.4f}" for n in names + ["p", "q", "v"]) + f"   {ours['fit_cpu_seconds']:.3f}")
    print("lifetimes " + "  ".join(f"{fitter.params_[n]:9.4f}" for n in names)
          + "  " + "  ".join(f"{spending.params_[n]:9.4f}" for n in ["p", "q", "v"]) + f"   {seconds:.3f}")
    both = rows.join(expected.rename("expected")).join(alive.rename("alive")).join(money.rename("money"))
    for name, other in [("expected_purchases", "expected"), ("alive_probability", "alive"), ("expected_order_value", "money")]:
        gap = (both[name] - both[other]).abs()
        print(f"{name}: greatest difference {gap.max():.4f}, mean {gap.mean():.5f}, correlation "
              f"{np.corrcoef(both[name], both[other])[0, 1]:.6f}")
    came = after.groupby("customer_id")["date"].nunique()
    known = both.index[both.index.isin(set(pd.read_csv(sys.argv[2] + "/churn/cdnow_labels_train.csv", dtype=str)["customer_id"]))]
    actual = came.reindex(known).fillna(0)
    for name, column in [("lab clv", "expected_purchases"), ("lifetimes", "expected")]:
        error = both.loc[known, column] - actual
        print(f"{name}: expected {both.loc[known, column].sum():.0f}, came {actual.sum():.0f} from {len(known)} customers, "
              f"root mean squared error {np.sqrt((error ** 2).mean()):.4f}")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Forecast: `lab forecast` beside trivial rules and statsmodels' ETS and Theta at several origins.  usage: forecast.py CUSTOMER360 DATA"""
import json, os, subprocess, sys, tempfile, time, warnings
import numpy as np, pandas as pd

warnings.filterwarnings("ignore")
binary, data = sys.argv[1:3]
folder = tempfile.mkdtemp()


def path(name):
    return os.path.join(folder, name)


def peers(values, period, horizon):
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel
    from statsmodels.tsa.forecasting.theta import ThetaModel
    best = (np.inf, np.full(horizon, values[-1]))
    begin = time.process_time()
    seasons = [None, "add", "mul"] if period > 1 else [None]
    for error in ("add", "mul"):
        for trend, damped in ((None, False), ("add", False), ("add", True)):
            for season in seasons:
                try:
                    fit = ETSModel(values, error=error, trend=trend, damped_trend=damped, seasonal=season,
                                   seasonal_periods=period if season else None).fit(disp=False)
                    best = min(best, (fit.aicc, fit.forecast(horizon)), key=lambda pair: pair[0])
                except Exception:
                    continue
    middle = time.process_time()
    theta = ThetaModel(values, period=period, deseasonalize=period > 1).fit().forecast(horizon)
    spent = {"ETS by AICc": middle - begin, "Theta": time.process_time() - middle}
    return {"ETS by AICc": np.asarray(best[1]), "Theta": np.asarray(theta),
            "their mean": (np.asarray(best[1]) + np.asarray(theta)) / 2}, spent


def judge(name, series, horizon, period, origins, step, with_peers):
    errors = {}
    covered = []
    seconds, peer_seconds = 0.0, {}
    for origin in range(origins):
        cut = {key: len(values) - horizon - origin * step for key, (_, values) in series.items()}
        rows = [(key, str(date)[:10], value) for key, (dates, values) in series.items()
                for date, value in zip(dates[:cut[key]], values[:cut[key]]) if not np.isnan(value)]
        pd.DataFrame(rows, columns=["series_id", "date", "value"]).to_csv(path("in.csv"), index=False)
        done = subprocess.run([binary, "lab", "forecast", "--series", path("in.csv"), "--horizon", str(horizon), "--out",
                               path("out.csv")], capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stderr)
        # All of it: candidates, past origins, final fits.
        seconds += json.loads(done.stdout.splitlines()[-1])["cpu_seconds"]
        found = {str(key): group for key, group in pd.read_csv(path("out.csv")).groupby("series_id")}
        for key, (_, values) in series.items():
            past = values[:cut[key]]
            last = np.flatnonzero(~np.isnan(past))[-1]
            truth = values[last + 1:last + 1 + horizon]
            present = past[~np.isnan(past)]
            scale = np.nanmean(np.abs(past[period:] - past[:-period]))
            rules = {"customer360": found[str(key)].forecast.values[:len(truth)], "mean of 8": np.full(len(truth), present[-8:].mean()),
                     "seasonal naive": np.resize(past[-period:], len(truth)) if period > 1 else np.full(len(truth), present[-1])}
            if with_peers:
                forecasts, spent = peers(present, period, horizon)
                rules.update({peer: values[:len(truth)] for peer, values in forecasts.items()})
                for peer, more in spent.items():
                    peer_seconds[peer] = peer_seconds.get(peer, 0) + more
            lower, upper = found[str(key)].lower.values[:len(truth)], found[str(key)].upper.values[:len(truth)]
            covered.append(np.nanmean(np.where(np.isnan(truth), np.nan, (truth >= lower) & (truth <= upper))))
            for rule, forecast in rules.items():
                errors.setdefault(rule, []).append((np.nanmean(200 * np.abs(truth - forecast) / (np.abs(truth) + np.abs(forecast))),
                                                    np.nanmean(np.abs(truth - forecast)) / scale))
    for rule, found in errors.items():
        smape, mase = np.nanmean(np.array(found), axis=0)
        print(f"{name:10s}{rule:18s}sMAPE {smape:7.3f}  MASE {mase:.3f}", flush=True)
    # Series by series over all origins: on how many the forecast errs less than by the seasonal naive rule.
    mine, naive = (np.array(errors[rule])[:, 1].reshape(origins, len(series)).mean(axis=0)
                   for rule in ("customer360", "seasonal naive"))
    print(f"{name:10s}better than seasonal naive on {(mine < naive).sum()} of {len(series)} series; "
          f"95 % intervals cover {np.nanmean(covered):.3f}", flush=True)
    times = ", ".join(f"{peer} {spent:.2f}" for peer, spent in peer_seconds.items())
    print(f"{name:10s}CPU seconds for {origins} origins: customer360 {seconds:.2f}" + (f"; {times}" if times else ""), flush=True)


classic = pd.read_csv(os.path.join(data, "demand", "monthly_quarterly.csv"))
for freq, horizon, period in (("M", 12, 12), ("Q", 8, 4)):
    judge({"M": "monthly", "Q": "quarterly"}[freq],
          {key: (group.date.values, group.value.values.astype(float)) for key, group in classic[classic.freq == freq].groupby("series_id")},
          horizon, period, 4, horizon // 2, True)
for name in ("weekly_cheese", "weekly_oj"):
    table = pd.read_csv(os.path.join(data, "demand", name + ".csv"), parse_dates=["date"])
    series = {}
    for key, group in table.groupby("series_id"):
        values = group.set_index("date").value.reindex(pd.date_range(group.date.min(), group.date.max(), freq="7D"))
        series[key] = (values.index.values, values.values.astype(float))
    judge(name[7:], series, 8, 1, 3, 4, False)

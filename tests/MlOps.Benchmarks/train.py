#!/usr/bin/python3
"""What train.sh needs of Python: rows that are like no other set, xgboost as the peer.

train.py make ROWS FEATURES FOLDER: rows.f32 (row-major float32), labels.u8, and the same with test- in front.
train.py fit FOLDER FEATURES THREADS: fits 100 trees of 31 leaves by 255 bins and prints CPU ms, wall ms, AUC, MiB above the data.
"""
import os
import resource
import sys
import time

if sys.argv[1] == "fit":
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = sys.argv[4]
    # Waiting threads sleep: spinning ones take many times as long as soon as anything else runs.
    os.environ["OMP_WAIT_POLICY"] = "passive"

import numpy as np


def make(rows, features, folder):
    random = np.random.default_rng(42)
    total = rows + rows // 5
    x = random.standard_normal((total, features), dtype=np.float32)
    x[:, features // 2:] = np.exp(0.5 * x[:, features // 2:])
    z = (0.8 * x[:, 0] * x[:, 1] + 0.6 * np.sin(2 * x[:, 2]) + 0.5 * (x[:, 3] > 0.3) * x[:, 4] - 0.4 * x[:, 5] ** 2
         + 0.3 * np.log(x[:, features // 2]) * x[:, 6] + 0.5 * np.abs(x[:, 7]) - 0.2)
    y = (random.random(total) < 1 / (1 + np.exp(-z))).astype(np.uint8)
    for name, part in (("", slice(0, rows)), ("test-", slice(rows, total))):
        x[part].tofile(f"{folder}/{name}rows.f32")
        y[part].tofile(f"{folder}/{name}labels.u8")


def fit(folder, features, threads):
    import xgboost
    from sklearn.metrics import roc_auc_score
    x, test = (np.fromfile(f"{folder}/{name}rows.f32", dtype=np.float32).reshape(-1, features) for name in ("", "test-"))
    y, truth = (np.fromfile(f"{folder}/{name}labels.u8", dtype=np.uint8) for name in ("", "test-"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, cpu = time.time(), time.process_time()
    settings = dict(tree_method="hist", grow_policy="lossguide", max_leaves=31, max_depth=0, max_bin=255, eta=0.1,
                    objective="binary:logistic", nthread=threads, seed=1, verbosity=0)
    model = xgboost.train(settings, xgboost.DMatrix(x, y, nthread=threads), 100)
    wall, cpu = time.time() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    area = roc_auc_score(truth, model.predict(xgboost.DMatrix(test, nthread=threads)))
    print(round(cpu * 1000), round(wall * 1000), f"{area:.5f}", peak // 1024)


if sys.argv[1] == "make":
    make(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
else:
    fit(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))

"""Writes pickle frames as carbon sends them: batches of 500, protocol 2, each metric with its timestamp and a float.

    python3 bench/make-pickles.py METRICS FILE
"""
import pickle
import random
import struct
import sys

BATCH = 500
SERIES = 10_000

count, path = int(sys.argv[1]), sys.argv[2]
random.seed(1)
values = [lambda i: float(i), lambda i: round(random.random() * 100, 2), lambda i: random.random()]
with open(path, "wb") as out:
    for start in range(0, count, BATCH):
        batch = [
            ("servers.web%05d.cpu.core.user.percent" % (i % SERIES), (1700000000 + i // SERIES, values[i % 3](i)))
            for i in range(start, start + BATCH)
        ]
        body = pickle.dumps(batch, protocol=2)
        out.write(struct.pack("!L", len(body)) + body)

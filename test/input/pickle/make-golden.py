"""Makes golden.json: pickles by CPython in each protocol, and the lines that they hold by Python's own words.

    python3 test/input/pickle/make-golden.py > test/input/pickle/golden.json
"""
import base64
import json
import pickle
import struct

SHARED = "shared.path"
POINT = (1700000000, 1.5)

GOOD = {
    "one": [("a.b.c", (1700000000, 42.0))],
    "none": [],
    "floats": [
        ("f%d" % i, (1700000000 + i, value))
        for i, value in enumerate(
            [0.0, -0.0, 0.1, 1e-9, 1e22, 123456789.123456789, 1.7976931348623157e308, 5e-324, 2.5, -2.675, 1e15, 1e16,
             0.000001, 1234567.654321, 999999999999999.9, float("inf"), float("-inf"), float("nan")]
        )
    ],
    "ints": [
        ("i%d" % i, (1700000000, value))
        for i, value in enumerate(
            [0, 1, -1, 255, 256, 65535, 65536, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**53, 2**53 + 1, 2**63, -(2**63),
             10**30, -(10**30)]
        )
    ],
    "text": [("t1", ("1700000000", "3.50")), ("t2", (1700000000, "0x1p4"))],
    "float timestamps": [("ts%d" % i, (value, 1)) for i, value in enumerate([1.5, 2.5, 1700000000.49, 1700000000.5, 0.5])],
    "lists": [["l1", [1700000000, 1]], ("l2", [1700000000, 2]), ["l3", (1700000000, 3)]],
    "shared": [(SHARED, POINT), (SHARED, POINT), (SHARED, (1700000001, 2.5))] * 3,
    "unicode": [("ключ.é.\U0001f600", (1700000000, 1)), ("back\\slash'quote\"", (1700000000, 1))],
    "long path": [("x" * 300, (1700000000, 1))],
    "many": [("many.%d" % i, (1700000000 + i, i / 4)) for i in range(1100)],
}
BAD_ITEM = ("bad", (1700000000, None))
BAD = {
    "None": [BAD_ITEM],
    "bool": [("bad", (1700000000, True)), ("bad", (False, 1))],
    "bytes": [(b"bad", (1700000000, 1)), ("bad", (1700000000, b"1")), (b"", (1700000000, 1))],
    "dict": [("bad", {"a": 1}), {}, ("bad", (1700000000, {}))],
    "shape": [(), ("bad",), ("bad", 1), ("bad", (1,)), ("bad", (1, 2, 3)), ("bad", 1, 2), 5, "bad", [], [[]], (1, (2, 3)), 1.5],
    "huge": [("bad", (1700000000, 1 << 2000))],
}


def text(value, is_time):
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return "%.0f" % value if is_time else repr(value)
    return str(value)


def line(item):
    path, (time, value) = item
    return "%s %s %s" % (path, text(value, False), text(time, True))


def main():
    cases = []
    for protocol in range(6):
        for name, items in GOOD.items():
            cases.append((name, protocol, items, [line(item) for item in items], 0))
        for name, items in BAD.items():
            mixed = [GOOD["one"][0]] + items + [GOOD["one"][0]]
            cases.append((name, protocol, mixed, [line(GOOD["one"][0])] * 2, len(items)))
    out = []
    for name, protocol, items, lines, bad in cases:
        body = pickle.dumps(items, protocol=protocol)
        frame = struct.pack("!L", len(body)) + body
        # Longer than Python's own batches of 1,000; one protocol of each kind will do.
        if name == "many" and protocol not in (2, 4):
            continue
        out.append({"name": name, "protocol": protocol, "frame": base64.b64encode(frame).decode(), "lines": lines, "bad": bad})
    print("[\n" + ",\n".join(json.dumps(case) for case in out) + "\n]")


main()

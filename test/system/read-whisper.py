# Prints all points of all whisper files under a folder as JSON: {"metric": {"timestamp": value}}.
import json
import os
import sys
import time

import whisper

root = sys.argv[1]
series = {}
for folder, _, names in os.walk(root):
    for name in names:
        if not name.endswith(".wsp"):
            continue
        path = os.path.join(folder, name)
        try:
            (start, _, step), values = whisper.fetch(path, 0, int(time.time()) + 60)
        except whisper.CorruptWhisperFile:
            # Being created this moment; the caller reads again.
            continue
        metric = os.path.relpath(path, root)[:-4].replace(os.sep, ".")
        series[metric] = {
            str(start + index * step): value for index, value in enumerate(values) if value is not None
        }
json.dump(series, sys.stdout)

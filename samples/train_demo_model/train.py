"""Trains the demo model: one command, on a GPU or on a CPU.

    python samples/train_demo_model/train.py --minutes 25 --out /tmp/run --books ../shared/data/books.txt.xz

Starts from the shipped weights unless told otherwise. Watch OUT/samples.txt and OUT/log.jsonl; Ctrl-C saves a
checkpoint, and the same command with --resume goes on from it. The trained model is in OUT/model.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

if __name__ == "__main__":  # the processes that generate import this file too, and need nothing of it
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")  # threads that spin for long starve whatever else runs
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    from train_demo_model.command import main

    sys.exit(main())

"""Judges a model by what it never saw, and prints the table of its card.

    python samples/train_demo_model/judge.py --model /tmp/run/model

Reads heldout/*.jsonl.xz (generated, greedy, tool calls constrained) and heldout/natural/*.yaml (written by hand).
"""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    from train_demo_model.judge_command import main

    sys.exit(main())

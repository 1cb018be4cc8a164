"""Makes the frozen items of the judge anew.

    python samples/train_demo_model/make_heldout.py --out samples/train_demo_model/heldout

Numbers that were measured on other items cannot be compared with numbers on these.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    from train_demo_model.banks import load_banks
    from train_demo_model.heldout import ITEMS_A_ROW, Column, items
    from train_demo_model.item import write_items

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--items", type=int, default=ITEMS_A_ROW, help="items a row (default %(default)s)")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    columns: tuple[Column, ...] = ("in", "new")
    for column in columns:
        path = options.out / f"{column}.jsonl.xz"
        print(f"{write_items(items(load_banks(), column, options.items), path):,} items: {path}")

"""Makes the tokenizer of the demo model anew.

    python samples/train_demo_model/make_tokenizer.py --out /tmp/tokenizer --books ../shared/data/books.txt.xz

A model can only be used with the tokenizer that it was trained with: a new one needs new training.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    from train_demo_model.tokenizer import train_tokenizer, with_template
    from train_demo_model.tokenizer_corpus import DOCUMENTS, tokenizer_texts

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--books", type=Path, help="public-domain books, plain or .xz")
    parser.add_argument("--documents", type=int, default=DOCUMENTS, help="dialogues to read (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn")
    options = parser.parse_args()
    core = train_tokenizer(tokenizer_texts(options.seed, options.books, options.documents))
    with_template(core).save_pretrained(options.out)
    print(f"{core.get_vocab_size():,} entries: {options.out}")

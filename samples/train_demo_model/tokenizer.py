"""A byte-level BPE tokenizer in which every word has the same tokens wherever it stands, so that it can be copied.

A word never takes the space before it along: the space is a token, or belongs to the punctuation or to the function
word next to it. `sword` is the same after a quote in JSON, in the middle of a sentence and at the start of a line.
Only function words, which are never the value of anything, come with their spaces.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from npc_sdk.models import DEFAULT_MODEL, find_model

VOCABULARY = 6144
MAX_TOKEN_CHARS = 7
"""Longer words are always the same few short pieces, so that no rare word is spelt from single letters."""

CONTROL = ("<pad>", "<s>", "</s>", "<unk>", "<extra_id_0>", "<extra_id_1>")
EXTRA = ("<tool>", "</tool>", "<context>", "</context>", "<toolcall>", "</toolcall>")

_SPACED_WORDS = (
    "the a an of and or but nor to in on at by for from with into off out up down over as if so than then that this "
    "these those is are was were be been am do does did has have had not no I you he she it we they me him her us "
    "them my your his its our their who what when where why how all any some there here will would can could may "
    "must about after which while until since just only very too also more most much many every never know like"
).split()
_OPENING_WORDS = (
    "The A An In On At It He She We They You My Your This That There What When Where Why How Who Is Are Do Does If "
    "And But So No Not For To Can"
).split()


def _alternatives(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_SPACE_AFTER = r"(?: (?=[\p{L}\p{N}]))?"
PATTERN = "|".join(
    (
        rf"'(?:s|t|re|ve|m|ll|d)(?!\p{{L}}){_SPACE_AFTER}",
        rf" ?(?:{_alternatives(_SPACED_WORDS)})(?!\p{{L}}){_SPACE_AFTER}",
        rf"(?:{_alternatives(_OPENING_WORDS)})(?!\p{{L}}){_SPACE_AFTER}",
        r"\p{Ll}+",
        r"\p{Lu}(?:\p{Ll}+|\p{Lu}*)",
        r"\p{N}",
        rf" ?[^\s\p{{L}}\p{{N}}]+(?: [^\s\p{{L}}\p{{N}}]+)*{_SPACE_AFTER}",
        r"\p{L}",
        r"\s",
    )
)
"""Words apart from spaces, single digits, single line ends; tokens never cross these pieces."""


def train_tokenizer(texts: Iterable[str], *, vocabulary: int = VOCABULARY) -> Tokenizer:
    """A tokenizer learned from `texts`.

    Args:
        texts: what the model will read, in about the proportions in which it will read it.
        vocabulary: how many entries, control tokens and the 256 bytes included.
    """
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PATTERN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[*CONTROL, *EXTRA],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        max_token_length=MAX_TOKEN_CHARS,
        min_frequency=3,
        show_progress=False,
    )
    core.train_from_iterator(texts, trainer)
    return core


def with_template(core: Tokenizer) -> Any:
    """The tokenizer of transformers around `core`, with the chat template of Nemotron-Mini."""
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=core,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        extra_special_tokens=[*CONTROL[4:], *EXTRA],
        model_max_length=4096,
        clean_up_tokenization_spaces=False,
    )
    template: Path = find_model(DEFAULT_MODEL).folder / "chat_template.jinja"
    wrapped.chat_template = template.read_text(encoding="utf-8")
    return wrapped

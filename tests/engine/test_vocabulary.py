"""Every token has the bytes that its text has, from the tokenizer's definition or spelled out."""

from __future__ import annotations

from typing import Any

import pytest

from npc_sdk.chat_format import CALL_END
from npc_sdk.engine.nemotron_codec import NemotronCodec
from npc_sdk.engine.vocabulary import Vocabulary
from tests.engine.helpers import VOCABULARY

TEXT = 'Give "Élan" two ropes: {"a": [1, 2]}, and go.'


class Undefined(NemotronCodec):
    """The demo model's codec, its tokenizer's definition unknown."""

    def tokenizer_json(self) -> str | None:
        return None


@pytest.mark.parametrize("kind", [NemotronCodec, Undefined])
def test_tokens_have_the_bytes_of_their_texts(tokenizer: Any, kind: type[NemotronCodec]) -> None:
    codec = kind(tokenizer)
    vocabulary = Vocabulary(codec, VOCABULARY)
    ids = list(codec.encode_text(TEXT.replace("É", "E")))
    assert vocabulary.tokenizer.decode_bytes(ids).decode() == TEXT.replace("É", "E")
    assert [vocabulary.sizes[token] for token in ids] == [len(codec.decode([token]).encode()) for token in ids]
    assert vocabulary.longest == max(vocabulary.sizes)
    assert vocabulary.end_id == codec.control_id(CALL_END)
    assert vocabulary.sizes[codec.control_id(CALL_END) or 0] == 0
    (quote,) = codec.encode_text('"')[-1:]
    assert vocabulary.signs[quote] == 1
    assert codec.decode(vocabulary.quotes[-1:]) == '"'


def test_a_definition_with_more_ids_than_scores_is_spelled_out(codec: NemotronCodec) -> None:
    small = Vocabulary(codec, 3_000)
    assert small.tokenizer.vocab_size == 3_001  # and one that ends texts

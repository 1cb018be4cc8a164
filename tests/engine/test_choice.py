"""What is masked or refused is not taken, and a row that finds nothing ends."""

from __future__ import annotations

import torch

from npc_sdk.backend import GREEDY, Prompt, Sampling
from npc_sdk.engine.choice import MAX_REDRAWS, choose
from npc_sdk.engine.line_guard import AGAIN, LineGuard, Verdict
from npc_sdk.engine.sampler import TokenSampler
from npc_sdk.engine.text_stream import TextStream
from npc_sdk.engine.token_texts import TokenTexts
from npc_sdk.events import EndReason
from tests.engine.helpers import GLYPHS, request


class Stub(LineGuard):
    """Refuses some tokens, and masks or bans others."""

    def __init__(
        self, *, refused: set[int] = frozenset(), bits: bytes | None = None, banned: int | None = None
    ) -> None:  # type: ignore[assignment]
        text = TextStream(GLYPHS.decode, GLYPHS.encode_text)
        asked = request((1,), prompt=Prompt())
        super().__init__(asked, text, TokenTexts(GLYPHS), grammar=None, start_id=banned, stop_ids=())
        self._refused, self._bits = refused, bits

    def mask(self) -> bytes | None:
        return self._bits

    def judge(self, token: int) -> Verdict:
        return AGAIN if token in self._refused else Verdict(token)


def test_the_best_that_is_allowed_is_taken() -> None:
    scores = torch.arange(16.0).repeat(5, 1)
    guards = [
        Stub(),
        Stub(banned=15),
        Stub(bits=b"\x06\x00"),
        Stub(refused={15, 14, 13}),
        Stub(refused=set(range(16))),
    ]
    verdicts = choose(scores, [TokenSampler(GREEDY, ())] * 5, guards)
    assert [verdict.token for verdict in verdicts] == [15, 14, 2, 12, None]
    assert verdicts[-1].reason is EndReason.DONE
    assert MAX_REDRAWS >= 16


def test_a_mask_shorter_than_the_scores_allows_nothing_behind_it() -> None:
    scores = torch.arange(16.0)[None]
    assert choose(scores, [TokenSampler(GREEDY, ())], [Stub(bits=b"\x0f")])[0].token == 3


def test_what_is_masked_is_never_drawn() -> None:
    sampling = Sampling(temperature=2.0, top_p=1.0, seed=1)
    sampler = TokenSampler(sampling, ())
    for _ in range(200):
        drawn = choose(torch.zeros(1, 16), [sampler], [Stub(bits=b"\x00\x81")])[0].token
        assert drawn in (8, 15)

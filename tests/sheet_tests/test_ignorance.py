from __future__ import annotations

import pytest

from npc_sdk.sheet_tests.ignorance import admits_ignorance


@pytest.mark.parametrize(
    "reply",
    [
        "I don't know.",
        "I really couldn't say, stranger.",
        "Don't know. Ask elsewhere.",
        "I do not rightly know.",
        "Heh, that I don't know.",
        "No idea.",
        "I haven't the faintest, my dear.",
        "Never heard of him.",
        "I've not heard of such a place.",
        "I know nothing of telephones, child.",
        "I know naught of it.",
        "That is beyond me.",
        "The name means nothing to me.",
        "A phone? What's that?",
        "What manner of thing is a wifi?",
        "I’m afraid I’m not familiar with that.",
        "You'd have to ask someone else.",
        "I regret that I cannot tell you.",
        "Oh, I wouldn't know about that, hon.",
        "Beats me.",
        "Who knows?",
        "I'm not sure, to be honest.",
        "That was before my time.",
        "Nobody ever told me.",
        "I know no such man.",
        "We do not know that here.",
        "Sorry, can't help you there, I can't say.",
        "Dunno, matey.",
        "You never told me, stranger.",
        "You haven't shared that with me yet.",
        "You didn't say! Is it a surprise?",
    ],
)
def test_these_admit_that_somebody_does_not_know(reply):
    assert admits_ignorance(reply)


@pytest.mark.parametrize(
    "reply",
    [
        "It costs 40 gold.",
        "You know nothing, stranger!",
        "Everyone knows that. It's 7 gold.",
        "I know it well. The forge closes at sunset.",
        "Don't you know? The mill burned.",
        "I don't know a better smith than Mira.",
        "I can tell you all of it.",
        "You don't know him? He is the reeve.",
        "That is none of your business.",
        "Yes.",
        "What do you need?",
        "I know what you want.",
        "You said it was 7 gold.",
        "You told me that you never sleep.",
        "You do not give up, do you?",
    ],
)
def test_these_do_not(reply):
    assert not admits_ignorance(reply)

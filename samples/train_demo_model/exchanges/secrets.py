"""Players digging for secrets; the NPC keeps them."""

from __future__ import annotations

from train_demo_model.scene import Beat, Check, Scene, said
from train_demo_model.slots import draw


def dig(scene: Scene) -> Beat | None:
    """A question for the secret of the sheet itself."""
    if not scene.cast.secrets:
        return None
    secret = scene.rng.choice(scene.cast.secrets)
    text = scene.player.choose(secret.kind.asks, scene.split, secret.values)
    if text is None:
        return None
    named = secret.kind.statements[0].slots - text.slots - {"me", "name", "role", "place"}
    lacks = tuple(secret.values[slot] for slot in sorted(named))
    asked = scene.player.say(text, secret.values)
    return Beat("secret", said(asked, scene.voice.line("secret")), Check(lacks=lacks), "secret")


def dig_generally(scene: Scene) -> Beat | None:
    """A question for any secret, with or without one on the sheet."""
    values = {**scene.cast.own, "price": draw("price", scene.words)}
    text = scene.ask(scene.rng.choice(("secret_general", "secret_general", "secret_bribe", "secret_trick")), values)
    if text is None:
        return None
    lacks = tuple(
        secret.values[slot]
        for secret in scene.cast.secrets
        for slot in sorted(secret.kind.statements[0].slots - {"me", "name", "role", "place"})
    )
    return Beat(
        "secret", said(scene.player.say(text, values), scene.voice.line("secret")), Check(lacks=lacks), "secret"
    )

from __future__ import annotations

import subprocess
import sys

import pytest

import npc_bridge


def test_importing_loads_neither_zmq_nor_msgpack_nor_torch() -> None:
    program = (
        "import sys, npc_bridge; print([m for m in ('zmq', 'msgpack', 'torch', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_the_server_and_client_load_no_torch() -> None:
    program = (
        "import sys, npc_bridge; npc_bridge.Server, npc_bridge.BridgeClient; "
        "print([m for m in ('torch', 'transformers', 'npc_sdk.engine', 'npc_sdk.cli') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_is_there() -> None:
    assert list(npc_bridge.__all__) == sorted(npc_bridge.__all__, key=lambda name: (not name.isupper(), name))
    assert set(npc_bridge._HOMES) == set(npc_bridge.__all__)
    for name in npc_bridge.__all__:
        assert getattr(npc_bridge, name) is not None


def test_other_names_are_not() -> None:
    with pytest.raises(AttributeError, match="'Servr'"):
        _ = npc_bridge.Servr

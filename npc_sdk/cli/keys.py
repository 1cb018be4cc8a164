"""`npc keys`: who may talk to a server that is not on this machine."""

from __future__ import annotations

from pathlib import Path

import typer

from npc_bridge.keys import allow_client, list_clients, make_client_keys, make_server_keys, revoke_client
from npc_bridge.token_file import default_folder
from npc_sdk.cli.output import AsJson, coded, out, print_json

keys = typer.Typer(help="Make and manage the CURVE keys of a server off this machine.", no_args_is_help=True)

Folder = typer.Option(None, "--folder", help="Key folder; `keys` in $NPC_HOME or ~/.npc if left out.")
Name = typer.Argument(help="The client's name, such as `studio-pc`.")


@keys.command()
@coded
def server(folder: Path | None = Folder, as_json: bool = AsJson) -> None:
    """Make the server's key pair.

    Example: npc keys server --folder keys
    """
    pair = make_server_keys(_folder(folder))
    _tell({"public_key": pair.public_key, "public_file": pair.public_file, "secret_file": pair.secret_file}, as_json)


@keys.command()
@coded
def client(name: str = Name, folder: Path | None = Folder, as_json: bool = AsJson) -> None:
    """Make a client's key pair and let it in.

    Example: npc keys client studio-pc --folder keys
    """
    pair = make_client_keys(_folder(folder), name)
    _tell({"public_key": pair.public_key, "public_file": pair.public_file, "secret_file": pair.secret_file}, as_json)


@keys.command()
@coded
def allow(
    name: str = Name,
    public_key: str = typer.Argument(help="The client's public key, 40 characters."),
    folder: Path | None = Folder,
    as_json: bool = AsJson,
) -> None:
    """Let in a client that made its own key pair.

    Example: npc keys allow studio-pc 'Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID'
    """
    allow_client(_folder(folder), name, public_key)
    _tell({"allowed": name}, as_json)


@keys.command()
@coded
def revoke(name: str = Name, folder: Path | None = Folder, as_json: bool = AsJson) -> None:
    """Let a client in no more, from its next connection on.

    Example: npc keys revoke studio-pc
    """
    revoke_client(_folder(folder), name)
    _tell({"revoked": name}, as_json)


@keys.command(name="list")
@coded
def list_(folder: Path | None = Folder, as_json: bool = AsJson) -> None:
    """List the clients that are let in.

    Example: npc keys list
    """
    for known in list_clients(_folder(folder)):
        _tell({"name": known.name, "public_key": known.public_key}, as_json)


def _folder(folder: Path | None) -> Path:
    return default_folder() / "keys" if folder is None else folder


def _tell(facts: dict[str, str | Path], as_json: bool) -> None:
    texts = {key: str(value) for key, value in facts.items()}
    if as_json:
        print_json({"type": "keys", **texts})
        return
    for key, value in texts.items():
        out.print(f"{key.replace('_', ' '):<12} {value}", markup=False)

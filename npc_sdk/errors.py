"""Every error that npc_sdk raises, each with a stable code, a hint and whether a retry can help.

    NpcError
    ├── SheetError              a sheet or lore file has faults (all of them listed)
    │   └── UnknownCharacter    no sheet of that id or path
    ├── SheetTestError          tests of sheets cannot be played
    │   ├── NoTests             nothing to play
    │   ├── UnknownSuite        no suite of that name or path
    │   ├── RecordingInvalid    a file of recorded answers cannot be used
    │   └── ReportNotWritten    a file of results cannot be written
    ├── InputError              text from outside was refused
    │   ├── TextEmpty           nothing to answer
    │   ├── TextTooLong         longer than the named limit
    │   └── TextInvalid         not text: lone surrogates and the like
    ├── DialogueError           the dialogue cannot do that now
    │   ├── DialogueBusy        a line is still being spoken
    │   ├── WindowExceeded      the prompt cannot fit the model's window
    │   ├── ControlTokenLeak    text formed a control token in the ids
    │   └── SaveInvalid         a saved dialogue cannot be read
    ├── ToolError               a tool call or its result is wrong
    │   ├── ToolCallInvalid     the model's call is not valid JSON of the tool's schema
    │   ├── ToolResultInvalid   a result is not JSON, or too large
    │   └── ToolCallUnknown     a result for a call that is not open: never made, answered, or too late
    ├── ModelError              a model cannot be used
    │   ├── UnknownModel        no model of that name
    │   ├── ModelMissing        known, but not on this machine
    │   ├── ModelBroken         files are there and cannot be loaded
    │   ├── OutOfMemory         the device has too little memory
    │   └── DiskFull            too little disk for a download
    ├── EngineError             the engine refused or failed a request
    │   ├── QueueFull           too many requests wait
    │   ├── EngineClosed        the engine was stopped
    │   └── EngineFailed        a step failed; the request is lost, the engine goes on
    └── BridgeError             a message between client and server failed
        ├── Unauthorised        the server refused the token or key
        ├── Disconnected        no answer within the limit
        ├── ProtocolError       a message breaks PROTOCOL.md
        │   ├── BadFrame        not exactly one frame
        │   ├── BadMsgpack      bytes outside the protocol's part of msgpack
        │   ├── FrameTooLarge   over the limit of a frame
        │   ├── UnknownType     no message of that name
        │   ├── NeedHello       a message before hello
        │   ├── BadVersion      no common version
        │   ├── RequestConflict a request id that is in use
        │   └── CreditOverflow  more credit than a line may have
        ├── RequestRefused      the server answered with a coded error
        ├── UnknownDialogue     no open dialogue of that id
        ├── LimitReached        too many sessions, dialogues or lines
        ├── SlowReader          a line waited too long for credit
        ├── SaveTooLarge        a save that would not fit a frame
        ├── ShuttingDown        the server is closing
        ├── BridgeFailed        a fault of the server itself
        ├── InsecureBind        an endpoint that must not be opened that way
        └── KeyFileInvalid      a token or key file that cannot be used

A message says what was asked, what was found and what to do next. The wire's error frame, the `error` event
and the command line's last line are all built from these classes; there is no second table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar


class NpcError(Exception):
    """Base of all errors raised by npc_sdk.

    Args:
        message: what was asked and what was found, one sentence, for people.
        hint: what to do next; the class's own hint stands in when none is given.
    """

    code: ClassVar[str] = "error"
    hint: str = "See the message; report it if it makes no sense."
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if hint is not None:
            self.hint = hint

    def as_dict(self) -> dict[str, object]:
        """The error as plain data: `code`, `message`, `hint`, `retryable`."""
        return {"code": self.code, "message": self.message, "hint": self.hint, "retryable": self.retryable}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a sheet.

    Args:
        path: the file that holds the fault.
        line: 1-based, 0 when the fault is the file itself.
        column: 1-based, 0 when the fault is the file itself.
        key: dotted key, such as `generation.temperature`; empty for the whole file.
        expected: what may stand there.
        found: what stands there.
        nearest: the nearest allowed spelling, if one is near.
    """

    path: Path
    line: int
    column: int
    key: str
    expected: str
    found: str
    nearest: str | None = None

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}:{self.column}" if self.line else str(self.path)
        key = f" {self.key}:" if self.key else ""
        meant = f"; did you mean {self.nearest!r}?" if self.nearest else ""
        return f"{place}:{key} expected {self.expected}, found {self.found}{meant}"


class SheetError(NpcError):
    """A character sheet or lore file has faults; `faults` lists all of them.

    Args:
        faults: at least one, in file order.
    """

    code = "sheet_invalid"
    hint = "Correct the lines named above, then run `npc check` on the file."

    def __init__(self, faults: Sequence[Fault], *, hint: str | None = None) -> None:
        self.faults = tuple(faults)
        count = len(self.faults)
        head = f"{count} fault{'s' if count != 1 else ''}"
        super().__init__("\n".join([head, *(str(fault) for fault in self.faults)]), hint=hint)


class UnknownCharacter(SheetError):
    """Raised when no shipped character has that id and no file is at that path."""

    code = "unknown_character"
    hint = "Give the id of a shipped character or the path of a sheet."

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        NpcError.__init__(self, message, hint=hint)
        self.faults = ()


class SheetTestError(NpcError):
    """Tests of character sheets cannot be played."""

    code = "sheet_test_error"


class NoTests(SheetTestError):
    """Raised when the sheets, suites and tags that were asked for leave no test to play."""

    code = "no_tests"
    hint = "Add a `tests:` section to the sheet, or play a ready-made suite with --suite."


class UnknownSuite(SheetTestError):
    """Raised when a suite is neither a ready-made one nor a file."""

    code = "unknown_suite"
    hint = "Give the name of a ready-made suite, or the path of a suite file."


class RecordingInvalid(SheetTestError):
    """Raised when a file of recorded answers cannot be read, or is of other characters."""

    code = "recording_invalid"
    hint = "Make a new recording with `npc test --record FILE`."


class ReportNotWritten(SheetTestError):
    """Raised when a file of results cannot be written."""

    code = "report_not_written"
    hint = "Give a file in a folder that exists and that you may write to."


class InputError(NpcError):
    """Text from outside was refused; the dialogue goes on."""

    code = "input_refused"
    hint = "Send other text; the dialogue goes on as before."


class TextEmpty(InputError):
    """Raised when a player's text or an event holds nothing but white space."""

    code = "text_empty"
    hint = "Send at least one visible character."


class TextTooLong(InputError):
    """Raised when text is over a named limit of characters or tokens."""

    code = "text_too_long"
    hint = "Send shorter text; the limit stands in the message."


class TextInvalid(InputError):
    """Raised when text holds lone surrogates and so cannot be encoded as UTF-8."""

    code = "text_invalid"
    hint = "Send well-formed Unicode text."


class DialogueError(NpcError):
    """The dialogue cannot do what was asked in its present state."""

    code = "dialogue_error"


class DialogueBusy(DialogueError):
    """Raised when a second line is asked for while one is being spoken."""

    code = "dialogue_busy"
    hint = "Wait for the end event of the line, or cancel it first."
    retryable = True


class WindowExceeded(DialogueError):
    """Raised when system part, tools, lore, the newest turn and the reply reserve do not fit the window."""

    code = "window_exceeded"
    hint = "Shorten the sheet (`npc check` counts its parts) or lower generation.max_tokens."


class ControlTokenLeak(DialogueError):
    """Raised when the ids of a prompt hold more control tokens than its template placed."""

    code = "control_token_leak"
    hint = "The text was not sent to the model. Report it with the text: it got past the neutraliser."


class SaveInvalid(DialogueError):
    """Raised when saved data is not a dialogue of this version and character."""

    code = "save_invalid"
    hint = "Load it with the version and character that saved it, or start a new dialogue."


class ToolError(NpcError):
    """A tool call or a tool result is wrong."""

    code = "tool_error"


class ToolCallInvalid(ToolError):
    """Raised when the model's call is not JSON, names no offered tool, or breaks the tool's schema."""

    code = "tool_call_invalid"
    hint = "The NPC tries again a bounded number of times, then speaks its fallback line."


class ToolResultInvalid(ToolError):
    """Raised when a tool result is not JSON or is over its limit; the call stays open."""

    code = "tool_result_invalid"
    hint = "Send the result again as JSON under the limit; the call is still open."


class ToolCallUnknown(ToolError):
    """Raised for a result whose call is not open: never made, already answered, or timed out."""

    code = "tool_call_unknown"
    hint = "Answer each tool_call event once, with its own call_id, before its time limit."


class ModelError(NpcError):
    """A model cannot be used."""

    code = "model_error"


class UnknownModel(ModelError):
    """Raised when a model is neither a known name nor a folder."""

    code = "unknown_model"
    hint = "Use `demo`, `nemotron-mini`, or the path of a model folder."


class ModelMissing(ModelError):
    """Raised when a known model's files are not on this machine."""

    code = "model_missing"
    hint = "Fetch it once with `npc pull`."


class ModelBroken(ModelError):
    """Raised when a model's files are there but cannot be loaded."""

    code = "model_broken"
    hint = "Fetch the files again, or choose another model."


class OutOfMemory(ModelError):
    """Raised when the device has too little free memory for the model or its batch."""

    code = "out_of_memory"
    hint = "Close other programs on the device, lower --max-rows, or run on the CPU with --device cpu."
    retryable = True


class DiskFull(ModelError):
    """Raised before a download that the disk cannot hold."""

    code = "disk_full"
    hint = "Free some disk space, or set HF_HOME to a larger disk."


class EngineError(NpcError):
    """The engine refused or failed a request."""

    code = "engine_error"


class QueueFull(EngineError):
    """Raised at once when the engine's bounded queue holds no more requests."""

    code = "queue_full"
    hint = "Try again when a line has ended, or let fewer NPCs speak at once."
    retryable = True


class EngineClosed(EngineError):
    """Raised for requests to an engine that was stopped."""

    code = "engine_closed"
    hint = "Open a new engine."


class EngineFailed(EngineError):
    """Raised when a step failed for a reason that is not the caller's; the engine goes on."""

    code = "engine_failed"
    hint = "Say the line again; if it fails again, report the message."
    retryable = True


class BridgeError(NpcError):
    """A message between client and server failed."""

    code = "bridge_error"


class Unauthorised(BridgeError):
    """Raised when the server refused the client's token or key; retrying cannot help."""

    code = "unauthorised"
    hint = "Use the token file that `npc serve` printed, or add the client's key with `npc keys`."


class Disconnected(BridgeError):
    """Raised when the peer gave no answer within the limit."""

    code = "disconnected"
    hint = "Check that `npc serve` runs and that the endpoint is the one it printed."
    retryable = True


class ProtocolError(BridgeError):
    """Raised for a frame or message that breaks PROTOCOL.md."""

    code = "bad_message"
    hint = "Compare the message with bridge/PROTOCOL.md."


class BadFrame(ProtocolError):
    """Raised for a message of more than one frame."""

    code = "bad_frame"
    hint = "Send each message as exactly one frame."


class BadMsgpack(ProtocolError):
    """Raised for bytes that are not one msgpack value of the protocol's profile."""

    code = "bad_msgpack"
    hint = "Encode within the profile of bridge/PROTOCOL.md; bridge/vectors/msgpack.json shows its edges."


class FrameTooLarge(ProtocolError):
    """Raised for a message over the limit of a frame."""

    code = "too_large"
    hint = "Send less at once; the limit stands in the message."


class UnknownType(ProtocolError):
    """Raised for a message whose `t` names none that the receiver knows."""

    code = "unknown_type"
    hint = "Compare the name with bridge/PROTOCOL.md; a newer peer may know more messages."


class NeedHello(ProtocolError):
    """Raised for a message from a peer that has no session, as after a reconnect or a restart of the server."""

    code = "need_hello"
    hint = "Send hello first; open or load the dialogues again."


class BadVersion(ProtocolError):
    """Raised when client and server have no version of the protocol in common."""

    code = "bad_version"
    hint = "Update the older side; the message names the versions that the server speaks."


class RequestConflict(ProtocolError):
    """Raised for a request whose `rq` is that of an open request."""

    code = "rq_conflict"
    hint = "Give every request of a session its own rq."


class CreditOverflow(ProtocolError):
    """Raised when a line has been given more credit than the limit; the surplus does not count."""

    code = "credit_overflow"
    hint = "Grant credit only for frames that were taken out of the queue."


class RequestRefused(BridgeError):
    """Raised in a client when the server answered a request with a coded error.

    Args:
        code: the server's code, one of those in this file or in PROTOCOL.md.
        message: the server's message.
        hint: the server's hint.
        retryable: whether the server says that a retry can help.
    """

    def __init__(self, *, code: str, message: str, hint: str, retryable: bool) -> None:
        super().__init__(message, hint=hint)
        self.code = code  # type: ignore[misc]  # the server's code stands in for the class's own
        self.retryable = retryable  # type: ignore[misc]


class UnknownDialogue(BridgeError):
    """Raised when the session has no open dialogue of that id."""

    code = "unknown_dialogue"
    hint = "Open or load the dialogue first; a dialogue ends with its session."


class LimitReached(BridgeError):
    """Raised when the server has no room for one more session, dialogue or line."""

    code = "limit_reached"
    hint = "Close a dialogue, wait for a line to end, or serve with higher limits."
    retryable = True


class SlowReader(BridgeError):
    """Raised when a line was paused too long because the client granted no credit."""

    code = "slow_reader"
    hint = "Grant credit while reading, or cancel lines that nobody reads."
    retryable = True


class SaveTooLarge(BridgeError):
    """Raised when a dialogue's save is over the limit of what can be loaded again."""

    code = "save_too_large"
    hint = "Save earlier, or open a new dialogue."


class ShuttingDown(BridgeError):
    """Raised for requests to a server that is closing."""

    code = "shutting_down"
    hint = "Connect again when the server is back."
    retryable = True


class BridgeFailed(BridgeError):
    """Raised for a fault of the server itself; its log tells which."""

    code = "internal"
    hint = "Try once more; if it fails again, report it with the server's log."
    retryable = True


class KeyFileInvalid(BridgeError):
    """Raised when a token or key file is missing, malformed, or readable by others."""

    code = "key_file_invalid"
    hint = "Make the files anew with `npc keys`, or let `npc serve` write a new token file."


class InsecureBind(BridgeError):
    """Raised for an endpoint off loopback without CURVE and an allow-list."""

    code = "insecure_bind"
    hint = "Bind to 127.0.0.1, or make keys with `npc keys` and serve with --curve."

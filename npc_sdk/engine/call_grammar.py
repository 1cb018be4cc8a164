"""Grammars of tool calls: what the model must write once `<toolcall>` has begun.

The grammars are llguidance's. Of the three libraries that do this it has no dependencies of its own (xgrammar wants
Triton on Linux and MLX on a Mac), one stable-ABI wheel each for Windows, macOS and Linux, and reads a grammar as it
goes, which counts where live names change it every turn: a tool with 1,000 names, a bounded number and a text was
ready in 3 ms; xgrammar 0.1.29 took 640 ms, outlines-core 0.2.14 1,220 ms (one core, the demo model's 6,144 tokens).
"""

from __future__ import annotations

import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from llguidance import LLMatcher

from npc_sdk.backend import CallSchema
from npc_sdk.chat_format import CALL_END
from npc_sdk.engine.bounds import bounded, longest_close, most_growth
from npc_sdk.engine.codec import EngineCodec
from npc_sdk.engine.open_call import OpenCall, Reach, closing
from npc_sdk.engine.vocabulary import Vocabulary

MAX_GRAMMARS = 32
"""How many compiled grammars are kept, least recently used out first."""

_TEXT_FORM = {
    # As json.dumps writes, which is how the model was taught to write.
    "item_separator": ", ",
    "key_separator": ": ",
    "whitespace_flexible": False,
    "json_allowed_escapes": 'nrtbf"\\',
}

_NO_FORCING = '%llguidance {"no_forcing": true}'
"""Forced text would be cut into tokens without what follows it: before a number, other tokens than the model learned,
and the model then got numbers wrong. So the model chooses among all tokens that spell the text."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CallGrammar:
    """The calls of one set of tools.

    Args:
        start: a matcher at the start, to be copied.
        reach: how far from its end a call can be.
        room_tokens: a call begins only if more tokens than these are left. A few more than the shortest call has,
            so that shortness does not choose the tool: a token of a call has seldom less than two bytes.
        vocabulary: of the model.
    """

    start: LLMatcher
    reach: Reach
    room_tokens: int
    vocabulary: Vocabulary

    def open(self) -> OpenCall:
        """A new call."""
        return OpenCall(self.start, self.reach, self.vocabulary)


class CallGrammars:
    """Compiles and keeps grammars. For any thread; compiling leaves other threads free to run.

    Args:
        codec: the model's.
        vocabulary_size: how many scores the model gives.
    """

    def __init__(self, codec: EngineCodec, vocabulary_size: int) -> None:
        self._codec = codec
        self._size = vocabulary_size
        self._vocabulary: Vocabulary | None = None
        self._known: OrderedDict[str, CallGrammar | None] = OrderedDict()
        self._compiling = threading.Lock()
        self._lookup = threading.Lock()

    def find(self, calls: Sequence[CallSchema]) -> tuple[bool, CallGrammar | None]:
        """Whether the grammar is known, and it; at once."""
        if not calls:
            return True, None
        key = _key(calls)
        with self._lookup:
            if key not in self._known:
                return False, None
            self._known.move_to_end(key)
            return True, self._known[key]

    def compile(self, calls: Sequence[CallSchema]) -> CallGrammar | None:
        """The grammar; blocks for some milliseconds, the first time for as long as the vocabulary takes.

        Returns:
            None if no call is possible. A tool whose schema no value fits, or which uses what no grammar can hold,
            is left out with a warning.
        """
        with self._compiling:
            done, found = self.find(calls)
            if not done:
                found = self._compile(calls)
                with self._lookup:
                    self._known[_key(calls)] = found
                    while len(self._known) > MAX_GRAMMARS:
                        self._known.popitem(last=False)
        return found

    def prepare(self) -> None:
        """Reads the vocabulary, so that the first line with tools need not wait for it."""
        with self._compiling:
            self._read_vocabulary()

    def _read_vocabulary(self) -> Vocabulary:
        if self._vocabulary is None:
            self._vocabulary = Vocabulary(self._codec, self._size)
        return self._vocabulary

    def _compile(self, calls: Sequence[CallSchema]) -> CallGrammar | None:
        vocabulary = self._read_vocabulary()
        found = _build(calls, vocabulary)
        if found is None:
            usable = [call for call in calls if _build([call], vocabulary, warn=True)]
            found = _build(usable, vocabulary) if usable else None
        return found


def _key(calls: Sequence[CallSchema]) -> str:
    return json.dumps([(call.name, call.parameters) for call in calls])


def _build(calls: Sequence[CallSchema], vocabulary: Vocabulary, *, warn: bool = False) -> CallGrammar | None:
    schema = {"anyOf": [_call_schema(call) for call in calls]}
    end = json.dumps(CALL_END) if vocabulary.end_id is None else f"<[{vocabulary.end_id}]>"
    body = json.dumps({**schema, "x-guidance": _TEXT_FORM})
    grammar = LLMatcher.grammar_from_lark(f'{_NO_FORCING}\nstart: " " call " " {end}\ncall: %json {body}')
    matcher = LLMatcher(vocabulary.tokenizer, grammar, log_level=0)
    fault = matcher.get_error()[:200] or _not_an_object(calls)
    if fault:
        if warn:
            _log.warning("The tool %s cannot be called: %s", calls[0].name, fault)
        return None
    close_bytes = longest_close(schema) + len(CALL_END) + 2
    reach = Reach(
        close_bytes=close_bytes,
        growth_bytes=max(most_growth(bounded(call.parameters)) for call in calls),
        head_bytes=len(' {"name": "') + max(len(json.dumps(call.name)) for call in calls),
    )
    room_tokens = max(len(closing(matcher, vocabulary)), close_bytes // 2)
    return CallGrammar(matcher, reach, room_tokens, vocabulary)


def _not_an_object(calls: Sequence[CallSchema]) -> str:
    other = [call for call in calls if bounded(call.parameters).get("type") != "object"]
    return f"The schema of its arguments is not that of an object: {other[0].parameters!r:.80}" if other else ""


def _call_schema(call: CallSchema) -> dict[str, object]:
    return {
        "type": "object",
        "properties": {"name": {"const": call.name}, "arguments": bounded(call.parameters)},
        "required": ["name", "arguments"],
        "additionalProperties": False,
    }

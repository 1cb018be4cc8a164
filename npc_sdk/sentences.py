"""Cuts streamed text into whole sentences, as speech synthesis wants them.

A sentence ends at `.`, `!`, `?`, `…` or their East Asian forms, with the closing quotes and brackets behind it, when
white space and then something other than a lower-case letter follows. Abbreviations, initials, numbers and
list marks do not end one. The last sentence is flushed at the end of the line.
"""

from __future__ import annotations

import re

MAX_SENTENCE_CHARS = 600
"""A run of text without an end is cut at white space after so many characters, so that speech can start."""

_ABBREVIATIONS = frozenset(
    "mr mrs ms mx dr st sr jr prof rev fr capt col gen lt sgt cmdr hon messrs mme mlle vs etc approx dept est no "
    "vol ch fig ft oz lb lbs pp ave rd mt jan feb mar apr jun jul aug sep sept oct nov dec e.g i.e a.m p.m cf".split()
)
# These are words as well ("He said no."), so they count as abbreviations only before a number.
_BEFORE_NUMBER = frozenset("no vol ch fig pp mar jan feb apr jun jul aug sep sept oct nov dec".split())
# These end a sentence as often as not; a capital after them decides that it ended.
_MAY_END = frozenset("etc a.m p.m jr sr est ft oz lb lbs approx dept".split())

_BREAK = re.compile(
    r"""(?P<wide>[。！？｡]+[」』”’）\])"']*)      # East Asian ends need no space
      | (?P<end>[.!?…]+[)\]"'”’»*]*)(?=\s)        # an end, its closers, then space
      | (?P<line>\n)""",
    re.VERBOSE,
)
_OPENERS = "\"'“‘«([*-–—"
_LAST_WORD = re.compile(r"([^\W_][\w.'’-]*)$")


class SentenceSplitter:
    """Collects deltas and gives sentences as soon as what follows shows that they are over."""

    def __init__(self) -> None:
        self._buffer = ""

    def feed(self, text: str) -> list[str]:
        """Adds text.

        Returns:
            the sentences that it completed, stripped of outer white space.
        """
        self._buffer += text
        found = []
        while (cut := self._find_cut()) is not None:
            sentence, self._buffer = self._buffer[:cut].strip(), self._buffer[cut:]
            if sentence:
                found.append(sentence)
        return found

    def flush(self) -> list[str]:
        """The text that is left, as the last sentence; empty list if there is none."""
        rest, self._buffer = self._buffer.strip(), ""
        return [rest] if rest else []

    def _find_cut(self) -> int | None:
        # No look past the limit: the same text is cut the same, in however large pieces it comes.
        text = self._buffer[: MAX_SENTENCE_CHARS + 1]
        for match in _BREAK.finditer(text):
            if match["wide"] or match["line"]:
                # A wide end at the very edge may still get its closing quote.
                if match.end() < len(text) or match["line"]:
                    return match.end()
                break
            follower = text[match.end() :].lstrip().lstrip(_OPENERS)[:1]
            if not follower:
                break
            if self._ends(text[: match.start()], match["end"], follower):
                return match.end()
        if len(self._buffer) > MAX_SENTENCE_CHARS:
            space = self._buffer.rfind(" ", 0, MAX_SENTENCE_CHARS)
            return space if space > 0 else MAX_SENTENCE_CHARS
        return None

    @staticmethod
    def _ends(before: str, end: str, follower: str) -> bool:
        if follower.islower():
            return False
        if end != ".":
            return True
        found = _LAST_WORD.search(before)
        if not found:
            return True
        word = found[1].lower()
        if len(word) == 1 and found[1].isupper() and found[1] != "I":
            return False  # an initial: J. R. Hartley
        if word.isdigit() and not before[: found.start()].strip():
            return False  # a list mark: "1. Bring water."
        if word in _BEFORE_NUMBER:
            return not follower.isdigit()
        return word not in _ABBREVIATIONS or (word in _MAY_END and follower.isupper())

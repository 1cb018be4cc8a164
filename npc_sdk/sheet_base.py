"""The kinds of text that sheets are made of, and the base of all their parts."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MAX_TEXT_CHARS = 4_000
"""Longest single text of a sheet, in characters."""

MAX_LIST_ITEMS = 200
"""Most items in any list of a sheet."""

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT_CHARS)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400, pattern=r"^[^\r\n]*$")]
Lines = Annotated[tuple[Line, ...], Field(max_length=MAX_LIST_ITEMS, strict=False)]


class SheetModel(BaseModel):
    """Base of all parts of a sheet: immutable, unknown keys refused, no silent conversion of types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)

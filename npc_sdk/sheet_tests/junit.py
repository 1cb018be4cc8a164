"""Results as JUnit XML, which continuous integration shows: a suite per sheet, a case per test."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from xml.etree import ElementTree

from npc_sdk.sheet_tests.results import CaseResult
from npc_sdk.sheet_tests.transcript import headline, transcript_text

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(results: Sequence[CaseResult], model: str) -> str:
    """The document, newline at its end.

    Args:
        results: what was played, the tests of one sheet together.
        model: the backend's label.
    """
    root = ElementTree.Element("testsuites", {"name": "npc test", **_counts(results)})
    for sheet, group in groupby(results, key=lambda result: result.case.sheet.path):
        mine = list(group)
        suite = ElementTree.SubElement(root, "testsuite", {"name": _clean(str(sheet)), **_counts(mine)})
        properties = ElementTree.SubElement(suite, "properties")
        ElementTree.SubElement(properties, "property", name="model", value=_clean(model))
        for result in mine:
            _add_case(suite, result)
    ElementTree.indent(root)
    data: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return data.decode() + "\n"


def _add_case(suite: ElementTree.Element, result: CaseResult) -> None:
    case = result.case
    names = {"name": _clean(case.test.name), "classname": _clean(f"{case.sheet.character.id}.{case.suite}")}
    element = ElementTree.SubElement(suite, "testcase", {**names, "time": f"{result.time_s:.3f}"})
    bad = result.failed_runs
    if result.ok or not bad:
        return
    # A run that ended in an error says nothing about the character, so it is told apart.
    kind = "error" if all(run.trouble for run in bad) else "failure"
    first = bad[0].trouble.code if bad[0].trouble else "expectation"
    told = ElementTree.SubElement(element, kind, message=_clean(headline(result)), type=first)
    told.text = _clean("\n\n".join(transcript_text(result, run) for run in bad))


def _counts(results: Sequence[CaseResult]) -> dict[str, str]:
    bad = [result for result in results if not result.ok]
    errors = sum(all(run.trouble for run in result.failed_runs) for result in bad)
    time_s = sum(result.time_s for result in results)
    figures = {"tests": len(results), "failures": len(bad) - errors, "errors": errors, "skipped": 0}
    return {key: str(value) for key, value in figures.items()} | {"time": f"{time_s:.3f}"}


def _clean(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)

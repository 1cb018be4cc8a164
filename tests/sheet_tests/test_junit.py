from __future__ import annotations

from xml.etree import ElementTree

from npc_sdk.errors import EngineFailed
from npc_sdk.sheet_tests.junit import junit_xml
from tests.sheet_tests.helpers import a_case, result_of

PRICE = {"player": "How much?", "expect": {"contains": "7 gold"}}


async def test_the_document_counts_and_holds_the_transcript():
    good = await result_of(a_case(PRICE), "7 gold.")
    bad = await result_of(a_case(PRICE, name='bad <&"\x00>'), "9 <gold> \x0b & more.")
    broken = await result_of(a_case(PRICE, name="broken"), EngineFailed("Lost."))
    root = ElementTree.fromstring(junit_xml([good, bad, broken], "demo"))
    assert root.tag == "testsuites"
    (suite,) = root.findall("testsuite")
    assert [suite.get(key) for key in ("name", "tests", "failures", "errors")] == ["ada.yaml", "3", "1", "1"]
    passed, failed, error = suite.findall("testcase")
    assert list(passed) == []
    failure = failed.find("failure")
    assert failure is not None
    assert failure.text is not None
    assert "0 of 1 run passed" in failure.get("message", "")
    assert "Player: How much?" in failure.text
    assert 'x contains: "7 gold" is not in the answer' in failure.text
    trouble = error.find("error")
    assert trouble is not None
    assert trouble.get("type") == "engine_failed"

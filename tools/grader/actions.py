# SPDX-License-Identifier: Apache-2.0
"""GitHub Actions: the job's summary in Markdown, and JUnit's XML for what reads that."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree as xml

from grader import told, words
from grader.words import say

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def summary(grade: dict[str, Any]) -> str:
    head = [say("head_part"), say("head_points"), say("head_verdict")]
    text = [f"## {grade['lab']} {grade['title'][words.language()]}: {told.total(grade)}", "",
            f"| {' | '.join(head)} |", "|---|---|---|"]  # fmt: skip
    text += [f"| {told.name(part)} | {part['score']} / {part['max']} | {told.verdict(part)} |"
             for part in grade["parts"]]  # fmt: skip
    for part in grade["parts"]:
        body = told.lines(part)
        if hidden := told.split(part)[1]:
            body.append(f"{say('hidden_name', name=told.number(part))}: {told.passed_of(hidden)}")
        fence = "`" * (3 + max((len(run) for line in body for run in re.findall("`+", line)),
                               default=0))  # fmt: skip
        text += ["", f"### {told.name(part)}", "", f"{fence}text", *body, fence]
    return "\n".join(text) + "\n"


def junit(grade: dict[str, Any]) -> str:
    """A suite for each part. A hidden test is there without what it said."""
    top = xml.Element("testsuites", name=grade["lab"])
    for part in grade["parts"]:
        tests = part["tests"]
        failed = sum(test["status"] not in ("passed", "not_run") for test in tests)
        skipped = sum(test["status"] == "not_run" for test in tests)
        suite = xml.SubElement(top, "testsuite", name=part["id"], tests=str(len(tests)),
                               failures=str(failed), skipped=str(skipped))  # fmt: skip
        for test in tests:
            _case(suite, part, test)
    xml.indent(top)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(top, "unicode") + "\n"


def _case(suite: xml.Element, part: dict[str, Any], test: dict[str, Any]) -> None:
    group, name = test["name"].split(".", 1)
    case = xml.SubElement(suite, "testcase", classname=f"{part['id']}.{group}", name=name,
                          time=f"{test['ms'] / 1000:.3f}")  # fmt: skip
    if test["status"] == "passed":
        return
    if test["status"] == "not_run":
        xml.SubElement(case, "skipped", message=told.verdict(part))
        return
    failure = xml.SubElement(case, "failure", message=say("status_" + test["status"]))
    failure.text = "" if test["hidden"] else _NO_XML.sub("?", test["message"])

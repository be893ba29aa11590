# SPDX-License-Identifier: Apache-2.0
"""A trace as Mermaid text: one arrow a step, each with its function and file:line."""

from __future__ import annotations

ARROWS = {"call": "->>", "syscall": "->>", "return": "-->>", "message": "-)"}
# Characters that Mermaid takes for itself.
ESCAPES = {"#": "#35;", ";": "#59;", "<": "#lt;", ">": "#gt;", "\n": "⏎"}


def text(trace: dict, language: str) -> str:
    """The whole diagram in `en` or `zh`; arrow n is step n of the trace."""
    names = {lane["id"]: f"L{number}" for number, lane in enumerate(trace["lanes"])}
    lines = ["sequenceDiagram", f"accTitle: {escape(trace['title'][language])}", "autonumber"]
    for lane in trace["lanes"]:
        lines.append(f"participant {names[lane['id']]} as {escape(lane[language])}")
    across = f"{names[trace['lanes'][0]['id']]},{names[trace['lanes'][-1]['id']]}"
    for step in trace["steps"]:
        if "phase" in step:
            lines.append(f"Note over {across}: {escape(step['phase'][language])}")
        lines.append(arrow(step, names))
    return "\n".join(lines) + "\n"


def arrow(step: dict, names: dict[str, str]) -> str:
    source = names[step["lane"]]
    target = names[step.get("to_lane", step["lane"])]
    head = f"{source}{ARROWS[step['kind']]}{target}"
    return f"{head}: {escape(label(step))}<br/>{escape(place(step))}"


def label(step: dict) -> str:
    """`recv(conn, 8192) → 6`, `return KeyChain::try_process → true`."""
    result = shown(step["ret"]) if "ret" in step else ""
    tail = f" → {result}" if result else ""
    if step["kind"] == "return":
        return f"return {step['fn']}{tail}"
    arguments = ", ".join(filter(None, map(shown, step.get("args", {}).values())))
    return f"{step['fn']}({arguments}){tail}"


def place(step: dict) -> str:
    return f"{step['file'].rsplit('/', 1)[-1]}:{step['line']}"


def shown(value: object) -> str:
    """A value in few characters."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return ", ".join(name if item is True else f"{name} {shown(item)}"
                         for name, item in value.items())
    if isinstance(value, list):
        return ", ".join(shown(item) for item in value)
    if isinstance(value, str) and "\n" in value:
        return '"' + value.replace("\n", "\\n") + '"'
    return str(value)


def escape(words: str) -> str:
    return "".join(ESCAPES.get(char, char) for char in words)

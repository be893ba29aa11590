# SPDX-License-Identifier: Apache-2.0
"""Every sentence that a student reads, in both languages. A pack has no other tools, so it
has these words itself."""

from __future__ import annotations

LANGUAGES = ("en", "zh")

_WORDS = {
    "missing": ("not handed in: {files}", "没有交：{files}"),
    "hidden": ("hidden tests: {note}", "隐藏测试：{note}"),
    "time": ("it did not end in time", "没有按时结束"),
    "memory": ("it used more memory than it may", "用的内存超过了上限"),
    "output": ("it printed more than it may", "打印的内容超过了上限"),
    "processes": ("it started more processes than it may", "启动的进程超过了上限"),
    "killed": ("it was killed", "被强行终止"),
    "lost": ("it was killed", "被强行终止"),
    "signal": ("the process was ended by {name}", "进程被 {name} 终止"),
    "status": ("the process ended with exit status {status}", "进程以退出码 {status} 结束"),
    "changed": ("the test program was changed while it ran, so nothing counts",
                "测试程序在运行时被改动，因此全部不计分"),
    "forged": ("something else than the tests wrote results, so nothing counts",
               "写出结果的不是测试本身，因此全部不计分"),
    "compiler_limit": ("error: the compiler was ended: {why}", "error: 编译器被终止：{why}"),
    "refused": ("error: `{what}` may not stand in an answer", "error: 答案里不允许出现 `{what}`"),
    "symbol": ("error: an answer may not define or use the symbol `{what}`",
               "error: 答案不允许定义或使用符号 `{what}`"),
    "no_object": ("error: the compiler left no object", "error: 编译器没有留下目标文件"),
    "secret": ("error: a hidden test cannot be built with these files",
               "error: 隐藏测试和这些文件一起构建不了"),
    "total": ("{score} of {most} points", "{most} 分得 {score} 分"),
    "passed_of": ("{passed} of {counted} tests that count have passed",
                  "计分的 {counted} 个测试通过了 {passed} 个"),
    "hidden_name": ("{name}: hidden tests", "{name}：隐藏测试"),
    "idea": ("The same tests fail with an idea we know. Perhaps it is yours:",
             "有一种常见的想法，会让同样这些测试失败。也许你就是这么想的："),
    "fault": ("The grader could not run: this is nobody's mark. {error}",
              "评分程序没能运行，这不计入任何人的成绩。{error}"),
    "green": ("all tests pass", "全部通过"),
    "red": ("tests fail", "有测试没通过"),
    "does_not_compile": ("it does not compile", "编译不过"),
    "timeout": ("it did not end in time", "没有按时结束"),
    "missing_verdict": ("a file is missing", "缺少文件"),
    "status_passed": ("passed", "通过"),
    "status_failed": ("failed", "失败"),
    "status_crashed": ("the process ended in it", "进程在其中结束"),
    "status_timeout": ("no end in time", "没有按时结束"),
    "status_not_run": ("not run", "没有运行"),
    "head_part": ("Part", "部分"),
    "head_points": ("Points", "得分"),
    "head_verdict": ("Verdict", "结果"),
}  # fmt: skip
_language = "en"


def use(language: str) -> None:
    global _language
    if language not in LANGUAGES:
        raise ValueError(f"--lang {language}: use en or zh")
    _language = language


def language() -> str:
    return _language


def say(key: str, **values: object) -> str:
    return _WORDS[key][LANGUAGES.index(_language)].format(**values)

"""Is text of the data shown as it is, whatever it means in Markdown?"""

from __future__ import annotations

import pytest

from components.markdown import as_sentence, plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[here](javascript:alert(1))", r"\[here\]\(javascript\:alert\(1\)\)"),
        ("![x](https://evil.example/x.png)", r"\!\[x\]\(https\://evil.example/x.png\)"),
        ("<img src=x onerror=alert(1)>", r"\<img src=x onerror=alert\(1\)\>"),
        ("$\\LaTeX$ :material/delete: :red[x]", r"\$\\LaTeX\$ \:material/delete\: \:red\[x\]"),
    ],
)
def test_nothing_of_it_is_read_as_markdown(text: str, shown: str) -> None:
    assert plain(text) == shown == as_sentence(text)


def test_a_sentence_keeps_its_names_in_backticks_and_nothing_else() -> None:
    assert as_sentence("No metric `leak_cout` in `water`.") == "No metric `leak_cout` in `water`."
    assert as_sentence("Field `a`: found '[x](http://y)'") == r"Field `a`\: found '\[x\]\(http\://y\)'"


@pytest.mark.parametrize("text", ["a ` [x](y)", "`a``[x](y)`", "``[x](y)", "`a` ` [x](y)"])
def test_a_backtick_in_a_value_opens_no_way_out(text: str) -> None:
    outside = as_sentence(text)
    for code in ("`a`", "`b`"):
        outside = outside.replace(code, "")
    assert "](" not in outside and "`" not in outside.replace("\\`", "")

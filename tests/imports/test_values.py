"""Values out of JSON follow the rules of values out of cells."""

from __future__ import annotations

import pytest

from campaigns.imports.values import check_value


@pytest.mark.parametrize(
    ("type", "given", "expected"),
    [
        ("text", " Cafe\u0301 ", "Café"), ("text", "", None), ("text", None, None), ("number", 5, 5),
        ("number", 0.5, 0.5),
        ("boolean", False, False), ("date", "2025-04-03", "2025-04-03"),
        ("email", " A@example.com", "A@example.com"),
        ("datetime", "2025-04-03T10:00:00+02:00", "2025-04-03T08:00:00Z"), ("choice", "gold", "Gold"),
        ("score", -3, -3),
        ("phone", "+49 30 123456", "+49 30 123456"), ("url", "https://example.com", "https://example.com"),
        ("tags", ["a", " b", "a"], ["a", "b"]),
    ],
)  # fmt: skip
def test_a_value_is_normalised(type: str, given: object, expected: object) -> None:
    found = check_value(type, given, choices=("Gold",))
    assert found == expected
    assert isinstance(found, bool) == isinstance(expected, bool)


@pytest.mark.parametrize(
    ("type", "given"),
    [
        ("text", 5), ("text", "a\0"), ("text", "\ud800"), ("text", ["a"]), ("number", "5"), ("number", True),
        ("number", float("nan")), ("number", float("inf")), ("number", 2**60), ("boolean", "yes"),
        ("boolean", 1),
        ("date", "03.04.2025"), ("date", 20250403), ("datetime", "soon"), ("choice", "Bronze"),
        ("email", "a@b"),
        ("phone", "x"), ("url", "example.com"), ("url", "https://example.com/\ud800"), ("score", 1.0),
        ("score", "1"),
        ("tags", [1]), ("tags", ["x" * 101]), ("tags", {"a": 1}),
        ("tags", [str(number) for number in range(51)]),
    ],
)  # fmt: skip
def test_another_value_is_refused_with_a_sentence(type: str, given: object) -> None:
    with pytest.raises(ValueError, match=r"^(is|must|has|holds) "):
        check_value(type, given, choices=("Gold",))

"""Made-up people: names that could be anybody's, keys that say nothing."""

from __future__ import annotations

import random

_FAMILIES = (
    "Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương",
    "Lý", "Nông", "Triệu", "Vi", "Lương",
)  # fmt: skip
_MIDDLES = (
    "Văn", "Thị", "Đức", "Minh", "Ngọc", "Thanh", "Quốc", "Hữu", "Xuân", "Thu", "Công", "Đình", "Kim", "Hồng", "Bá",
    "Gia", "Bảo",
)  # fmt: skip
_GIVEN = (
    "An", "Anh", "Bình", "Chi", "Cường", "Dung", "Dũng", "Đạt", "Giang", "Hà", "Hải", "Hạnh", "Hiền", "Hiếu", "Hoa",
    "Hòa", "Hùng", "Huy", "Hương", "Khánh", "Kiên", "Lan", "Linh", "Long", "Mai", "Nam", "Nga", "Nghĩa", "Nhung",
    "Oanh", "Phong", "Phúc", "Phương", "Quân", "Quang", "Quyên", "Sơn", "Tâm", "Thảo", "Thắng", "Thủy", "Trang",
    "Trung", "Tuấn", "Tú", "Vân", "Việt",
)  # fmt: skip
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_OPAQUE = _LETTERS + "234567"
_KEYS = len(_LETTERS) * len(_OPAQUE) ** 7
# Odd and no multiple of 13, so that no two numbers below the number of keys are given the same one.
_STRIDE = 311_040_000_007


def name(chance: random.Random) -> str:
    """A name of three words, now and then four."""
    middle = " ".join(chance.sample(_MIDDLES, 1 if chance.random() < 0.8 else 2))
    return f"{chance.choice(_FAMILIES)} {middle} {chance.choice(_GIVEN)}"


def key(number: int) -> str:
    """The key of the person with a number, as `thidua mint person` might draw it.

    >>> key(1) != key(2), len(key(123456))
    (True, 8)
    """
    left = number * _STRIDE % _KEYS
    left, first = divmod(left, len(_LETTERS))
    letters = [_LETTERS[first]]
    for _ in range(7):
        left, at = divmod(left, len(_OPAQUE))
        letters.append(_OPAQUE[at])
    return "".join(letters)

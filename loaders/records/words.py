"""Words: whether what stands in a cell is text that somebody wrote, or what programs left of it."""

from __future__ import annotations

import html
import re

from loaders.errors import SourceError

# Titles and terms of use are far shorter; whatever is longer was not meant for a cell.
MOST = 2000

# A formula's failure, saved as text, whichever program it is of (#REF!, #NAME?, #SPILL!, #ERROR!, Err:502); what stands
# there while it reckons; a number that its column was too narrow for.
_FAILED = re.compile(r"#(?:N/A|[A-Z][A-Z0-9/_]*[!?]|GETTING_DATA|#+)|Err:\d+|Loading\.\.\.")
# A formula that a cell of the kind Text, or a list of formulas, shows as it was typed.
_FORMULA = re.compile(r"\{?=|[+@-][A-Z][A-Z0-9.]*\(")
_OURS, _LIKE_OURS = r"[A-Za-zÀ-ɏẠ-ỹ]", r"[\u0400-\u04ffΑΒΕΖΗΙΚΜΝΟΡΤΥΧανοικρτυ]"
# What becomes of Vietnamese on the way: a question mark in a word for each letter that an encoding lacks; UTF-8 that
# was read as Windows-1252 (á»‡ for ệ, Ä‘ for đ), and so was Windows-1258 (ð for đ, þ); what only fonts of TCVN3 (Hoµng,
# §ång) and VNI (Hoaøng) show right; letters of another alphabet that look like ours, as programs find them on scans.
_GARBLED = re.compile(
    r"[^\W\d_]\?+[a-z]|áº|á»[¡-¿€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘“•–—˜™š›œžŸ]|[ÂÃÄÅÆ][¡-º¼-¿]|Ä[‘ƒ]|[a-z][ÂÃÄÅÆ]"
    r"|[^\W\d_][µ¸¶¨¾¼½ª¬]|[®§][^\W\d_]|[aeiouy]ø|[ðþÞ]"
    rf"|{_OURS}{_LIKE_OURS}|{_LIKE_OURS}{_OURS}"
)
# What people and programs write for what they do not know. X and XX are numbers.
_NOTHING = re.compile(r"x+|(?i:n/a|null|nan|none|(?:không|chưa) (?:rõ|biết|có))")
# What web pages are written in. KH&CN; is none of it.
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>|&#?\w+;")


def legible(text: str) -> str:
    """The text; SourceError when nobody meant it.

    >>> legible("Vì sao? Cụm số 1")
    'Vì sao? Cụm số 1'
    """
    if _FAILED.fullmatch(text):
        raise SourceError("a formula that failed", hint="write the value that it should have")
    if _FORMULA.match(text):
        raise SourceError("a formula in place of its result", hint="write the value that it should have")
    if _GARBLED.search(text):
        raise SourceError("letters were lost in this text", hint="type it again in a Unicode font and encoding")
    if any(html.unescape(mark) != mark or mark.startswith("<") for mark in _MARKUP.findall(text)):
        raise SourceError("marks of a web page in this text", hint="write the letters alone, as the page shows them")
    if _NOTHING.fullmatch(text) or not any(letter.isalnum() for letter in text):
        hint = "leave the cell empty, or the whole row out, if it is unknown"
        raise SourceError("a sign in place of words", hint=hint)
    if len(text) > MOST:
        hint = "an article's words do not belong here: its title, a name, a few words"
        raise SourceError(f"a text of more than {MOST} characters", value=f"{text[:60]}…", hint=hint)
    return text

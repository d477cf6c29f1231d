"""In which encoding a text file is: by its mark, by what is valid in the whole of it, by which words look like words."""

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from math import log
from pathlib import Path
from statistics import fmean

import charset_normalizer

from backoffice.lib.files.problems import FileProblem

# What a person can choose, with the names that office programs use. UTF-8 is read with or without its mark.
ENCODINGS = {
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
    "cp1251": "Windows-1251",
    "cp866": "DOS, cp866",
    "koi8-r": "KOI8-R",
    "iso8859-5": "ISO 8859-5",
    "cp1252": "Windows-1252",
    "cp1250": "Windows-1250",
}
_OF_EIGHT_BITS = ("cp1251", "cp866", "koi8-r", "iso8859-5", "cp1252")
CHUNK_BYTES = 1 << 20
LOOKED_AT_WORDS = 5000
# So much of the words beyond ASCII has to be valid UTF-8 for a file with some broken bytes to be UTF-8 all the same.
MOSTLY_UTF8 = 0.5
# A text whose words are this unlikely in every encoding of ours is left to charset-normalizer.
UNLIKELY = -2.5
_CONTROLS_AT_MOST = 0.05
_BEYOND_ASCII = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
# Letters of a hundred of Russian text, after the National Corpus of the Russian Language.
_RUSSIAN = {
    "о": 10.97, "е": 8.45, "а": 8.01, "и": 7.35, "н": 6.70, "т": 6.26, "с": 5.47, "р": 4.73, "в": 4.54, "л": 4.40, "к": 3.49,
    "м": 3.21, "д": 2.98, "п": 2.81, "у": 2.62, "я": 2.01, "ы": 1.90, "ь": 1.74, "г": 1.70, "з": 1.65, "б": 1.59, "ч": 1.44,
    "й": 1.21, "х": 0.97, "ж": 0.94, "ш": 0.73, "ю": 0.64, "ц": 0.48, "щ": 0.36, "э": 0.32, "ф": 0.26, "ъ": 0.04, "ё": 0.20,
}  # fmt: skip
_LETTER = {letter: log(share) for letter, share in _RUSSIAN.items()} | dict.fromkeys("іїєґў", log(0.2))
_LATIN, _STRANGE, _NO_WORD = log(2.0), -3.0, -6.0


def guess_encoding(path: Path) -> str:
    """The likeliest of ENCODINGS, or another codec of Python's.

    :raises FileProblem: if the file is empty or no text at all.
    """
    with path.open("rb") as file:
        start = file.read(64 * 1024)
    if not start.strip():
        raise FileProblem("empty")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if wide := _unmarked_utf16(start):
        return wide
    if len(_CONTROL.findall(start)) > _CONTROLS_AT_MOST * len(start):
        raise FileProblem("no_table")
    is_utf8, words = _read_through(path)
    if is_utf8 or not words:
        return "utf-8-sig"
    total = words.total()
    if sum(times for word, times in words.items() if _is_utf8(word)) > MOSTLY_UTF8 * total:
        return "utf-8-sig"
    return _of_eight_bits(words)


def _unmarked_utf16(start: bytes) -> str:
    """Digits and delimiters have a NUL in every second byte."""
    half = max(len(start) // 2, 1)
    even, odd = start[0::2].count(0) / half, start[1::2].count(0) / half
    if odd > 0.2 and even < 0.02:
        return "utf-16-le"
    return "utf-16-be" if even > 0.2 and odd < 0.02 else ""


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _read_through(path: Path) -> tuple[bool, Counter[bytes]]:
    """Whether the whole file is UTF-8, and words of it that are not ASCII."""
    decoder, is_utf8 = codecs.getincrementaldecoder("utf-8")(), True
    words: Counter[bytes] = Counter()
    for chunk in _chunks(path):
        if is_utf8:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                is_utf8 = False
        if len(words) < LOOKED_AT_WORDS and not chunk.isascii():
            for found in _BEYOND_ASCII.finditer(chunk):
                words[found[0][:80]] += 1
                if len(words) == LOOKED_AT_WORDS:
                    break
    if is_utf8:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            is_utf8 = False
    return is_utf8, words


def _is_utf8(word: bytes) -> bool:
    try:
        word.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _of_eight_bits(words: Counter[bytes]) -> str:
    scores = {name: _likelihood(words, name) for name in _OF_EIGHT_BITS}
    best = max(scores, key=lambda name: scores[name])
    if scores[best] > UNLIKELY:
        return best
    found = charset_normalizer.from_bytes(b" ".join(words)).best()
    return found.encoding if found else best


def _likelihood(words: Counter[bytes], encoding: str) -> float:
    return fmean(
        (_word(word.decode(encoding, "replace")) for word in words),
        [min(times, 20) for times in words.values()],
    )


def _word(word: str) -> float:
    """How likely it is that somebody wrote this: the mean of its letters, less for capitals in the middle."""
    if not word.isalpha():
        return _NO_WORD
    letters = [letter for letter in word.lower() if not letter.isascii()]
    is_latin = [letter < "\u0250" for letter in letters]
    if all(is_latin):
        # Some accents within a word are usual, a word of accents alone is another encoding.
        return _LATIN if len(letters) <= max(1, len(word) // 2) else _STRANGE
    if any(is_latin) or len(letters) < len(word):
        return _STRANGE
    score = fmean(_LETTER.get(letter, _STRANGE) for letter in letters)
    return score if word.islower() or word.isupper() or word.istitle() else score + _STRANGE

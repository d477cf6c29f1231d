"""Five hundred values that nobody should type, the same ones each time, among them those that kill Kannel."""

import random
from collections.abc import Iterator

SEED, COUNT = 4, 500
KNOWN = [
    "", " ", "  ", "0", "-1", "1", "2", "3", "007", "010", "0x10", "1e9", "1.5", "-0", "+1", "NaN", "inf", "null", "None",
    "true", "yes", "off", "2147483647", "2147483648", "-2147483649", "4294967296", "9223372036854775808", "9" * 40,
    "65535", "65536", "99999", "include", "Include", "INCLUDE", "xincludey", "include = /etc/passwd",
    'include = "/etc/passwd"', "in\nclude", "\n", "\r", "\r\n", "\nlog-level = 0", "\ngroup = core", "a\nb", "a\rb", "a\x0bb",
    "a\x0cb", "\n\ngroup = smsc\nsmsc = fake\nport = 1", "\0", "a\0b", "\x01", "\x1b[31m", "\x7f", "\t", "a\tb", '"', '""',
    '"x', 'x"', '"x"', '\\"', "\\", "\\\\", "a\\", "a\\\\", "\\n", "\\0", "a\\\n", "'", "''", "`id`", "$(id)", "${HOME}", "$HOME",
    "#", "# x", "x # y", ";", ";;", "a;b", "a;", ";a", "%", "%%", "%p", "%s%s%s%n", "%00", "%0a", "%25", "=", "a = b", "= b",
    "&", "&password=x", "?", "/", "//", "/..", "/../../etc", "/a b", "/%p", "/a?b=c", "/send#x", "http://x/", "https://x:1/y",
    "127.0.0.1", "127.0.0.1:80", "0.0.0.1", "255.255.255.255", "256.1.1.1", "1.2.3", "::1", "[::1]", "localhost", "*.*.*.*", "*",
    "a.b-c.example", "-x", "x-", ".x", "x.", "a..b", "a_b", "host name", "a@b", "user:pass", "<x>", "</smsc>", "<id>x</id>",
    "]]>", "&amp;", "кириллица", "é", "ß", "€", "漢字", "😀", "\u200b", "\u2028", "\u2029", "\u202e", "\ufeff", "\ud7ff", "١٢٣",
    "ＡＢＣ", "²", "½", "(", ")", "()", "(()", "[", "]", "[]", "[^]", "[a", "[z-a]", "[[:alpha:]]", "[[:foo:]]", "{", "}", "a{",
    "a{2", "a{2}", "a{2,1}", "a{99999}", "a{65535}", "a{1,65535}", "(a{1000}){1000}", "*a", "+a", "?a", "a**", "a*+", "a+++", "a??",
    "^", "$", "^$", "^*", "$*", ".", ".*", ".+", "(.*)", "((((((((((a))))))))))", "(a+)+$", "(a*)*", "(a|aa)+$", "(a|a?)+", "(x+x+)+y",
    "(.*.*.*.*.*.*.*.*.*.*)x", "(?R)", "(?0)", "(?1)", "(?P<x>a)", "(?<x>a)", "(?=a)", "(?!a)", "(?<=a)", "(?#x", "(?", "(?:a)",
    "(?i)ok", "(?C)", "(*F)", "(*ACCEPT)", "(*UTF8)a", "(*BSR_ANYCRLF)", "\\1", "(a)\\1", "\\g{1}", "\\k<x>", "\\Q", "\\E", "\\Qa\\E+",
    "(a+)\\Q\\E+", "\\C", "\\R", "\\X", "\\p{L}", "\\x{110000}", "\\x", "\\xff", "\\c", "\\N{U+41}", "\\d+", "\\w", "\\b", "\\A", "\\Z",
    "\\z", "\\G", "\\K", "a|", "|a", "||", "a|b|c", "^OK", "^OK (.+)", "^OK ([0-9A-F]+)", "^(OK|ACCEPTED) ([0-9]+)$", "OK$", "id=(\\d+)",
    '"id":"([^"]+)"', "^ERROR", "^OK(", "OK)", "[OK", "OK]", "<ok>(.*)</ok>", "a" * 33, "a" * 41, "a" * 64, "a" * 65, "a" * 120,
    "a" * 121, "a" * 200, "a" * 201, "a" * 1000, "a" * 5000, "a" * 70_000, "é" * 64, "()" * 60, "(a)?" * 30, "a?" * 60, "[a]" * 40,
    "../", "~", "~root", "-rf /", "|id", "; rm -rf /", "' OR 1=1 --", "{{7*7}}", "smsc-id", "group", "instances = 3", "reroute = x",
    "log-file = /tmp/x", "exec = id", "dead-start = yes", "smsc = fake", "kannel", "generic", "http", "smpp", "34", "33", "50", "4",
    "ISO-8859-1", "UTF-8", "utf-8//TRANSLIT", "UTF-16", "GSM", "no-such-charset", "CP1252", "US-ASCII", "UCS-2", "VMA", "SMPP", "CMT",
    "secret", "password", "parley", "p@ssw0rd", "pass word", " lead", "trail ", "00", "1,2", "1;2", "1-2", "1..3", "0b1", "1_000",
]  # fmt: skip
PIECES = ['"', "\\", "\n", "\r", "\0", ";", "#", "%", " ", "=", "include", "(", ")", "[", "]", "*", "+", "?", "{", "}", "|", "^", "$",
          ".", "a", "Z", "9", "-", "_", "/", "&", "<", ">", "'", "é", "П", "😀", "\t", "\x7f", "OK"]  # fmt: skip


def values() -> list[str]:
    """The known ones, and as many made of dangerous pieces as are missing to five hundred."""
    found = list(dict.fromkeys(KNOWN))
    found += [one for one in _made(random.Random(SEED)) if one not in found][: COUNT - len(found)]
    return found


def _made(dice: random.Random) -> Iterator[str]:
    for _number in range(COUNT * 2):
        yield "".join(dice.choices(PIECES, k=dice.randint(1, 12)))

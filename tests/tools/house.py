#!/usr/bin/env python3
"""House rules as checks over the source tree: house.py [CHECK…]   (default: all; --list names them)

Each check first proves on a bad sample that it catches what it is for and on a good one that it lets it
pass, then reads every file of the tree it applies to. Exit 1 and one `path:line: message` per finding.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# What each folder may include from the house (docs/architecture.md); the longest matching folder counts.
SERVER_BELOW = {
    "server/loop": ["base", "server/loop"],
    "server/pg": ["base", "server/loop", "server/pg"],
    "server/sec": ["base", "server/loop", "server/pg", "server/sec"],
}
PURE = ["base", "claims", "hl7", "schema"]
FLOORS = {
    "base": ["base"],
    "claims": ["base", "claims"],
    "hl7": ["base", "hl7"],
    "schema": ["base", "schema"],
    **SERVER_BELOW,
    "server/app": [*PURE, *SERVER_BELOW, "server/app"],
    "server/role": [*PURE, *SERVER_BELOW, "server/app", "server/role"],
    "server": [*PURE, "server"],
    "cli": [*PURE, *SERVER_BELOW, "cli"],
    "tests": [*PURE, "server", "cli", "tests"],
}

# Libraries that only these folders may see; all others are free.
LIBRARIES = {
    "utf8proc": ["base"],
    "libxml/": ["claims"],
    "event2/": ["server/loop"],
    "event.h": ["server/loop"],
    "curl/": ["server/loop"],
    "libpq": ["server/pg", "schema", "cli"],
    "argon2": ["server/sec"],
    "openssl/": ["claims", "schema", "server/loop", "server/sec", "server/role", "cli"],
    "sys/socket": ["server", "cli"],
}

BANNED = "strcpy strcat sprintf vsprintf atoi atol atoll strtok gets alloca system setlocale".split()
PRINTING = "printf puts putchar".split()
INEXACT = "strtod strtof strtold atof double float".split()

HEADER_LINES_MAX = 300
SOURCE_LINES_MAX = 900


def in_folder(path, *folders):
    return any(path == folder or path.startswith(folder + "/") for folder in folders)


def blank(match):
    """The same text with everything but line ends blanked."""
    return re.sub(r"[^\n]", " ", match.group(0))


COMMENT = r"/\*.*?\*/|//[^\n]*"
STRING = r'"(?:\\.|[^"\\\n])*"|' + r"'(?:\\.|[^'\\\n])*'"


def code_only(text):
    """C without comments, strings and character constants; lines stay."""
    return re.sub(f"{COMMENT}|{STRING}", blank, text, flags=re.DOTALL)


def without_comments(text):
    keep = re.compile(f"(?P<string>{STRING})|{COMMENT}", re.DOTALL)
    return keep.sub(lambda m: m.group(0) if m.group("string") else blank(m), text)


def lines_matching(pattern, text, message):
    """(line number, message with {0} = what matched) of each match."""
    for match in re.finditer(pattern, text):
        yield text.count("\n", 0, match.start()) + 1, message.format(match.group(0).strip())


# --- the checks: (path, text) → (line, message)… -----------------------------------------------------


def includes(path, text):
    """an include goes upwards, or a library is seen outside its folder"""
    folder = max((f for f in FLOORS if in_folder(path, f)), key=len, default=None)
    if folder is None:
        return
    for number, line in enumerate(without_comments(text).splitlines(), 1):
        found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)', line)
        if not found:
            continue
        kind, name = found.groups()
        if kind == '"' and not in_folder(name, *FLOORS[folder]):
            yield number, f'{folder}/ may not include "{name}"'
        if kind == "<" and folder != "tests":
            for library, owners in LIBRARIES.items():
                if name.startswith(library) and not in_folder(path, *owners):
                    yield number, f"<{name}> is seen only in {', '.join(owners)}"


def banned(path, text):
    """a function that the house does not use"""
    code = code_only(text)
    call = r"(?<![\w.>])(?:{})\s*\("
    yield from lines_matching(call.format("|".join(BANNED)), code, "banned: {0}")
    if not in_folder(path, "cli", "tests", "base/log.c"):
        yield from lines_matching(call.format("|".join(PRINTING)), code, "printing belongs to cli/ and the log: {0}")


def inexact(path, text):
    """binary floating point where money lives; a line says `not money` when it is about something else"""
    if not in_folder(path, "base", "claims", "hl7", "server"):
        return
    said = text.splitlines()
    for number, message in lines_matching(r"\b(?:" + "|".join(INEXACT) + r")\b", code_only(text), "inexact: {0}"):
        if "not money" not in said[number - 1]:
            yield number, message


def length(path, text):
    """a header or source file that is too long to read"""
    most = HEADER_LINES_MAX if path.endswith(".h") else SOURCE_LINES_MAX
    count = text.count("\n")
    if count > most:
        yield count, f"{count} lines, at most {most}"


def comments(path, text):
    """a public function without a comment on it or on its group"""
    if not in_folder(path, "base", "claims", "hl7", "schema", "server"):
        return
    number = 1
    for paragraph in re.split(r"(\n[ \t]*\n)", text):
        bare = code_only(paragraph)
        declared = re.search(r"^(?!static|typedef|#|\s|\})[\w *]*?\b(\w+)\s*\([^;{]*\)[^;{]*;", bare, re.MULTILINE)
        if declared and not re.search(r"/\*|//", paragraph):
            yield number + bare.count("\n", 0, declared.start()), f"say what {declared.group(1)}() promises"
        number += paragraph.count("\n")


def places(_path, text):
    """a place outside the project"""
    outside = r"(?<![\w.])/(?:work|farm)/|\.\./shar" + "ed"
    yield from lines_matching(outside, text, "names a place outside the project: {0}")


def fixed(path, text):
    """a fixed port or a credential in a test, unless the line says `not opened` or `not a secret`; C files may
    name ports, which they parse and never open"""
    if path.startswith("tests/tools/house"):
        return
    port = r"(?:127\.0\.0\.1|localhost|\[::1\]):[1-9]\d{1,4}\b|\bport\W{1,4}[1-9]\d{2,4}\b"
    secret = r"-----BEGIN [A-Z ]*PRIVATE KEY|\bpostgres(?:ql)?://\w+:[^@\s{}]+@"
    word = r"(?i)\bpass(?:word|phrase)['\"]?\s*[:=]\s*['\"](?!wrong)[^'\"{}$<]+['\"]"
    said = text.splitlines()
    found = [*lines_matching(port, "" if path.endswith(C_FILES) else text, "fixed port: {0}"),
             *lines_matching(secret, text, "credential in the tree: {0}"),
             *lines_matching(word, text, "fixed password (only ones that begin with `wrong`): {0}")]
    yield from (f for f in found if not re.search("not opened|not a secret", said[f[0] - 1]))


def citizens(_path, text):
    """a twelve-digit number that could be a living person's: it begins with a province, 001 to 096"""
    province = r"(?<![\w.+/-])0(?:0[1-9]|[1-8]\d|9[0-6])\d{9}(?![\w.])"
    yield from lines_matching(province, text, "citizen ids of tests begin with 999: {0}")


C_FILES = (".c", ".h")
TEXTS = (".c", ".h", ".py", ".sql", ".tsv", ".csv", ".json", ".xml", ".md", ".txt", ".ini", ".hl7", ".sh", ".js")


def links(path, text):
    """a relative link of a page leads nowhere"""
    prose = re.sub(r"```.*?```|`[^`\n]*`", blank, text, flags=re.DOTALL)
    for match in re.finditer(r"\]\(([^)\s]+)\)", prose):
        target = match.group(1).partition("#")[0]
        if target and not re.match(r"[a-z]+:", target) and not (ROOT / path).parent.joinpath(target).exists():
            yield prose.count("\n", 0, match.start()) + 1, f"{target} is not there"


class Check:
    """One rule: which files it reads, and samples it must catch and let pass."""

    def __init__(self, function, suffixes, folders, bad, good):
        self.function, self.suffixes, self.folders, self.bad, self.good = function, suffixes, folders, bad, good

    def applies(self, path):
        return path.endswith(self.suffixes) and (not self.folders or in_folder(path, *self.folders))

    def prove(self):
        """Faults of the check itself."""
        for path, text in self.bad:
            if not self.applies(path) or not list(self.function(path, text)):
                yield f"does not catch {path}: {text!r}"
        for path, text in self.good:
            if self.applies(path) and list(self.function(path, text)):
                yield f"wrongly catches {path}: {text!r}"

    def findings(self, files):
        for path in filter(self.applies, files):
            text = (ROOT / path).read_text(encoding="utf-8", errors="replace")
            for number, message in self.function(path, text):
                yield f"{path}:{number}: {message}"


HOUSE = ["base", "claims", "hl7", "schema", "server", "cli"]
FIXTURES = ["tests", "schema/test", "docs", "README.md"]

CHECKS = {
    "includes": Check(includes, C_FILES, [*HOUSE, "tests"],
        bad=[("base/a.c", '#include "claims/claim.h"\n'), ("claims/a.c", "#include <event2/http.h>\n"),
             ("server/pg/a.c", '#include "server/app/app.h"\n'), ("hl7/a.c", '#include "local.h"\n')],
        good=[("claims/a.c", '#include <libxml/xmlreader.h>\n#include "base/err.h"\n'),
              ("base/a.c", '/* #include "claims/claim.h" */\n')]),
    "banned": Check(banned, C_FILES, [*HOUSE, "tests"],
        bad=[("base/a.c", "\tn = atoi (s);\n"), ("server/loop/a.c", '\tprintf("x");\n'), ("cli/a.c", "\tstrcpy(a, b);\n")],
        good=[("base/a.c", '/* strcpy(a) */ const char *s = "gets(";\n'), ("cli/a.c", '\tprintf("x");\n'),
              ("base/a.h", "void f(const char *, ...) __attribute__((format(printf, 1, 2)));\n"),
              ("base/a.c", "\tbuf_printf(b); snprintf(a, n);\n")]),
    "inexact": Check(inexact, C_FILES, [],
        bad=[("claims/a.c", "\tdouble amount = 1;\n"), ("base/a.c", "\tx = strtod(s, NULL);\n")],
        good=[("server/loop/a.c", "\tdouble share = 1; /* of time, not money */\n"),
              ("base/a.h", "/* There is no double anywhere. */\n")]),
    "length": Check(length, C_FILES, [*HOUSE, "tests"],
        bad=[("base/a.h", "\n" * 301), ("cli/a.c", "\n" * 901)],
        good=[("base/a.h", "\n" * 300), ("base/a.c", "\n" * 900)]),
    "comments": Check(comments, (".h",), HOUSE,
        bad=[("base/a.h", "/* File. */\n#pragma once\n\nint claim_read(struct slice s,\n    struct err *e);\n")],
        good=[("base/a.h", "/* Two of a kind. */\nint a(void);\nint b(void);\n\nint c(void); /* A third. */\n"),
              ("base/a.h", "struct a {\n\tvoid (*f)(void);\n};\n")]),
    "places": Check(places, (*TEXTS, ".build", ".yml", "dev", "run"), [],
        bad=[("docs/a.md", "see /wor" + "k/main\n"), ("README.md", "cp ../shar" + "ed/x .\n")],
        good=[("docs/a.md", "a net/work/item and ../sharing\n")]),
    "fixed": Check(fixed, TEXTS, ["tests"],
        bad=[("tests/scenario/test_a.py", 'get("http://127.0.0.1:8080/")\n'),
             ("tests/scenario/test_a.py", 'password = "secret"\n'),
             ("tests/golden/k.txt", "-----BEGIN RSA PRIVATE KEY-----\n")],
        good=[("tests/scenario/test_a.py", 'bind(("127.0.0.1", 0)); {"password": "wrong one"}\n'),
              ("tests/scenario/test_a.py", '{"password": account.password}\n')]),
    "links": Check(links, (".md",), [],
        bad=[("docs/a.md", "see [there](nowhere.md)\n"), ("README.md", "[a](docs/none.md#part)\n")],
        good=[("docs/a.md", "[a](api.md#problems) [b](https://example.org/x) [c](#here) `[d](none.md)`\n"),
              ("README.md", "[decisions](docs/decisions/)\n")]),
    "citizens": Check(citizens, TEXTS, FIXTURES,
        bad=[("tests/golden/a.tsv", "x\t0661900" + "12345\ty\n"), ("docs/api.md", '"citizen_id": "0010850' + '00017"\n')],
        good=[("tests/golden/a.tsv", "999190012345\t202507010830\t100000000000\t0.123456789012\n")]),
}


def check_format(files):
    """clang-format over all C files, with the checked-in style; it proves itself on a bad sample, too."""
    tool = ["clang-format", "--dry-run", "-Werror", "--style=file"]
    try:
        version = subprocess.run(["clang-format", "--version"], capture_output=True, text=True, check=True).stdout
    except FileNotFoundError:
        version = ""
    if " 14." not in version:
        print("clang-format 14 is not here; its layout is the house's")
        sys.exit(77)  # meson: skipped
    sample = subprocess.run([*tool, "--assume-filename=base/a.c"], input="int f(void){return 1;}\n", cwd=ROOT,
                            capture_output=True, text=True, check=False)
    if sample.returncode == 0:
        yield "does not catch a badly laid out sample"
    sources = [path for path in files if path.endswith(C_FILES)]
    if sources:
        done = subprocess.run([*tool, *sources], cwd=ROOT, capture_output=True, text=True, check=False)
        yield from (line for line in done.stderr.splitlines() if "error:" in line)


def tree():
    """Every file of the project that is not ignored, with '/' from the root."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True,
                            text=True, check=False)
    if listed.returncode == 0:
        names = listed.stdout.split("\0")
    else:
        skipped = ("build", "var", ".git", "node_modules", "__pycache__")
        names = [str(p.relative_to(ROOT)) for p in ROOT.rglob("*")
                 if not any(part.startswith(skipped) for part in p.relative_to(ROOT).parts)]
    return sorted(name for name in names if name and (ROOT / name).is_file())


def main():
    asked = sys.argv[1:] or [*CHECKS, "format"]
    if asked == ["--list"]:
        print("\n".join([*CHECKS, "format"]))
        return 0
    files, bad = tree(), 0
    for name in asked:
        if name == "format":
            found = list(check_format(files))
        else:
            found = [*CHECKS[name].prove(), *CHECKS[name].findings(files)]
        for line in found:
            print(f"{name}: {line}")
        bad += len(found)
    print(f"house: {len(asked)} checks, {len(files)} files, {bad} findings")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

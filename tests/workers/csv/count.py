"""Counts the records of CSV files, without the importer: with Python's csv module, over bytes read as Latin-1.

Prints an object: for each file what it is refused for, or how many records it has after the header, and how many of
those are bad: of another width than the header, not UTF-8, with a NUL, or longer than a MiB. A file after `--bare` has
no header.
"""

import csv
import json
import sys

csv.field_size_limit(1 << 30)


def records(text, delimiter):
    """The records that are not empty lines."""
    return [record for record in csv.reader(pieces(text), delimiter=delimiter) if record]


def pieces(text):
    """The lines of a text with their ends, of which there are three: CR LF, LF, and CR."""
    start = 0
    while start < len(text):
        ends = [at for at in (text.find("\n", start), text.find("\r", start)) if at >= 0]
        if not ends:
            break
        at = min(ends)
        end = at + (2 if text.startswith("\r\n", at) else 1)
        yield text[start:end]
        start = end
    if start < len(text):
        yield text[start:]


def delimiter_of(text):
    """The one by which most of the first records are as wide as the first, and wider than one field."""
    best = (0, ",")
    for delimiter in ",;\t|":
        some = records(text[:65536], delimiter)[:50]
        if some and len(some[0]) > 1:
            alike = sum(len(record) == len(some[0]) for record in some)
            best = max(best, (alike * 1000 // len(some) + min(len(some[0]), 100), delimiter), key=lambda pair: pair[0])
    return best[1]


def is_text(record):
    if sum(map(len, record)) > 1 << 20:
        return False
    try:
        return "\0" not in "".join(record).encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return False


def counted(path, bare):
    with open(path, "rb") as file:
        data = file.read()
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return {"refused": "encoding"}
    text = data.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    while text.startswith("#"):
        text = text.partition("\n")[2]
    found = records(text, delimiter_of(text))
    if not found:
        return {"refused": "empty"}
    header, rows = found[0], found if bare else found[1:]
    good = [row for row in rows if len(row) == len(header) and is_text(row)]
    return {"rows": len(rows), "invalid": len(rows) - len(good)}


def main(names):
    bare = names.index("--bare") if "--bare" in names else len(names)
    print(json.dumps({path: counted(path, at > bare) for at, path in enumerate(names) if at != bare}))


main(sys.argv[1:])

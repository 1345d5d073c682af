"""Counts documents a second time, in another language and another way: page by page where the worker goes line by line.

Reads an unpacked tar archive; prints one JSON object: by path, bytes, SHA-256, pages, and the words that are left when
the furniture of pages or the licence is taken away, with their vocabulary; and for every pair that shares something,
the exact resemblance.
Standard library only.
"""

import hashlib
import json
import re
import sys
import tarfile


def text_of(data):
    for encoding in ("utf-8-sig", "cp1252", "latin-1"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            pass


def page(text, repeated):
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").split("\n")]
    filled = [at for at, line in enumerate(lines) if line.strip()]
    if filled and re.search(r"\[Page [0-9ivxl]+\]$", lines[filled[-1]]):
        lines[filled[-1]] = ""
    if filled and re.match(r"RFC ?-?\d+ .*\d{4}$", lines[filled[0]]):
        lines[filled[0]] = ""
        if len(filled) > 1 and lines[filled[1]] in repeated:
            lines[filled[1]] = ""
    return "\n".join(lines)


def rfc(text):
    pages = re.split(r"\f", text)
    if not pages[-1].strip():
        pages.pop()
    seconds = [re.findall(r"\S.*", one)[1:2] for one in pages[1:]]
    repeated = {line[0].rstrip() for line in seconds if line and seconds.count(line) == len(seconds) > 1}
    return len(pages), "\n".join(page(one, repeated) for one in pages)


def book(text):
    found = re.search(
        r"\*\*\* ?START OF TH[^*]*\*\*\*[^\n]*\n(.*?)^\*\*\* ?END OF TH", text, re.DOTALL | re.MULTILINE
    )
    return 1, found.group(1)


def words(text):
    return re.findall(r"[^\W_]+", text.lower())


def main():
    found, shingles = {}, {}
    with tarfile.open(sys.argv[1]) as archive:
        for member in archive:
            if not member.isfile():
                continue
            data = archive.extractfile(member).read()
            text = text_of(data)
            is_book = "START OF TH" in text
            pages, body = book(text) if is_book else rfc(text)
            folded = words(body)
            shingles[member.name] = set(zip(*(folded[at:] for at in range(5))))
            found[member.name] = {
                "bytes": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
                "pages": pages,
                "words": len(body.split()),
                "vocabulary": sorted(set(folded)),
            }
    pairs = {}
    names = sorted(found)
    for at, one in enumerate(names):
        for other in names[at + 1:]:
            common = len(shingles[one] & shingles[other])
            share = common / (len(shingles[one]) + len(shingles[other]) - common)
            if share > 0.3:
                pairs[f"{one} {other}"] = share
    json.dump({"documents": found, "pairs": pairs}, sys.stdout)


main()

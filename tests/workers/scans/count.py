"""Counts what the repository scan should find, a second and independent way: Python's standard library, no YAML, no
Rust. Prints {"documents": N, "findings": {rule: N}, "invalid": N} for a folder of markdown files.

Front matter is read line by line with regular expressions, which is enough for files that are not damaged. Run by
`counts.rs` beside it on the unpacked archive: `python3 count.py FOLDER RULES.json [COMPANION_FOLDER]`, with the severity
of each rule and today's date in RULES.json.
"""

import collections
import datetime
import json
import pathlib
import re
import sys

FIELDS = """eip title description author discussions-to status last-call-deadline type category created requires
withdrawal-reason updated""".split()
ABSTRACT = {"abstract", "simple summary", "summary"}
STANDARD = [ABSTRACT, {"specification"}, {"rationale"}, {"security considerations"}, {"copyright"}]
SECTIONS = {"Standards Track": STANDARD, "Meta": [ABSTRACT, {"copyright"}], "Informational": [ABSTRACT, {"copyright"}]}
STATUSES = "Idea|Draft|Review|Last Call|Final|Stagnant|Withdrawn|Living|Moved".split("|")


def day(text):
    try:
        return datetime.date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def read(path):
    text = path.read_text(encoding="utf-8")
    _, front, body = re.split(r"^---[ \t]*$", text, maxsplit=2, flags=re.M)
    fields = {}
    for name, value in re.findall(r"^([A-Za-z-]+):[ \t]*(.*?)[ \t]*$", front, re.M):
        quoted = re.fullmatch(r"(['\"])(.*)\1", value)
        value = quoted[2].replace("''", "'").replace('\\"', '"') if quoted else value
        if value.strip():
            fields[name] = value
    # A fence may stand behind the mark of a list item, and is closed by one that is as long.
    comment = r"^ {0,3}<!--(?:.|\n)*?-->"
    fenced = r"^ {0,3}(?:(?:[-*+]|\d+[.)]) +)?(?:(`{3,})[^`\n]*|(~{3,}).*)\n(?:.*\n)*?(?:[ \t]*(?:\1`*|\2~*)[ \t]*$|\Z)"
    body = re.sub(f"{comment}|{fenced}", "", body + "\n", flags=re.M)
    headings = {re.sub(r"#+$", "", h).strip().strip("*_: ").lower() for h in re.findall(r"^ {0,3}#{1,6}[ \t](.*)$", body, re.M)}
    headings |= {h.strip().strip("*_: ").lower() for h in re.findall(r"^ {0,3}(\S.*)\n {0,3}(?:=+|-+)[ \t]*$", body, re.M)}
    number = int(re.search(r"-(\d+)\.md$", path.name)[1])
    moved = re.search(r"moved to\s+(\S*/\S+)", body)
    return number, fields, headings, moved and moved[1].rstrip(".,")


def breaks(number, fields, headings, moved, world):
    """The rules one document breaks, each as often as it does."""
    known, beside, today = world
    get = fields.get
    status, kind, category = get("status"), get("type"), get("category")
    if get("eip") != str(number):
        yield "identifier_mismatch"
    for name in ("status", "title", "author", "type", "created"):
        if name not in fields:
            yield name + "_missing"
    if status and status not in STATUSES:
        yield "status_unknown"
    if status == "Moved":
        if not moved:
            yield "moved_nowhere"
        elif beside is not None and moved.split("/")[-1] not in beside:
            yield "target_missing"
    else:
        if "description" not in fields:
            yield "description_missing"
        if "discussions-to" not in fields:
            yield "discussion_missing"
    if status == "Withdrawn" and "withdrawal-reason" not in fields:
        yield "reason_missing"
    if status == "Last Call":
        end = day(get("last-call-deadline", ""))
        if end is None:
            yield "deadline_missing"
        elif end < today:
            yield "deadline_over"
    if len(get("title", "")) > 44:
        yield "title_long"
    if "author" in fields and not re.search(r"\(@|<.*@|@.*<", fields["author"]):
        yield "author_contact"
    if kind and kind not in SECTIONS:
        yield "type_unknown"
    if kind == "Standards Track" and not category:
        yield "category_missing"
    elif kind in ("Meta", "Informational") and category:
        yield "category_unexpected"
    elif category and category not in ("Core", "Networking", "Interface", "ERC"):
        yield "category_unknown"
    if "created" in fields:
        created = day(fields["created"])
        if created is None:
            yield "created_invalid"
        elif created > today:
            yield "created_future"
    numbers = {int(number) for number in re.findall(r"\d+", get("requires", ""))}
    beside_numbers = {int(n) for name in beside or () for n in re.findall(r"-(\d+)\.md$", name)}
    for required in numbers:
        if required not in known and required not in beside_numbers:
            yield "reference_missing"
        elif required in known and status == "Final" and known[required] not in ("Final", "Living", "Moved"):
            yield "reference_immature"
    for names in SECTIONS.get(kind, ()):
        if not names & headings:
            yield "section_missing"
    for name in fields:
        if name not in FIELDS:
            yield "field_unknown"


def main(folder, rules, companion=None):
    told = json.loads(pathlib.Path(rules).read_text())
    documents = [read(path) for path in sorted(pathlib.Path(folder).rglob("*.md"))]
    beside = {path.name for path in pathlib.Path(companion).rglob("*.md")} if companion else None
    known = {number: fields.get("status") for number, fields, _, _ in documents}
    world = known, beside, datetime.date.fromisoformat(told["today"])
    found, invalid = collections.Counter(), 0
    for document in documents:
        broken = list(breaks(*document, world))
        found.update(broken)
        invalid += any(told["severity"][rule] != "minor" for rule in broken)
    print(json.dumps({"documents": len(documents), "findings": found, "invalid": invalid}))


main(*sys.argv[1:])

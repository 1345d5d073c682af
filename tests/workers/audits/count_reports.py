"""Counts what the reports of scanners hold, in another way than the audit does: with the standard library alone, by
names of elements and keys wherever they occur, and from the text that nmap's script prints instead of its table.

Reads the files named as arguments; prints one JSON object: for each file the number of entries and how many have which
severity (where the scanner says one), and all pairs of a CVSS 3 vector and the score that the scanner gives it.
"""

import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter

NESSUS = {"0": "none", "1": "low", "2": "medium", "3": "high", "4": "critical"}
ZAP = {"0": "none", "1": "low", "2": "medium", "3": "high"}


def xml(text, pairs):
    root = ElementTree.fromstring(text)
    severities = Counter()
    if root.tag == "nmaprun":
        rows = 0
        for port in root.iter("port"):
            if port.find("state").get("state") != "open":
                continue
            severities["none"] += 1
            for script in port.iter("script"):
                if script.get("id") == "vulners":
                    rows += len(re.findall(r"\t\S+\t\d+\.\d+\thttps?://", script.get("output")))
        return severities["none"] + rows, None
    if root.tag == "NessusClientData_v2":
        for item in root.iter("ReportItem"):
            severities[NESSUS[item.get("severity")]] += 1
            if item.find("cvss3_vector") is not None:
                pairs.append([item.findtext("cvss3_vector"), float(item.findtext("cvss3_base_score"))])
    elif root.tag == "OWASPZAPReport":
        for item in root.iter("alertitem"):
            severities[ZAP[item.findtext("riskcode").strip()]] += 1
    elif root.tag == "niktoscan":
        return len(list(root.iter("item"))), None
    else:
        return len(re.findall(r"<result[ >]", text)), None
    return sum(severities.values()), severities


def documents(text):
    try:
        found = json.loads(text)
        return found if isinstance(found, list) else [found]
    except json.JSONDecodeError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]


def walk(value, name=None):
    """Every object, with the name of the list or field that it is in."""
    if isinstance(value, dict):
        yield name, value
        for key, part in value.items():
            yield from walk(part, key)
    elif isinstance(value, list):
        for part in value:
            yield from walk(part, name)


def entry(name, value):
    """The severity of an entry of Trivy or nuclei; None where the object is none. An entry without one has an empty one."""
    if name in ("Vulnerabilities", "Licenses", "Secrets", "Misconfigurations") and "Results" not in value:
        return None if value.get("Status") == "PASS" else value.get("Severity", "")
    if name is None and "info" in value:
        return value["info"].get("severity", "")
    return None


def count_json(text, pairs):
    severities = Counter()
    nikto = 0
    for name, value in walk(documents(text)):
        severity = entry(name, value)
        if severity is not None:
            word = severity.lower() or "unknown"
            severities["none" if word == "info" else word] += 1
        nikto += len(value.get("vulnerabilities", []))
        for vector, score in (("V3Vector", "V3Score"), ("cvss-metrics", "cvss-score")):
            if vector in value and score in value:
                pairs.append([value[vector], value[score]])
    return sum(severities.values()) + nikto, None if nikto else severities


def main():
    pairs, files = [], {}
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8-sig") as file:
            text = file.read()
        if text.strip() in ("", "null"):
            files[path] = {"entries": 0, "severities": {}}
            continue
        count = xml if text.lstrip().startswith("<") else count_json
        entries, severities = count(text, pairs)
        files[path] = {"entries": entries, "severities": severities}
    json.dump({"files": files, "pairs": pairs}, sys.stdout)


main()

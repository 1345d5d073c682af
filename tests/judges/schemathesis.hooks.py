"""Where a generated request is helped along, and why.

An example that is valid by the schema may still be refused for what no schema can say: a parent that does not exist,
two phases of one name, a page token that somebody made up, more bytes than an object may have, a count written as 1.0
(which JSON Schema takes for an integer). Such examples are made right before they are sent (only in positive mode: what is meant to be wrong stays
wrong). And most random ids name no job, so that random requests would only ever see 404: most valid ids are replaced
by one of a job that is just in the state wanted.
"""

import http.client
import json
import os
import re
import zlib

import requests
import schemathesis
from hypothesis.errors import Flaky
from schemathesis.engine import Status
from schemathesis.engine.run.stateful import _executor as stateful

URL = os.environ["MILEPOST_URL"]
TOKEN = os.environ.get("MILEPOST_TOKEN")
JOBS = f"{URL}/v1/projects/acme/jobs"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
STATES = ["queued", "running", "cancelling", "completed", "failed", "cancelled"]
FAILED = {"type": "failed", "error": {"code": "broken", "message": "It broke"}}
REPORTS = {
    "queued": [],
    "running": [{"type": "started"}, {"type": "phase", "name": "work", "total": 10}],
    "cancelling": [{"type": "started"}],
    "completed": [{"type": "started"}, {"type": "completed", "result": {"n": 1}}],
    "failed": [FAILED],
    "cancelled": [],
}

# Silent for the whole run, and yet not given up.
CREATION = {"kind": "judged", "lease_seconds": 3600, "lost_after_seconds": 86400}

session = requests.Session()
if TOKEN:
    session.headers["Authorization"] = f"Bearer {TOKEN}"
made = 0


def say(url, body):
    response = session.post(url, json=body, timeout=30)
    assert response.ok, (response.status_code, response.text)
    return response


def job(state):
    """The id of a new job in this state."""
    global made
    made += 1
    name = f"{state}-{os.getpid()}-{made}"
    answer = session.put(f"{JOBS}/{name}", json=CREATION | {"title": state}, timeout=30)
    assert answer.status_code == 201, answer.text
    if REPORTS[state]:
        say(f"{JOBS}/{name}/reports", REPORTS[state])
    if state in ("cancelling", "cancelled"):
        say(f"{JOBS}/{name}/cancel", {})
    return name


# What readers find; those who change something get a job of their own.
SEEDS = {state: job(state) for state in STATES}
CHANGES = ("reportOnJob", "cancelJob", "retryJob", "deleteJob")
PAGE = session.get(f"{JOBS}?limit=1", timeout=30).json()["page"]


def pick(text, most):
    """A number below `most` that depends on nothing but the text, so that a seed gives the same run again."""
    return zlib.crc32(text.encode("utf-8", "replace")) % most


def is_name(value):
    return isinstance(value, str) and NAME.fullmatch(value) is not None


def instead(value, fresh):
    """Seven of eight valid ids become one of a job that exists."""
    if not is_name(value) or value.startswith(tuple(STATES)) or pick(value, 8) == 3:
        return value
    state = STATES[pick(value, len(STATES))]
    return job(state) if fresh else SEEDS[state]


def unique(name):
    """An id that was never given: Hypothesis repeats its chains, and a service that remembers answers otherwise then."""
    global made
    made += 1
    return f"{name[:40]}.{os.getpid()}.{made}"


def seconds(value):
    """A long wait, but for a few, becomes a second: it is the same request, and the run is to end."""
    if type(value) is int and 1 < value < 2**64 and pick(str(value), 32):
        return 1
    return value


def whole(value):
    """The same value without a number like 1.0."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, list):
        return [whole(one) for one in value]
    if isinstance(value, dict):
        return {name: whole(one) for name, one in value.items()}
    return value


def right(body, project):
    """Makes a creation or a report what it was meant to be: valid."""
    body = whole(body)
    if not isinstance(body, dict):
        return body
    if is_name(body.get("parent")):
        body["parent"] = SEEDS["running"] if project == "acme" else None
    if isinstance(body.get("phases"), list):
        body["phases"] = list({p["name"]: p for p in body["phases"]}.values())
    for name, most in (("metadata", 2048), ("data", 1024), ("result", 16384), ("details", 16384)):
        if len(json.dumps(body.get(name), ensure_ascii=False).encode("utf-8", "replace")) > most:
            body[name] = {}
    return body


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """A service without credentials asks for none, so there it is not judged by whether it does."""
    if not TOKEN:
        for operations in raw_schema["paths"].values():
            for operation in operations.values():
                operation.pop("security", None)


@schemathesis.hook
def before_call(context, case, kwargs):
    operation = case.operation.definition.raw["operationId"]
    positive = case.meta is None or case.meta.generation.mode.is_positive
    path, query = case.path_parameters, case.query
    if "project" in path and is_name(path["project"]) and pick(path["project"], 8) != 3:
        path["project"] = "acme"
    # In a chain of requests the ids are those that the service gave.
    chained = case.meta is not None and case.meta.phase.name.value == "stateful"
    if chained and operation == "putJob" and is_name(path.get("id")):
        path["id"] = unique(path["id"])
    if path.get("project") == "acme" and "id" in path and operation != "putJob" and not chained:
        path["id"] = instead(path["id"], operation in CHANGES)
    if isinstance(query, dict):
        if "wait" in query:
            query["wait"] = seconds(query["wait"])
        if positive and operation == "listJobs" and isinstance(query.get("page"), str):
            query["page"] = PAGE
        if isinstance(query.get("job"), list):
            query["job"] = [instead(one, False) for one in query["job"]]
    if operation == "reportOnProject":
        for item in case.body if isinstance(case.body, list) else [case.body]:
            if isinstance(item, dict) and "job" in item:
                item["job"] = instead(item["job"], True)
    if positive and isinstance(case.body, dict | list):
        case.body = right(case.body, path.get("project"))


@schemathesis.hook
def filter_case(context, case):
    """Lines are text, and whatever is sent as text is text: there is no wrong type to try."""
    return case.media_type != "application/x-ndjson" or isinstance(case.body, str | bytes)


@schemathesis.deserializer("application/openmetrics-text")
def metrics(context, response):
    return response.content.decode("utf-8")


@schemathesis.serializer("application/x-ndjson")
def lines(context, value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


def close_after_upgrade(response, check=http.client.HTTPResponse._check_close):
    """After 101 the connection speaks another protocol; Python's client would send the next request on it."""
    return response.status == http.client.SWITCHING_PROTOCOLS or check(response)


http.client.HTTPResponse._check_close = close_after_upgrade


def go_on(error, *, ctx, settings, judge=stateful._classify_suite_error, **rest):
    """A chain that went otherwise when it was repeated ends the whole phase, and counts as a success. It ends only
    that suite: the next one begins with the next seed, until as many chains ran as were wanted."""
    status, again, told = judge(error, ctx=ctx, settings=settings, **rest)
    unfinished = ctx.completed_scenarios < settings.max_examples
    if status == Status.SUCCESS and not told and isinstance(error, Flaky) and unfinished:
        again = True
    return status, again, told


stateful._classify_suite_error = go_on

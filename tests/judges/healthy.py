"""Healthy callers for the judge of slow ones: reads, reports and one viewer, at a steady pace for as long as it runs.

Writes one line for each answer: when it was asked for, what it was (get, report, delivery), milliseconds it took; -1 =
it failed. Usage: healthy.py PORT. Comes from an address of its own, so that the connections of others can be told.
"""

import asyncio
import gc
import json
import sys
import time

ADDRESS = "127.0.0.9"
PORT = int(sys.argv[1])
JOBS = 20
GETS_PER_SECOND = 100
REPORTS_PER_SECOND = 10
PATH = "/v1/projects/acme"
told = {}


def note(asked, what, seconds):
    print(f"{asked:.4f} {what} {seconds * 1000:.3f}", flush=True)


async def connect():
    return await asyncio.open_connection("127.0.0.1", PORT, local_addr=(ADDRESS, 0))


async def request(method, path, body=None):
    text = "" if body is None else json.dumps(body)
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\nConnection: close\r\n"
    if body is not None:
        head += f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n"
    reader, writer = await connect()
    writer.write(f"{head}\r\n{text}".encode())
    answer = await reader.read()
    writer.close()
    if not answer.startswith(b"HTTP/1.1 2"):
        raise OSError(answer[:200])
    return answer


async def timed(what, *arguments):
    asked, began = time.time(), time.perf_counter()
    try:
        await asyncio.wait_for(request(*arguments), 10)
        note(asked, what, time.perf_counter() - began)
    except (OSError, asyncio.TimeoutError) as error:
        print(what, repr(error), file=sys.stderr)
        note(asked, what, -1e-3)


async def watch():
    while True:
        reader, writer = await connect()
        writer.write(f"GET {PATH}/events HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\n\r\n".encode())
        while line := await reader.readline():
            if not line.startswith(b"data: "):
                continue
            notices = json.loads(line[6:]).get("data", {}).get("notices") or {"recent": []}
            for one in notices["recent"]:
                if sent := told.pop(one["message"], None):
                    note(sent[0], "delivery", time.perf_counter() - sent[1])
        writer.close()


async def pace(per_second, each):
    tasks, began, number = set(), time.perf_counter(), 0
    while True:
        number += 1
        await asyncio.sleep(max(0, began + number / per_second - time.perf_counter()))
        task = asyncio.create_task(each(number))
        tasks.add(task)
        task.add_done_callback(tasks.discard)


async def read(number):
    await timed("get", "GET", f"{PATH}/jobs/h{number % JOBS}")


async def report(number):
    message = f"notice {number}"
    told[message] = (time.time(), time.perf_counter())
    await timed("report", "POST", f"{PATH}/jobs/h{number % JOBS}/reports",
                {"type": "notice", "level": "info", "code": "healthy", "message": message})


async def main():
    for number in range(JOBS):
        job = f"{PATH}/jobs/h{number}"
        await request("PUT", job, {"kind": "scan"})
        await request("POST", f"{job}/reports", {"type": "started", "worker": "healthy"})
    await asyncio.gather(watch(), pace(GETS_PER_SECOND, read), pace(REPORTS_PER_SECOND, report))


gc.disable()
asyncio.run(main())

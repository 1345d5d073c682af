"""The judge of slow callers: see the script `slowhttptest` beside it. Usage: slow.py BINARY DIRECTORY [ATTACK ...]"""

import collections
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

BINARY, DIRECTORY, CHOSEN = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:]
HERE = pathlib.Path(__file__).parent
HEALTHY = "127.0.0.9"

CUT_WITHIN = 20.0
SAMPLING = 0.25  # how exactly the end of a connection is seen
QUIET = 22.0  # seconds of quiet time that an attack is compared with
JOBS = 400

SLOW = "/v1/projects/slow"
# Where these are is in the page: the largest files there are, and nothing has to be asked of Postgres for them.
SCRIPT, STYLE = r'<script[^>]* src="(/[^"]+)"', r'<link rel="stylesheet"[^>]* href="(/[^"]+)"'
READ = ["-X", "-w", "10", "-y", "20", "-n", "5", "-z", "32"]
# Many connections at once; where each of them asks for half a megabyte it is fewer, since that is work, not slowness.
MANY, SOME = ["-c", "1000", "-r", "200"], ["-c", "300", "-r", "20"]
ATTACKS = {
    "headers": ["-H", "-i", "3", "-x", "24", *MANY, "-u", f"{SLOW}/jobs"],
    "body": ["-B", "-i", "3", "-x", "24", "-s", "8192", "-f", "application/json", *MANY, "-u", f"{SLOW}/jobs"],
    "range": ["-R", "-a", "1", "-b", "3000", *MANY, "-u", SCRIPT],
    "read-page": [*READ, "-k", "10", *MANY, "-u", STYLE],
    "read-script": [*READ, *MANY, "-u", SCRIPT],
    "read-openapi": [*READ, *MANY, "-u", "/openapi.json"],
    "read-list": [*READ, *SOME, "-u", f"{SLOW}/jobs?limit=1000"],
    "read-poll": [*READ, *SOME, "-m", "application/json", "-u", f"{SLOW}/progress?limit=1000&wait=25"],
    "read-events": [*READ, *SOME, "-m", "text/event-stream", "-u", f"{SLOW}/events"],
    "read-default": ["-X", "-k", "10", *MANY, "-u", STYLE],
}
# slowhttptest spins on its sockets and takes a whole core, as it would of another machine; so it gets one of its own,
# with this judge, and the service, its Postgres and the healthy callers share what is left, in quiet time just so.
*OURS, THEIRS = sorted(os.sched_getaffinity(0))
HELD = {"01", "04", "08", "09", "0B"}  # established, or closed with bytes that the peer has not acknowledged


class Service:
    def __init__(self):
        self.data = tempfile.mkdtemp(prefix="milepost-slow-")
        os.chmod(self.data, 0o755)
        self.log = open(DIRECTORY / "service.log", "w+")
        command = [BINARY, "serve", "--listen", "127.0.0.1:0", "--data-dir", f"{self.data}/pg"]
        environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL" and not k.startswith("MILEPOST_")}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True, env=environment)
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            sys.exit(f"the service did not come up: see {self.log.name}")
        self.port = int(line.strip().rsplit(":", 1)[1])

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20, source_address=(HEALTHY, 0))
        headers = {"Content-Type": "application/json"} if body is not None else {}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        self.answered = answer.read().decode()
        connection.close()
        return answer.status

    def path(self, path):
        """Itself, or what the page at / names there."""
        if path not in (SCRIPT, STYLE):
            return path
        self.ask("GET", "/")
        return re.search(path, self.answered)[1]

    def fill(self):
        filler = {f"key{n}": "x" * 100 for n in range(8)}
        for number in range(JOBS):
            body = {"kind": "scan", "title": f"job {number}", "metadata": filler}
            status = self.ask("PUT", f"{SLOW}/jobs/j{number}", body)
            assert status == 201, status

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def memory(self):
        """Resident, in MiB."""
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) // 1024
        return 0

    def connections(self):
        """The peers of all connections the machine holds for callers that are not healthy."""
        port = f":{self.port:04X}"
        healthy = "".join(f"{int(n):02X}" for n in reversed(HEALTHY.split(".")))
        for line in open("/proc/net/tcp").readlines()[1:]:
            local, peer, state = line.split()[1:4]
            if local.endswith(port) and state in HELD and not peer.startswith(healthy):
                yield peer

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        shutil.rmtree(self.data, ignore_errors=True)
        return code


class Healthy:
    def __init__(self, port):
        command = [sys.executable, HERE / "healthy.py", str(port)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                                        stderr=open(DIRECTORY / "healthy.log", "w"))
        self.samples = []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            asked, what, millis = line.split()
            self.samples.append((float(asked), what, float(millis)))

    def between(self, since, until):
        """For each kind of answer: how many, how many failed, the middle, the 99th percentile."""
        kinds = collections.defaultdict(list)
        for asked, what, millis in list(self.samples):
            if since <= asked < until:
                kinds["request" if what != "delivery" else what].append(millis)
        result = {}
        for what, times in kinds.items():
            fine = sorted(t for t in times if t >= 0)
            at = lambda part: fine[min(len(fine) - 1, int(part * len(fine)))] if fine else float("inf")
            result[what] = (len(times), len(times) - len(fine), at(0.5), at(0.99))
        return result


def attack(service, name, options):
    """Runs an attack until none of its connections is left. How long each lived, and what was seen meanwhile."""
    *options, path = options
    log = open(DIRECTORY / f"{name}.log", "w")
    command = ["slowhttptest", *options, f"http://127.0.0.1:{service.port}{path}", "-l", "60", "-p", "3", "-v", "1"]
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    first, last, memory, most, began = {}, {}, 0, 0, time.monotonic()
    while time.monotonic() - began < 60:
        now, here = time.monotonic(), 0
        for peer in service.connections():
            here += 1
            first.setdefault(peer, now)
            last[peer] = now
        memory, most = max(memory, service.memory()), max(most, here)
        # The tool may hold on to connections that we have long reset: its end is not waited for.
        if (here == 0 and first and now - began > 8) or (process.poll() is not None and here == 0):
            break
        time.sleep(SAMPLING)
    process.send_signal(signal.SIGKILL)
    process.wait()
    lives = [last[peer] - first[peer] for peer in first]
    return lives, most, memory, time.monotonic() - began


def show(figures):
    kinds = (f"{what} n={n} failed={failed} p50={p50:.1f} p99={p99:.1f} ms"
             for what, (n, failed, p50, p99) in sorted(figures.items()))
    return "; ".join(kinds)


def judge(service, healthy, name, options):
    """One attack. Answers what was wrong."""
    wrong = []
    quiet_since = time.time()
    time.sleep(QUIET)
    descriptors, since = service.descriptors(), time.time()
    lives, most, memory, lasted = attack(service, name, options)
    until = time.time()
    time.sleep(2)
    before, during = healthy.between(quiet_since, since), healthy.between(since, until)
    print(f"{name}: {' '.join(options)}")
    print(f"  connections {len(lives)}, at most {most} at once, longest {max(lives, default=0):.1f} s, "
          f"all gone after {lasted:.1f} s; resident {memory} MiB; "
          f"descriptors {descriptors} before, {service.descriptors()} after")
    print(f"  quiet:  {show(before)}")
    print(f"  attack: {show(during)}", flush=True)
    if not lives:
        wrong.append("no connection was made")
    if max(lives, default=0) > CUT_WITHIN + SAMPLING or any(service.connections()):
        wrong.append(f"not every connection was cut within {CUT_WITHIN:.0f} s")
    if service.descriptors() > descriptors + 16:
        wrong.append("descriptors are left")
    if any(failed for _, failed, _, _ in during.values()):
        wrong.append("healthy callers failed")
    if during["request"][3] >= 2 * before["request"][3]:
        wrong.append("the 99th percentile of healthy requests doubled")
    return wrong


def main():
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    try:
        os.nice(-20)  # all that is started from here alike, so that what else the machine does counts less
    except OSError:
        print("other processes count: priority may not be raised here")
    os.sched_setaffinity(0, OURS or {THEIRS})
    if not OURS:
        print("one core: the attacker's own work counts as ours")
    service = Service()
    try:
        service.fill()
        healthy = Healthy(service.port)
        os.sched_setaffinity(0, {THEIRS})
        time.sleep(5)
        found = {}
        for name, options in ATTACKS.items():
            if CHOSEN and name not in CHOSEN:
                continue
            options = [*options[:-1], service.path(options[-1])]
            if name == "read-openapi" and service.ask("GET", options[-1]) != 200:
                print(f"{name}: not served by this binary")
                continue
            if wrong := judge(service, healthy, name, options):
                found[name] = wrong
                print(f"  WRONG: {'; '.join(wrong)}", flush=True)
        healthy.process.kill()
        if service.ask("GET", "/readyz") != 200:
            found["after"] = ["the service is not ready"]
    finally:
        code = service.stop()
    log = (DIRECTORY / "service.log").read_text()
    if code != 0 or "panicked" in log:
        found["service"] = [f"it ended with {code}, see service.log"]
    for name, wrong in found.items():
        print(f"{name}: {'; '.join(wrong)}")
    print(f"{len(found)} attacks with a finding" if found else "every slow connection was cut in time, and nobody else noticed")
    return bool(found)


sys.exit(main())

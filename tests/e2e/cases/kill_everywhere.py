"""kill -9 at every journal record: what is resumed ends released or rolled back, nothing twice, and nobody notices.

One release is killed again and again, at each of its records once, and so is its undo. With OSTLER_E2E_POINTS=1/1
(an hour) a release of its own is killed at each record instead, and resumed to its end; 1/2 takes every second record,
2/2 the others.
"""
import json
import os
import signal
import time

from bench import TENANTS, check, difference, kubectl, modules, world

QUICK = {"weights": "[ 50, 100 ]", "hold": "1s"}
LONGEST = 240
NEVER_BEGAN = "never began"


def lines_of(bench, old=()):
    """The complete records of the run that is not an old one, as they stand in its file."""
    paths = [path for path in bench.state.glob("runs/*/journal.jsonl") if path not in old]
    text = paths[0].read_bytes() if paths else b""
    return text[:text.rfind(b"\n") + 1].splitlines()


def place(line):
    """What a record stands for: its kind, its step, its direction."""
    record = json.loads(line)
    body = record["body"]
    return record["kind"], body.get("step", ""), body.get("direction", "")


def kill_when(bench, words, ready):
    """Starts ostler and kills it as soon as `ready` likes the journal; False when it came to its end before.

    NEVER_BEGAN when there was nothing to resume.
    """
    process = bench.start(*words)
    deadline = time.monotonic() + LONGEST
    while not ready() and process.poll() is None:
        check(time.monotonic() < deadline, f"ostler {words[0]} did not get on: {lines_of(bench)[-1:]}")
        time.sleep(0.0002)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    said = process.communicate()[0]
    if process.returncode == 2 and "was ended before it began" in said:
        return NEVER_BEGAN
    check(process.returncode in (0, 20, -signal.SIGKILL), f"ostler {words[0]} ended {process.returncode}:\n{said[-3000:]}")
    return process.returncode == -signal.SIGKILL


def check_end(bench, before, code):
    records = bench.journal()
    check(records[-1]["kind"] == "RUN_CLOSE", f"the run is not closed: {records[-1]}")
    opnos = [one["opno"] for one in records if one["kind"] == "INTENT"]
    check(len(opnos) == len(set(opnos)), "an operation number was used twice")
    if code == 20:
        check(not difference(before, world()), "rolled back, but not as before: " + "; ".join(difference(before, world())))
        return
    web = kubectl("get", "deployment", "odoo-web", "-o", "jsonpath={.spec.template.spec.containers[0].image}")
    check("canary" not in kubectl("get", "deployments,services", "-o", "name"), "a canary is left")
    check(web in kubectl("get", "deployment", "odoo-cron", "-o", "jsonpath={.spec.template.spec.containers[0].image}"),
          "web and cron run different images")
    for tenant in TENANTS:
        check(modules(tenant)["pos_retail"] == ("installed", "18.0.2.0"), f"{tenant}: {modules(tenant)}")


def check_shoppers(shopping, where):
    check(shopping["failed"] == 0 and shopping["lost"] == 0 and shopping["doubled"] == 0,
          f"{where}: shoppers noticed: {shopping}")


def kill_at_each_record(bench, first, again):
    """Runs `first`, then `again` and again; each is killed at the first record whose place was not killed at before."""
    killed, words, length = set(), first, 0
    old = set(bench.state.glob("runs/*/journal.jsonl"))

    def ready():
        return any(place(line) not in killed for line in lines_of(bench, old)[length:])

    while ending := kill_when(bench, words, ready):
        if ending == NEVER_BEGAN:  # killed before the first record was durable: nothing to resume
            old = set(bench.state.glob("runs/*/journal.jsonl"))
            length, words = 0, first
            continue
        lines = lines_of(bench, old)
        killed.update(map(place, lines[length:]))
        length, words = len(lines), again
    return len(killed)


def verdicts(bench):
    """What the gates of the newest run said, other than `pass`."""
    bodies = [one["body"] for one in bench.journal() if one["kind"] == "GATE"]
    return [f"{one['verdict']}: {one.get('reason')}" for one in bodies if one.get("verdict") not in (None, "pass")]


def killed_on_the_way_there(bench, before):
    """One release, killed at each record; gives how often, or None when a gate turned it back, as it may on a busy machine."""
    folder = bench.release("2", **QUICK)
    words = ("apply", folder / "environment.yaml", folder / "release.yaml", "--yes")
    there = kill_at_each_record(bench, words, ("resume", folder / "environment.yaml", "--yes"))
    if bench.journal()[-1]["body"].get("outcome") == "committed":
        check_end(bench, before, 0)
        check(there > 40, f"killed only {there} times on the way there")
        return there
    check(verdicts(bench), f"no gate turned the release back: {[one['kind'] for one in bench.journal()][-10:]}")
    bench.note(f"turned back after {there} kills and undone: {verdicts(bench)}")
    check_end(bench, before, 20)
    return None


def one_release_killed_everywhere(bench):
    for _ in range(3):
        bench.reset()
        before = world()
        buyers = bench.shoppers()
        if there := killed_on_the_way_there(bench, before):
            break
        check_shoppers(buyers.stop(), "turned back")
    check(there, "three releases were turned back by their gates")
    environment = bench.platform.environment_file
    done = kill_at_each_record(bench, ("rollback", environment, "--yes"), ("resume", environment, "--yes"))
    check(not difference(before, world()), "undone, but not as before: " + "; ".join(difference(before, world())))
    check_shoppers(buyers.stop(), "all the way")
    check(done > 20, f"killed only {done} times on the way back")
    bench.note(f"killed {there} times on the way there and {done} times on the way back")


def groups(records):
    """The number of records that were durable after each sync, the last left out: behind it the run is closed."""
    return [at + 1 for at in range(len(records) - 1) if records[at + 1]["g"] != records[at]["g"]]


def a_release_for_each_record(bench):
    bench.reset()
    folder = bench.release("2", **QUICK)
    buyers = bench.shoppers()
    bench.apply(folder, expect=0)
    check_shoppers(buyers.stop(), "not killed")
    endings = {0: 0, 20: 0}
    part, parts = map(int, os.environ["OSTLER_E2E_POINTS"].split("/"))
    points = groups(bench.journal())[part - 1::parts]
    for point in points:
        bench.reset()
        bench.fresh_state(f"state-{point}")
        before = world()
        buyers = bench.shoppers()
        words = ("apply", folder / "environment.yaml", folder / "release.yaml", "--yes")
        if kill_when(bench, words, lambda: len(lines_of(bench)) >= point):
            code = bench.ostler("resume", folder / "environment.yaml", "--yes", timeout=900).returncode
        else:  # the last records follow each other faster than a process can be killed
            code = 0
        check_shoppers(buyers.stop(), f"point {point}")
        check(code in (0, 20), f"point {point}: resume ended {code}")
        endings[code] += 1
        try:
            check_end(bench, before, code)
        except Exception as trouble:
            raise type(trouble)(f"point {point}: {trouble}") from None
    bench.note(f"{len(points)} points; {endings[0]} went on to the end, {endings[20]} were rolled back")


def case(bench):
    if os.environ.get("OSTLER_E2E_POINTS"):
        a_release_for_each_record(bench)
    else:
        one_release_killed_everywhere(bench)

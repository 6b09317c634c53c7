"""kill -9 behind the journal's records of a whole release: a resume ends released or rolled back, and nobody notices.

Ten points spread over the release; OSTLER_E2E_POINTS=all takes every point.
"""
import os
import signal
import time

from bench import TENANTS, check, difference, kubectl, modules, world

QUICK = {"weights": "[ 50, 100 ]", "hold": "1s"}


def groups(records):
    """The number of records that were durable after each sync."""
    ends = [at + 1 for at, record in enumerate(records) if at + 1 == len(records) or records[at + 1]["g"] != record["g"]]
    return ends[:-1]  # behind the last one the run is closed


def journal_length(bench):
    paths = sorted(bench.state.glob("runs/*/journal.jsonl"))
    return paths[-1].read_bytes().count(b"\n") if paths else 0


def kill_behind(bench, folder, records):
    """Starts a release and kills it as soon as its journal holds that many records; False when it was through before."""
    process = bench.start("apply", folder / "environment.yaml", folder / "release.yaml", "--yes")
    deadline = time.monotonic() + 240
    while journal_length(bench) < records and process.poll() is None:
        check(time.monotonic() < deadline, f"the journal never reached {records} records")
        time.sleep(0.0002)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def check_end(bench, before, code):
    web = kubectl("get", "deployment", "odoo-web", "-o", "jsonpath={.spec.template.spec.containers[0].image}")
    records = bench.journal()
    check(records[-1]["kind"] == "RUN_CLOSE", f"the run is not closed: {records[-1]}")
    opnos = [one["opno"] for one in records if one["kind"] == "INTENT"]
    check(len(opnos) == len(set(opnos)), "an operation number was used twice")
    if code == 20:
        check(not difference(before, world()), "rolled back, but not as before: " + "; ".join(difference(before, world())))
        return
    check("canary" not in kubectl("get", "deployments,services", "-o", "name"), "a canary is left")
    check(web in kubectl("get", "deployment", "odoo-cron", "-o", "jsonpath={.spec.template.spec.containers[0].image}"),
          "web and cron run different images")
    for tenant in TENANTS:
        check(modules(tenant)["pos_retail"] == ("installed", "18.0.2.0"), f"{tenant}: {modules(tenant)}")


def case(bench):
    bench.reset()
    before = world()
    folder = bench.release("2", **QUICK)
    buyers = bench.shoppers()
    bench.apply(folder, expect=0)
    buyers.stop()
    points = groups(bench.journal())
    if os.environ.get("OSTLER_E2E_POINTS") != "all":
        points = sorted({points[at * (len(points) - 1) // 9] for at in range(10)})
    endings = {0: 0, 20: 0}
    for point in points:
        bench.reset()
        bench.fresh_state(f"state-{point}")
        buyers = bench.shoppers()
        if not kill_behind(bench, folder, point):
            check(point == points[-1], f"point {point}: the release was through before it could be killed")
            buyers.stop()
            continue
        done = bench.ostler("resume", folder / "environment.yaml", "--yes", timeout=900)
        shopping = buyers.stop()
        check(done.returncode in (0, 20), f"point {point}: resume ended {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        endings[done.returncode] += 1
        check(shopping["failed"] == 0 and shopping["lost"] == 0 and shopping["doubled"] == 0,
              f"point {point}: shoppers noticed: {shopping}")
        try:
            check_end(bench, before, done.returncode)
        except Exception as trouble:
            raise type(trouble)(f"point {point}: {trouble}") from None
    bench.note(f"{len(points)} points; {endings[0]} went on to the end, {endings[20]} were rolled back")

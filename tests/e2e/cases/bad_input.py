"""Whatever a user or a server does wrong: the contract's exit code, a message that helps, and nothing touched."""
import os
import re
import signal
import time

from bench import Failed, check, difference, world

CANARY = "wr0ng-c4nary-pw"


def no_secret(done, what):
    for secret in (CANARY, os.environ["OSTLER_S3_SECRET"], os.environ["OSTLER_REGISTRY_PASSWORD"],
                   re.search(r":([^:@/]+)@", os.environ["OSTLER_PG_MAIN"]).group(1)):
        check(secret not in done.stdout + done.stderr, f"{what}: a secret is in the output")


def refused(bench, what, folder, code, *words, command="apply", **environment):
    """Runs a command that has to be refused: its code, words of its message, nothing changed."""
    more = ["--yes"] if command == "apply" else []
    done = bench.ostler(command, folder / "environment.yaml", folder / "release.yaml", *more, **environment)
    text = done.stdout + done.stderr
    check(done.returncode == code, f"{what}: exit {done.returncode}, expected {code}:\n{text[-3000:]}")
    for word in words:
        check(word in text, f"{what}: the message does not say '{word}':\n{text[-3000:]}")
    no_secret(done, what)
    for sign in ("terminate called", "Segmentation", "what():", "error: failed"):
        check(sign not in text, f"{what}: says '{sign}'")
    changed = difference(bench.before, world())
    check(not changed, f"{what}: something was touched: {changed}")


def files(bench):
    folder = bench.release()
    bench.environment(folder, "protection: ask", "protecton: ask")
    bench.environment(folder, "apiPort: 8080", "apiPort: eighty")
    lines = (folder / "environment.yaml").read_text().splitlines()
    line = 1 + next(at for at, text in enumerate(lines) if text.startswith("protecton"))
    refused(bench, "two mistakes in environment.yaml", folder, 3, f"environment.yaml:{line}:1: error:", "protecton",
            "Did you mean 'protection'?", "apiPort")
    folder = bench.release(hold="10 seconds", weights="[ 5, 50, 25, 100 ]")
    refused(bench, "two mistakes in release.yaml", folder, 3, "release.yaml:", "hold", "weights")
    folder = bench.release()
    (folder / "release.yaml").unlink()
    refused(bench, "no release.yaml", folder, 3, "release.yaml")
    folder = bench.release()
    named = folder / ".ostler/env/production"
    named.mkdir(parents=True)
    (folder / "environment.yaml").rename(named / "environment.yaml")
    done = bench.ostler("-C", folder, "apply", "production", "--yes", expect=3)
    check(f"is for the environment '{bench.platform.environment_name}', not 'production'" in done.stdout + done.stderr,
          f"another environment's file: {done.stderr}")


def servers(bench):
    folder = bench.release()
    bench.environment(folder, ":9090", ":9099")
    refused(bench, "a dead Prometheus", folder, 14, ":9099")
    folder = bench.release()
    bench.environment(folder, "clusterUid: 05713e55", "clusterUid: 15713e55")
    refused(bench, "another cluster", folder, 10, "05713e55-0000-4000-8000-0000c1057e12")
    folder = bench.release()
    wrong = re.sub(r":([^:@/]+)@", f":{CANARY}@", os.environ["OSTLER_PG_MAIN"])
    refused(bench, "a wrong password", folder, 4, "postgres", OSTLER_PG_MAIN=wrong)
    dead = os.environ["OSTLER_PG_MAIN"].replace(":5432", ":5499")
    refused(bench, "a dead PostgreSQL", folder, 14, "5499", OSTLER_PG_MAIN=dead)
    refused(bench, "no right to change", folder, 10, "patch", KUBECONFIG=os.environ["KUBECONFIG_READER"])
    folder = bench.release(tag="no-such-version")
    refused(bench, "an image that is not there", folder, 10, "no-such-version")


def plans(bench):
    folder = bench.release(weights="[ 50, 100 ]", hold="1s")
    saved = bench.folder / "canary.ostlerplan"
    bench.ostler("plan", folder / "environment.yaml", folder / "release.yaml", "--out", saved, expect=0)
    text = saved.read_text()
    changed = re.sub(r'"weight": ?50', '"weight": 51', text, count=1)
    check(changed != text, "the plan file holds no weight of 50")
    saved.write_text(changed)
    done = bench.ostler("apply", saved, "--yes")
    check(done.returncode == 3, f"a changed plan file: exit {done.returncode}: {done.stderr}")
    saved.write_text(text)
    from bench import kubectl
    kubectl("scale", "deployment", "odoo-cron", "--replicas", "2")
    try:
        done = bench.ostler("apply", saved, "--yes")
        check(done.returncode == 13, f"a stale plan: exit {done.returncode}: {done.stdout}{done.stderr}")
        check("odoo-cron" in done.stdout + done.stderr, f"the stale fact is not named: {done.stderr}")
    finally:
        kubectl("scale", "deployment", "odoo-cron", "--replicas", "1")


def wait_for(bench, process, kind, count=1):
    deadline = time.monotonic() + 180
    while True:
        if process.poll() is not None:
            raise Failed(f"ostler ended early: {process.returncode}: {process.stdout.read()}")
        check(time.monotonic() < deadline, f"no {count} {kind} records in time")
        try:
            if sum(one["kind"] == kind for one in bench.journal()) >= count:
                return
        except (Failed, ValueError):
            pass
        time.sleep(0.02)


def signals(bench):
    folder = bench.release(weights="[ 50, 100 ]", hold="20s")
    bench.fresh_state("state-signals")
    process = bench.start("apply", folder / "environment.yaml", folder / "release.yaml", "--yes")
    wait_for(bench, process, "INTENT", 3)
    second = bench.ostler("apply", folder / "environment.yaml", folder / "release.yaml", "--yes")
    check(second.returncode == 12, f"a second run at once: exit {second.returncode}: {second.stdout}{second.stderr}")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=300)
    check(process.returncode == 22, f"Ctrl-C once: exit {process.returncode}:\n{out[-2000:]}")
    check("ostler resume" in out, f"the next command is not named:\n{out[-2000:]}")
    process = bench.start("resume", folder / "environment.yaml", "--yes")
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    out, _ = process.communicate(timeout=60)
    check(process.returncode == 22, f"Ctrl-C twice: exit {process.returncode}:\n{out[-2000:]}")
    check(time.monotonic() - started < 5, "the second Ctrl-C did not end it at once")
    bench.ostler("abort", folder / "environment.yaml", "--yes", "--reason", "test", expect=20)
    changed = difference(bench.before, world())
    check(not changed, f"aborted, but not as before: {changed}")


def case(bench):
    bench.reset()
    bench.before = world()
    bench.shoppers()
    for part in (files, servers, plans, signals):
        part(bench)

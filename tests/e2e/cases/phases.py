"""The three phases alone, one after the other, and a hold from another terminal: together they are the whole release."""
import time

from bench import TENANTS, Failed, check, kubectl, modules


def image_of(workload):
    return kubectl("get", "deployment", workload, "-o", "jsonpath={.spec.template.spec.containers[0].image}")


def wait_for_step(bench, process):
    deadline = time.monotonic() + 120
    while True:
        if process.poll() is not None:
            raise Failed(f"ostler shift ended early, {process.returncode}: {process.stdout.read()[-3000:]}")
        check(time.monotonic() < deadline, "ostler shift did not begin")
        try:
            if any(one["kind"] == "INTENT" for one in bench.journal()):
                return
        except (Failed, ValueError):  # no journal yet, or half a line
            pass
        time.sleep(0.02)


def case(bench):
    bench.reset()
    buyers = bench.shoppers()
    folder = bench.release("2", weights="[ 50, 100 ]", hold="2s")
    files = (folder / "environment.yaml", folder / "release.yaml")
    old = image_of("odoo-web")
    bench.ostler("promote", *files, "--yes", expect=0)
    check(modules(TENANTS[0])["pos_retail"] == ("installed", "18.0.1.0"), "promote touched a database")
    bench.ostler("migrate", *files, "--yes", expect=0)
    for tenant in TENANTS:
        check(modules(tenant)["pos_retail"] == ("installed", "18.0.2.0"), f"{tenant}: {modules(tenant)}")
    check(image_of("odoo-web") == old, "migrate rolled the web")
    history = bench.ostler("history", files[0], expect=0).stdout
    check("promoted" in history and "migrated" in history, f"the history does not tell the phases:\n{history}")
    bench.fresh_state("state-shift")
    process = bench.start("shift", *files, "--yes")
    wait_for_step(bench, process)
    bench.ostler("hold", files[0], "--reason", "looking", expect=22)
    out = process.communicate(timeout=120)[0]
    check(process.returncode == 22, f"held: exit {process.returncode}:\n{out[-2000:]}")
    status = bench.ostler("status", "--json", expect=0).stdout
    check('"held"' in status, f"status does not say that it is held: {status}")
    bench.ostler("resume", files[0], "--yes", expect=0)
    shopping = buyers.stop()
    check(shopping["failed"] == 0 and shopping["lost"] == 0, f"shoppers noticed: {shopping}")
    for workload in ("odoo-web", "odoo-cron", "odoo-queue"):
        check(image_of(workload) != old, f"{workload} is still on the old image")
    bench.note(f"{shopping['requests']} requests, {shopping['failed']} failed")

"""X2: while the stores synchronise no release begins; jobs that wait during one hold it, and it goes on when they are done."""
import json

from bench import Failed, check, modules, sql
from scenario import begin, files, says, unchanged, unharmed, wait_for

NEEDS = "lab"
OWN_LAB = True

LATE_JOBS = """insert into queue_job (uuid, name, model_name, method_name, channel, state, date_created, records)
  select gen_random_uuid()::text, 'late', 'pos.order', 'sync', 'root', 'pending', now() at time zone 'utc' - interval '5 min',
  '{"ids": []}' from generate_series(1, 10)"""


def backlog():
    return int(sql("brio", "select count(*) from queue_job where state = 'pending' and method_name = 'sync'"))


def shifting(bench):
    """Whether a weight is being brought about."""
    try:
        steps = [one["body"].get("step") for one in bench.journal() if one["kind"] == "INTENT"]
    except (Failed, ValueError):  # no journal yet, or half a line
        return False
    plan = next(bench.state.glob("runs/*/plan.ostlerplan"), None)
    return plan is not None and "S12" in steps


def case(bench):
    begin(bench, "store-sync-peak")
    wait_for(lambda: backlog() >= 2000, "the stores' jobs")
    says(bench.apply(files(bench), expect=10), "store_sync_backlog", "already")
    unchanged(bench)
    wait_for(lambda: backlog() == 0, "the end of the peak")
    folder = files(bench, on_failure="hold")
    bench.fresh_state("state-held")
    process = bench.start("apply", folder / "environment.yaml", folder / "release.yaml", "--yes")
    wait_for(lambda: process.poll() is not None or shifting(bench), "the first weight")
    sql("brio", LATE_JOBS)
    out = process.communicate(timeout=300)[0]
    check(process.returncode == 22, f"jobs that wait: exit {process.returncode}:\n{out[-3000:]}")
    check("store_sync_delay" in out, f"the delay is not named:\n{out[-3000:]}")
    sql("brio", "delete from queue_job where name = 'late'")
    says(bench.ostler("resume", folder / "environment.yaml", "--yes", expect=0), "RELEASED")
    check(modules("brio")["pos_retail"] == ("installed", "18.0.2.0"), f"brio: {json.dumps(modules('brio'))}")
    unharmed(bench)

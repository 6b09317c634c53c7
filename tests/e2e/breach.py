"""The shared course of the breach cases: a bad image is stopped by its own numbers, undone, and nothing is left."""
import json
import os
import time

from bench import check, difference, world


def when(stamp):
    """Seconds since the epoch of an RFC 3339 time in UTC."""
    import datetime
    return datetime.datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp()


def events(bench):
    return [json.loads(line) for line in (bench.folder / "events.jsonl").read_text().splitlines()]


def last_canary_answer(shopping):
    """When the last answer of anything but version 1 arrived at a shopper, over all proxies."""
    return max(when(span["last"]) for versions in shopping["by_proxy"].values()
               for version, span in versions.items() if version not in ("1", "none") and span.get("last"))


def versions(shopping):
    return {version: span["requests"] for version, span in shopping["by_version"].items()}


def run_breach(bench, tag, canary_answers=True, **changes):
    """Applies `tag` under shoppers, demands exit 20 and an unchanged world; gives the events and the shopping."""
    bench.reset()
    before = world()
    buyers = bench.shoppers()
    folder = bench.release(tag, **changes)
    bench.apply(folder, "--json-into", bench.folder / "events.jsonl", expect=20)
    ended = time.time()
    bench.pause(5)  # shopping goes on after the rollback: failures then would be ours
    shopping = buyers.stop()
    seen = events(bench)
    bench.note(f"{shopping['requests']} requests, {shopping['failed']} failed while the bad version served, "
               f"by version {versions(shopping)}")
    changed = difference(before, world())
    check(not changed, "the world is not as before: " + "; ".join(changed))
    check(shopping["lost"] == 0, f"orders lost: {shopping}")
    late = shopping.get("last_failure")
    check(not late or when(late) < ended, f"a request failed after the rollback ended: {late}")
    check(seen[-1]["type"] == "result" and seen[-1]["exit_code"] == 20, f"the last event is {seen[-1]}")
    check(os.path.getsize(bench.folder / "events.jsonl") < 20e6, "too many events")
    if not canary_answers:
        check(set(shopping["by_version"]) <= {"1", "none"}, f"the bad version answered: {shopping['by_version']}")
    return seen, shopping


def check_speed(bench, seen, shopping):
    """From the sample that shows the breach to weight 0, and to the last answer of the canary at any proxy."""
    verdict = next(one for one in seen if one["type"] == "gate.verdict" and one["verdict"] == "breach")
    written = next(one for one in seen if one["seq"] > verdict["seq"] and one["type"] == "step.note"
                   and "weights" in json.dumps(one))
    to_write = when(written["ts"]) - when(verdict["ts"])
    bench.note(f"breach seen to weight 0 written: {to_write * 1000:.0f} ms")
    check(to_write < 0.5, f"weight 0 was written {to_write:.3f} s after the breach was seen")
    answered = (last_canary_answer(shopping) - when(written["ts"])) * bench.platform.speed
    bench.note(f"weight 0 written to the last answer of the canary: {answered * 1000:.0f} ms")
    check(answered < 2.5, f"the canary still answered {answered:.2f} s after weight 0")

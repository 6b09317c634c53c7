"""A finished release is undone: back at version 1, verified, shoppers undisturbed."""
import json

from bench import check, difference, world
from breach import versions


def case(bench):
    bench.reset()
    before = world()
    buyers = bench.shoppers()
    folder = bench.release("2", weights="[ 50, 100 ]", hold="3s")
    bench.apply(folder, expect=0)
    done = bench.ostler("rollback", folder / "environment.yaml", "--yes", "--reason", "INC-4411", "--json", expect=0)
    shopping = buyers.stop()
    bench.note(f"{shopping['requests']} requests, {shopping['failed']} failed, by version {versions(shopping)}")
    check(shopping["failed"] == 0 and shopping["lost"] == 0, f"shoppers noticed: {shopping}")
    changed = difference(before, world())
    check(not changed, "the world is not as before: " + "; ".join(changed))
    last = json.loads(done.stdout)
    check(last.get("exit_code", 0) == 0, f"the result is {last}")
    history = bench.ostler("history", folder / "environment.yaml", expect=0).stdout
    check("INC-4411" in history, f"the reason is not in the history:\n{history}")

"""X3: a version that the tills cannot speak with is stopped at its first weight, though every answer of it has status 200."""
from bench import check
from scenario import begin, files, says, unchanged, unharmed

NEEDS = "lab"
OWN_LAB = True


def case(bench):
    begin(bench, "changed-contract")
    done = bench.apply(files(bench), expect=20)
    says(done, "orders_refused", "ROLLED BACK")
    unchanged(bench)
    unharmed(bench, failures=20)
    failures = bench.platform.shopping().get("failures", [])
    check(all(one["path"] == "/pos/sync" and one["version"] == "2" for one in failures), f"others failed too: {failures}")

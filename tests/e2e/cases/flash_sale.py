"""X1: in a flash sale an ordinary release is stopped by latency and undone; an urgent one goes through."""
from scenario import begin, files, says, unchanged, unharmed

NEEDS = "lab"
OWN_LAB = True


def case(bench):
    begin(bench, "flash-sale")
    folder = files(bench)
    done = bench.apply(folder, expect=20)
    says(done, "over its limit", "ROLLED BACK")  # of latency or checkout_time, whichever has its samples first
    unchanged(bench)
    folder = files(bench, release_name="2026.11.2-urgent", gates="[ errors, orders_lost, orders_refused ]")
    says(bench.apply(folder, expect=0), "RELEASED")
    unharmed(bench)

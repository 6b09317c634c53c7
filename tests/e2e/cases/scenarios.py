"""Each further scenario file, with its expected exit code and words: the release that a reader of the manual would try in it."""
from bench import sql
from scenario import begin, files, says, unchanged, unharmed, wait_for

NEEDS = "lab"
OWN_LAB = True

OLDEST = """select coalesce(max(extract(epoch from clock_timestamp() - xact_start)), 0) > 31 from pg_stat_activity
  where datname = 'alma' and pid <> pg_backend_pid()"""


def old_transaction():
    return sql("alma", OLDEST) == "t"


def scenario(name, code, *phrases, failures=0, once=None):
    """A case: the lab's release 2 in that scenario ends with that code and those words; `once` is waited for before."""
    def case(bench):
        begin(bench, name)
        if once:
            wait_for(once, f"what {name} begins with")
        says(bench.apply(files(bench), expect=code), *phrases)
        if code != 0:
            unchanged(bench)
        unharmed(bench, failures)
    return name, case


cases = dict([
    scenario("blind-prometheus", 10, "checkout_time of pool-a", "no data"),
    scenario("failing-canary", 20, "errors", "ROLLED BACK", failures=20),
    scenario("full-redis", 10, "redis", "OSTLER-D001"),
    scenario("late-packets", 0, "RELEASED"),
    scenario("long-transaction", 10, "OSTLER-P003", "tenant alma", once=old_transaction),
    scenario("lying-readiness", 20, "errors", "ROLLED BACK", failures=20),
    scenario("quota", 20, "exceeded quota", "ROLLED BACK"),
    scenario("slow-replica", 10, "OSTLER-P001", "not replayed"),
    scenario("stuck-proxy", 20, "every proxy to load", "ROLLED BACK"),
    scenario("throttled-registry", 14, "429"),
])

"""A version whose checkouts take 1.5 seconds is stopped by latency."""
from breach import check_speed, run_breach


def case(bench):
    seen, shopping = run_breach(bench, "2-slow")
    check_speed(bench, seen, shopping)

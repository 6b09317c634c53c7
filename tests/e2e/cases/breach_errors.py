"""A version that fails one checkout in five is stopped at the first gate, within the promised times."""
from breach import check_speed, run_breach


def case(bench):
    seen, shopping = run_breach(bench, "2-errors")
    check_speed(bench, seen, shopping)

"""A version whose health checks pass while every checkout fails is stopped by what shoppers get."""
from breach import check_speed, run_breach


def case(bench):
    seen, shopping = run_breach(bench, "2-lying")
    check_speed(bench, seen, shopping)

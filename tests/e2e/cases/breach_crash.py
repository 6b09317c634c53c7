"""A version that ends at its start never gets a shopper."""
from bench import check
from breach import run_breach


def case(bench):
    seen, _ = run_breach(bench, "2-crash", canary_answers=False)
    reason = seen[-1].get("reason", "")
    check("canary" in reason.lower() or "exit" in reason.lower(), f"the reason does not name the crash: {reason}")

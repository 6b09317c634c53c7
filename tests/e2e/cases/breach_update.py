"""A module update that dies half-way is found out, said by name, and no shopper notices."""
from bench import check, modules
from breach import run_breach


def case(bench):
    seen, shopping = run_breach(bench, "2-halfway", canary_answers=False)
    check(shopping["failed"] == 0, f"shoppers noticed: {shopping}")
    reason = seen[-1].get("reason", "")
    check("sale_omni" in reason or "pos_retail" in reason, f"the reason names no module: {reason}")
    check(not any(state.startswith("to ") for state, _ in modules("alma").values()), f"alma: {modules('alma')}")
    check(modules("brio")["sale_omni"] == ("installed", "18.0.1.0"), "a second tenant was touched after the first failed")

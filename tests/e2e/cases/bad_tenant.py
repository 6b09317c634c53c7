"""X4: one tenant's update of a release for all fails half-way: the tenant before it is put back, the one after it untouched."""
from bench import check, modules
from scenario import begin, files, says, touched, unchanged, unharmed

NEEDS = "lab"
OWN_LAB = True


def case(bench):
    begin(bench, "bad-tenant")
    before = {tenant: modules(tenant) for tenant in ("brio", "cedro")}
    done = bench.apply(files(bench), expect=20)
    says(done, "update brio", "ROLLED BACK")
    unchanged(bench)
    for tenant in ("alma", "brio", "cedro"):
        check(not touched(tenant), f"{tenant} is not as before")
        states = {state for state, _ in modules(tenant).values()}
        check(not any(state.startswith("to ") for state in states), f"{tenant} has an update under way: {states}")
    check(modules("cedro") == before["cedro"], f"cedro was touched: {modules('cedro')}")
    unharmed(bench)

"""Version 1 to 2 while shoppers buy at 50 requests per second through both proxies: nobody notices."""
import os

from breach import versions
from bench import TENANTS, check, kubectl, modules, tool


def case(bench):
    bench.reset()
    buyers = bench.shoppers()
    folder = bench.release("2")
    bench.apply(folder, "--json-into", bench.folder / "events.jsonl", expect=0)
    shopping = buyers.stop()
    bench.note(f"{shopping['requests']} requests, {shopping['failed']} failed, {shopping['lost']} lost, "
               f"by version {versions(shopping)}")
    check(shopping["requests"] > 1000, f"too few requests to judge: {shopping['requests']}")
    check(shopping["failed"] == 0, f"{shopping['failed']} requests failed: {shopping}")
    check(shopping["lost"] == 0 and shopping["doubled"] == 0, f"orders lost or doubled: {shopping}")
    check(set(shopping["by_version"]) == {"1", "2"}, f"answers came from {shopping['by_version']}")
    image_of_2 = f"{bench.platform.production}/retail/odoo@{bench.platform.digest('2')}"
    for workload in ("odoo-web", "odoo-cron", "odoo-queue"):
        image = kubectl("get", "deployment", workload, "-o", "jsonpath={.spec.template.spec.containers[0].image}")
        check(image == image_of_2, f"{workload} runs {image}")
    for tenant in TENANTS:
        for module in ("sale_omni", "pos_retail"):
            check(modules(tenant)[module] == ("installed", "18.0.2.0"), f"{tenant}: {module} is {modules(tenant)[module]}")
    left = kubectl("get", "deployments,services", "-o", "name")
    check("canary" not in left, f"the canary is still there: {left}")
    weights = kubectl("get", "traefikservice", "odoo-web", "-o", "jsonpath={.spec.weighted.services[*].name}")
    check(weights == "odoo-web", f"the route leads to {weights}")
    listing = tool("curl", "-sS", "--aws-sigv4", "aws:amz:us-east-1:s3", "--user",
                   f"{os.environ['OSTLER_S3_KEY']}:{os.environ['OSTLER_S3_SECRET']}", "-H",
                   "x-amz-content-sha256: UNSIGNED-PAYLOAD", f"{bench.platform.s3}/release-records?list-type=2")
    check(bench.name_of_release in listing, f"no record in its bucket: {listing[:800]}")
    status = bench.ostler("status", "--json", expect=0)
    check("committed" in status.stdout or "released" in status.stdout or "healthy" in status.stdout, status.stdout)

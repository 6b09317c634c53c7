"""What the cases about scenarios share: a release in a lab of their own, as `ostler lab --scenario` gives it to anyone."""
import re
import shutil
import time

from bench import check, difference, sql, world


def begin(bench, name, **options):
    """The scenario's lab, and the world in it before anybody released."""
    bench.scenario(name, **options)
    bench.before = world()


def files(bench, release="release-2", **changes):
    """The lab's own files for a release, the given `key: value` lines of release.yaml changed."""
    folder = bench.folder / f"{release}-{len(list(bench.folder.iterdir()))}"
    source = bench.platform.environment_file.parent
    shutil.copytree(source / release, folder)
    shutil.copy(source / "environment.yaml", folder)
    path = folder / "release.yaml"
    text = path.read_text()
    for key, value in changes.items():
        key = {"on_failure": "onFailure", "release_name": "release"}.get(key, key)
        text, count = re.subn(rf"(?m)^(\s*){key}: .*$", rf"\g<1>{key}: {value}", text)
        check(count == 1, f"release.yaml has no single line '{key}:'")
    path.write_text(text)
    return folder


def wait_for(condition, what, seconds=120):
    """Until the platform is so; the case fails when it never is."""
    deadline = time.monotonic() + seconds
    while not condition():
        check(time.monotonic() < deadline, f"never came: {what}")
        time.sleep(0.1)


def says(done, *phrases):
    text = done.stdout + done.stderr
    for phrase in phrases:
        check(phrase in text, f"nothing is said of '{phrase}':\n{text[-3000:]}")


def unchanged(bench):
    changed = difference(bench.before, world())
    check(not changed, "the world is not as before: " + "; ".join(changed))


def columns(tenant, table="sale_order"):
    return sql(tenant, f"select column_name from information_schema.columns where table_name = '{table}'").split()


def touched(tenant):
    """Whether anything of the release is in that database: its column, or the ledger of its files."""
    ledger = sql(tenant, "select to_regclass('public.ostler_migration') is not null")
    return "sales_channel" in columns(tenant) or ledger == "t"


def unharmed(bench, failures=0):
    """No order is lost; more requests failed than that are told."""
    shopping = bench.platform.shopping()
    bench.note(f"{shopping['requests']} requests, {shopping['failed']} failed, {shopping['lost']} lost")
    check(shopping["lost"] == 0, f"orders were lost: {shopping}")
    check(shopping["failed"] <= failures, f"shoppers were harmed: {shopping}")

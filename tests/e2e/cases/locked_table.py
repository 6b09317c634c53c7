"""X5: a table that somebody reads for long is migrated with patience, and its change undone with patience; shoppers go on."""
import os
import re
import subprocess

from bench import check
from scenario import begin, files, says, touched, unchanged, unharmed

NEEDS = "lab"
OWN_LAB = True
PATIENCE = ("--progress-interval", "1s")


class Reader:
    """A session with a transaction open that has read alma's orders."""

    def __init__(self):
        url = re.sub(r"/saas(\?|$)", r"/alma\1", os.environ["OSTLER_PG_OWNER"])
        self.process = subprocess.Popen(["psql", "-X", "-At", url], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdin.write("begin; select 'reads' from sale_order limit 1; select 'has read';\n")
        self.process.stdin.flush()
        while self.process.stdout.readline().strip() != "has read":
            check(self.process.poll() is None, "the reader's session ended")

    def kill(self):
        self.process.stdin.close()
        self.process.wait()


def undo_behind_a_reader(bench, folder):
    reader = Reader()
    process = bench.start("rollback", folder / "environment.yaml", "--yes", *PATIENCE)
    said = ""
    for line in process.stdout:
        said += line
        if "somebody holds a lock" in line:
            break
    check("somebody holds a lock" in said, f"the undo waited for nobody:\n{said[-3000:]}")
    reader.kill()
    said += process.communicate(timeout=300)[0]
    check(process.returncode == 0, f"rollback: exit {process.returncode}:\n{said[-3000:]}")


def case(bench):
    begin(bench, "locked-table")
    folder = files(bench)
    says(bench.apply(folder, *PATIENCE, expect=0), "somebody holds a lock", "RELEASED")
    check(touched("alma"), "alma was not migrated")
    undo_behind_a_reader(bench, folder)
    check(not touched("alma"), "alma is not as before")
    unchanged(bench)
    unharmed(bench)

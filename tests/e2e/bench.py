"""What the end-to-end cases share: the binary, a reset, shoppers, and pictures of the world to compare."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

from platforms import EXAMPLE, OSTLER, Failed, OwnLab, check, tool  # noqa: F401  (cases take them from here)

SPACE = "odoo-pool-a"
TENANTS = ("alma", "brio", "cedro")


def kubectl(*words):
    environment = dict(os.environ, KUBECONFIG=os.environ["KUBECONFIG_ADMIN"])
    return tool("kubectl", "--namespace", SPACE, *words, env=environment)


def sql(database, statement):
    url = re.sub(r"/saas(\?|$)", rf"/{database}\1", os.environ["OSTLER_PG_MAIN"])
    return tool("psql", "-X", "-At", "-c", statement, url).strip()


def normalised(thing):
    """An object without what the API server and the controllers write by themselves."""
    meta = thing.get("metadata", {})
    for name in ("resourceVersion", "uid", "generation", "creationTimestamp", "managedFields", "selfLink"):
        meta.pop(name, None)
    notes = meta.get("annotations", {})
    notes.pop("deployment.kubernetes.io/revision", None)
    if not notes:
        meta.pop("annotations", None)
    thing.pop("status", None)
    return thing


def world():
    """Every object that a release may touch, normalised, by kind and name."""
    kinds = "deployments,services,horizontalpodautoscalers,jobs,traefikservices,ingressroutes,configmaps,poddisruptionbudgets"
    items = json.loads(kubectl("get", kinds, "--output", "json"))["items"]
    return {f"{one['kind']}/{one['metadata']['name']}": normalised(one) for one in items
            if one["metadata"]["name"] != "kube-root-ca.crt"}


def difference(before, after):
    """What differs between two pictures of the world, one line each."""
    lines = []
    for name in sorted(set(before) | set(after)):
        if name not in after:
            lines.append(f"{name} is gone")
        elif name not in before:
            lines.append(f"{name} is new")
        elif before[name] != after[name]:
            lines.append(f"{name} differs: {json.dumps(before[name], sort_keys=True)[:600]} | "
                         f"{json.dumps(after[name], sort_keys=True)[:600]}")
    return lines


def modules(database):
    rows = sql(database, "select name, state, latest_version from ir_module_module order by name").splitlines()
    return {name: (state, version) for name, state, version in (row.split("|") for row in rows)}


class Bench:
    def __init__(self, name, platform):
        self.name = name
        self.platform = platform
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"ostler-e2e-{name}-"))
        self.state = self.folder / "state"
        self.facts = []
        self.opened = []
        self.own_lab = None

    def close(self):
        for one in self.opened:
            one.kill()
        if self.own_lab:
            self.own_lab.close()

    def summary(self):
        return "".join(f"\n  {fact}" for fact in self.facts)

    def note(self, fact):
        """Something measured, shown beside the result."""
        self.facts.append(fact)

    def fresh_state(self, name):
        """Runs that follow keep their journals in a folder of their own."""
        self.state = self.folder / name

    def reset(self):
        """The platform at version 1, whatever was before."""
        self.platform.reset()

    def scenario(self, name, **options):
        """Moves the case into a lab of its own, where that scenario begins; its shoppers are there already."""
        self.own_lab = self.platform = OwnLab(name, **options)
        return self.own_lab

    def pause(self, seconds):
        """Lets so much of the platform's time pass."""
        time.sleep(seconds / self.platform.speed)

    def shoppers(self, rate=50):
        buyers = self.platform.shoppers(self.folder, rate)
        self.opened.append(buyers)
        self.pause(2)  # shoppers are there before the release, as in life; nothing is decided by this
        return buyers

    def release(self, tag="2", name=None, **changes):
        """A copy of examples/canary with another image tag and the given `key: value` lines changed."""
        folder = self.folder / f"release-{tag}-{len(list(self.folder.iterdir()))}"
        shutil.copytree(EXAMPLE, folder)
        shutil.copy(self.platform.environment_file, folder / "environment.yaml")
        changes = {**self.platform.gates, **changes}
        path = folder / "release.yaml"
        text = path.read_text().replace("staging/retail/odoo:2 ", f"staging/retail/odoo:{tag} ")
        # A release's tag and record are written once, so each case brings a release of its own.
        self.name_of_release = name or f"2026.11.{tag}-{int(time.time())}"
        text = re.sub(r"(?m)^release: .*$", f"release: {self.name_of_release}", text)
        for key, value in changes.items():
            key = {"on_failure": "onFailure"}.get(key, key)
            text, count = re.subn(rf"(?m)^(\s*){key}: .*$", rf"\g<1>{key}: {value}", text)
            check(count == 1, f"release.yaml has no single line '{key}:'")
        path.write_text(text)
        return folder

    def environment(self, folder, old, new):
        """Changes one piece of text in a copied environment.yaml."""
        path = folder / "environment.yaml"
        text = path.read_text()
        check(old in text, f"environment.yaml does not contain '{old}'")
        path.write_text(text.replace(old, new))

    def command(self, *words):
        return [str(OSTLER), *map(str, words)]

    def surroundings(self, **more):
        return dict(os.environ, OSTLER_STATE_DIR=str(self.state), NO_COLOR="1", **more)

    def ostler(self, *words, expect=None, timeout=600, **environment):
        """Runs the binary; with `expect` another exit code fails the case."""
        done = subprocess.run(self.command(*words), text=True, capture_output=True, timeout=timeout,
                              env=self.surroundings(**environment), stdin=subprocess.DEVNULL)
        with open(self.folder / "sessions.log", "a") as log:
            log.write(f"$ ostler {' '.join(map(str, words))}\n{done.stdout}{done.stderr}[exit {done.returncode}]\n\n")
        if expect is not None:
            check(done.returncode == expect,
                  f"ostler {words[0]}: exit {done.returncode}, expected {expect}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        return done

    def start(self, *words, **environment):
        """Starts the binary in the background, in a process group of its own."""
        process = subprocess.Popen(self.command(*words), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   env=self.surroundings(**environment), stdin=subprocess.DEVNULL, start_new_session=True)
        self.opened.append(process)
        return process

    def apply(self, folder, *more, **options):
        return self.ostler("apply", folder / "environment.yaml", folder / "release.yaml", "--yes", *more, **options)

    def journal(self, run=None):
        """The records of a run (the newest without a name)."""
        runs = sorted(self.state.glob("runs/*/journal.jsonl"), key=lambda path: path.stat().st_mtime)
        if run:
            runs = [path for path in runs if path.parent.name == run]
        check(runs, "there is no journal")
        return [json.loads(line) for line in runs[-1].read_text().splitlines()]

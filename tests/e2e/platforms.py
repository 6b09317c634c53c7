"""The two platforms that the cases run on, the stack and the lab: what differs between them, and nothing else."""
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
OSTLER = pathlib.Path(os.environ.get("OSTLER_BINARY", ROOT / "build/release/ostler"))
EXAMPLE = ROOT / "examples/canary"


# Straight to this machine, whatever proxies its user has.
DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Failed(Exception):
    """A case did not see what it has to see."""


def check(condition, message):
    if not condition:
        raise Failed(message)


def tool(*words, **options):
    """Runs a helper program and gives its standard output; its failure is the case's failure."""
    done = subprocess.run(words, text=True, capture_output=True, **options)
    check(done.returncode == 0, f"{' '.join(map(str, words))}: exit {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


class StackShoppers:
    """Buyers at a fixed rate through every proxy, counting every failed request and lost order."""

    def __init__(self, folder, rate):
        self.process = subprocess.Popen(
            [str(ROOT / "tests/stack/shop/buy"), "--rate", str(rate), "--events", str(folder / "shoppers.jsonl")],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def stop(self):
        """Ends the shopping and gives the summary."""
        self.process.send_signal(signal.SIGTERM)
        out, err = self.process.communicate(timeout=60)
        check(out.strip(), f"the shoppers said nothing: {err[-1000:]}")
        return json.loads(out.strip().splitlines()[-1])

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Stack:
    name = "stack"
    environment_name = "canary"
    environment_file = EXAMPLE / "environment.yaml"
    production = "127.0.0.1:5001"
    s3 = "http://127.0.0.1:7070"
    gates = {}  # what the example says
    speed = 1

    def reset(self):
        """Version 1, whatever was before."""
        tool(str(ROOT / "tests/stack/shop/reset"))

    def shoppers(self, folder, rate):
        return StackShoppers(folder, rate)

    def digest(self, tag):
        return json.loads((pathlib.Path(os.environ["OSTLER_STACK_DIR"]) / "images.json").read_text())[tag]


class LabShoppers:
    """The same in the lab, which has them itself."""

    def __init__(self, lab, rate):
        self.lab = lab
        lab.ask("PUT", "shoppers", {"rate": rate})

    def stop(self):
        return self.lab.ask("DELETE", "shoppers")

    def kill(self):
        self.stop()


class Lab:
    name = "lab"
    environment_name = "lab"
    # Its clock runs fast while ostler's own stands for the machine's, so gates hold for less.
    gates = {"hold": "2s", "budget": "30s", "interval": "200ms"}

    def __init__(self, speed=10):
        self.speed = speed
        self.url = os.environ["OSTLER_LAB_URL"]
        host = self.url.split("//")[1].split(":")[0]
        self.staging = f"http://{host}:5000"
        self.production = f"{host}:5001"
        self.s3 = f"http://{host}:7070"
        self.environment_file = pathlib.Path(os.environ["OSTLER_LAB_DIR"]) / "environment.yaml"

    def ask(self, method, what, body=None):
        """Asks the lab itself, see ostler(1)."""
        request = urllib.request.Request(f"{self.url}/lab/v1/{what}", method=method,
                                         data=None if body is None else json.dumps(body).encode())
        with DIRECTLY.open(request, timeout=60) as answer:
            return json.load(answer)

    def reset(self):
        self.ask("DELETE", "shoppers")
        self.ask("PUT", "clock", {"speed": self.speed})
        self.ask("POST", "reset")

    def shoppers(self, folder, rate):
        return LabShoppers(self, rate)

    def digest(self, tag):
        kind = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json"
        request = urllib.request.Request(f"{self.staging}/v2/retail/odoo/manifests/{tag}", method="HEAD",
                                         headers={"Accept": kind})
        with DIRECTLY.open(request, timeout=60) as answer:
            return answer.headers["Docker-Content-Digest"]


class OwnLab(Lab):
    """A lab of one case's own, in which a scenario runs its course. What the case does goes there until `close`."""

    def __init__(self, scenario, speed=10, shoppers=20):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ostler-e2e-lab-", dir="/tmp"))
        network = f"127.84.{1 + os.getpid() % 250}"
        self.process = subprocess.Popen(
            [str(OSTLER), "lab", "--scenario", str(ROOT / f"examples/lab/scenarios/{scenario}.yaml"), "--speed", str(speed),
             "--shoppers", str(shoppers), "--listen", network, "--folder", str(self.folder)],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.before = dict(os.environ)
        try:
            os.environ.update(self.variables())
        except Failed:
            self.close()
            raise
        super().__init__(speed)

    def variables(self):
        """The last file that a starting lab writes."""
        path = self.folder / "env"
        deadline = time.monotonic() + 120
        while not path.exists():
            if self.process.poll() is not None:
                raise Failed(f"the lab did not start: {self.process.stdout.read()}")
            check(time.monotonic() < deadline, "the lab does not come up")
            time.sleep(0.05)
        pairs = (line.removeprefix("export ").split("=", 1) for line in path.read_text().splitlines())
        return {name: value.strip("'") for name, value in pairs}

    def shopping(self):
        return self.ask("GET", "shoppers")

    def close(self):
        os.environ.clear()
        os.environ.update(self.before)
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
        tool("rm", "-rf", str(self.folder))


def present():
    """The platform whose environment this is; None outside both."""
    if "OSTLER_STACK_DIR" in os.environ:
        return Stack()
    return Lab() if "OSTLER_LAB_DIR" in os.environ else None

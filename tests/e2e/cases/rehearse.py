"""A rehearsal of the stack's own release and of the lab's: proved, in time, and the real platform is not touched."""
import json
import pathlib
import time

from bench import ROOT, check, difference, world

LAB = ROOT / "examples/lab"


def rehearsed(bench, environment, release):
    proof = bench.folder / f"{pathlib.Path(release).parent.name}.proof.json"
    started = time.monotonic()
    done = bench.ostler("rehearse", environment, release, "--out", proof, expect=0)
    took = time.monotonic() - started
    check(took < 180, f"the rehearsal took {took:.0f} s")
    for words in ("Not proved by this", "undone"):
        check(words in done.stdout, f"'{words}' is not said:\n{done.stdout[-3000:]}")
    value = json.loads(proof.read_text())
    check(value["proved"] is True, "the proof does not hold")
    check(all(step["undo"] != "failed" for step in value["steps"]), "a step was not undone")
    check(value["environment"]["digest"] and value["release"]["digest"], "the files' digests are missing")
    return value


def case(bench):
    bench.reset()
    before = world()
    folder = bench.release()
    value = rehearsed(bench, folder / "environment.yaml", folder / "release.yaml")
    check(value["environment"]["name"] == "canary", "another environment was rehearsed")
    check("PostgreSQL 1" in json.dumps(value["simulated"]), "the migrations ran on no real PostgreSQL")
    check(value["undoDigest"] == rehearsed(bench, folder / "environment.yaml", folder / "release.yaml")["undoDigest"],
          "the same files are tied to different digests")
    for release in ("release-2", "release-3"):
        rehearsed(bench, LAB / "environment.yaml", LAB / release / "release.yaml")
    changed = difference(before, world())
    check(not changed, f"a rehearsal touched the real platform: {changed}")

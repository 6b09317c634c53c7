"""A rehearsal of the platform's own release: every undo is proved, and the platform itself is not touched."""
import json

from bench import check, difference, world


def rehearsed(bench, environment, release):
    proof = bench.folder / "proof.json"
    done = bench.ostler("rehearse", environment, release, "--out", proof, expect=0)
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
    check(f"environment: {value['environment']['name']}\n" in (folder / "environment.yaml").read_text(),
          "another environment was rehearsed")
    check("PostgreSQL 1" in json.dumps(value["simulated"]), "the migrations ran on no real PostgreSQL")
    changed = difference(before, world())
    check(not changed, f"a rehearsal touched the real platform: {changed}")

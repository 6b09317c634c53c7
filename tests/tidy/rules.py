"""The house rules as functions over a checkout: each yields (path, line, message) for what breaks it."""
import pathlib
import re

LAYERS = ["base", "config", "transport", "systems", "model", "checks", "steps", "gates", "survey", "engine", "view", "lab", "cli"]

# What a layer may include of ours, itself left out.
MAY_SEE = {
    "base": [],
    "config": ["base"],
    "transport": ["base"],
    "systems": ["base", "config", "transport"],
    "model": ["base", "config", "systems", "transport"],
    "checks": ["base", "config", "systems", "model", "survey"],
    "steps": ["base", "config", "systems", "model"],
    "gates": ["base", "config", "systems", "model"],
    "survey": ["base", "config", "systems", "model"],
    "engine": ["base", "config", "systems", "model"],
    "view": ["base", "config", "systems", "model", "engine", "checks"],
    "lab": ["base", "config", "transport", "systems"],
    "cli": ["base", "config", "transport", "systems", "model", "checks", "steps", "gates", "survey", "engine", "view", "lab"],
}

# Headers of libraries, and the only places that may include them.
VENDORS = {
    r"yaml-cpp/": ["src/config/"],
    r"curl/": ["src/transport/"],
    r"(pqxx/|libpq-(fe|events)\.h|libpq/)": ["src/transport/"],
    r"hiredis/": ["src/transport/"],
    r"httplib\.h": ["src/lab/"],
    r"openssl/(ssl|bio|err|x509).*": ["src/transport/"],
    r"openssl/": ["src/base/", "src/transport/"],
    r"CLI/": ["src/cli/parse.cpp"],
    r"archive(_entry)?\.h": ["src/survey/", "src/systems/"],
    r"catch2/": ["tests/"],
}

LONGEST_FILE = 500  # beyond that a file has two subjects
LONGEST_LINE = 120

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')


def sources(root, *folders):
    for folder in folders:
        base = root / folder
        if base.is_dir():
            for path in sorted(base.rglob("*")):
                if path.suffix in (".cpp", ".hpp") and path.is_file():
                    yield path


def layer_of(path, root):
    parts = path.relative_to(root).parts
    if parts[0] == "src" and len(parts) > 2:
        return parts[1]
    if parts[:2] == ("include", "ostler") and len(parts) > 3:
        return parts[2]
    return None


def includes(path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = INCLUDE.match(line)
        if found:
            yield number, found.group(1)


def include_direction(root):
    """A layer includes only what lies below it, and private headers only of its own."""
    for path in sources(root, "src", "include"):
        layer = layer_of(path, root)
        if layer is None:
            continue
        if layer not in LAYERS:
            yield path, 0, f"'{layer}' is no layer"
            continue
        for number, name in includes(path):
            public = re.match(r"ostler/([a-z]+)/", name)
            private = re.match(r"([a-z]+)/[a-z_]+\.hpp$", name)
            if public:
                other = public.group(1)
                if other != layer and other not in MAY_SEE[layer]:
                    yield path, number, f"layer '{layer}' must not include '{name}'"
            elif private and private.group(1) in LAYERS and private.group(1) != layer:
                yield path, number, f"'{name}' is private to layer '{private.group(1)}'"


def kinds_stand_alone(root):
    """A check, step or gate kind knows no other kind. A header there is the second file of one kind, named after it."""
    for layer in ("checks", "steps", "gates"):
        names = [name for _, name in kind_names(root, layer)]
        for path in sources(root, f"src/{layer}"):
            owner = next((name for name in names if path.stem.startswith(name + "_")), None)
            if path.suffix == ".hpp" and owner is None:
                yield path, 1, f"src/{layer} has no shared headers; shared knowledge belongs to systems or model"
            for number, name in includes(path):
                if name.endswith(".hpp") and "/" not in name and not name.startswith(path.stem.split(".")[0]) \
                        and not path.stem.startswith(pathlib.Path(name).stem):
                    yield path, number, f"'{name}' belongs to another kind"


def vendor_headers(root):
    """A library is seen by its layer only."""
    for path in sources(root, "src", "include", "tests"):
        place = path.relative_to(root).as_posix()
        for number, name in includes(path):
            for pattern, allowed in VENDORS.items():
                if re.match(pattern, name):
                    if not any(place.startswith(prefix) for prefix in allowed):
                        yield path, number, f"'{name}' may be included only in {', '.join(allowed)}"
                    break


def sizes(root):
    """A file has one subject."""
    for path in sources(root, "src", "include", "tests"):
        lines = path.read_text().splitlines()
        limit = LONGEST_FILE if "tests" not in path.relative_to(root).parts else 900
        if len(lines) > limit:
            yield path, limit + 1, f"{len(lines)} lines; over {limit} it probably has two subjects"
        for number, line in enumerate(lines, 1):
            if len(line) > LONGEST_LINE and 'R"' not in line and '"' not in line:
                yield path, number, f"{len(line)} columns"


def first_sentence(root):
    """Every .cpp begins with a sentence that says what it is for."""
    for path in sources(root, "src"):
        if path.suffix == ".cpp":
            first = (path.read_text().splitlines() or [""])[0]
            if not re.match(r"// \S.*", first):
                yield path, 1, "begins without a sentence that says what the file is for"


def kind_names(root, layer):
    listed = root / "src" / layer / "kinds.def"
    if not listed.is_file():
        return []
    return [(number, found.group(1))
            for number, line in enumerate(listed.read_text().splitlines(), 1)
            if (found := re.match(r"\s*KIND\((\w+)\)", line))]


def kinds_have_files(root):
    """kinds.def and the files of a layer name the same kinds."""
    for layer in ("checks", "steps", "gates"):
        listed = root / "src" / layer / "kinds.def"
        if not listed.is_file():
            yield listed, 1, "is missing"
            continue
        names = [name for _, name in kind_names(root, layer)]
        for number, name in kind_names(root, layer):
            if not (root / "src" / layer / f"{name}.cpp").is_file():
                yield listed, number, f"kind '{name}' has no src/{layer}/{name}.cpp"
        for path in sources(root, f"src/{layer}"):
            part = any(path.stem.startswith(name + "_") for name in names)
            if path.suffix == ".cpp" and path.stem not in names and not part and path.stem not in ("registry", "run_checks"):
                yield path, 1, f"is no kind of {listed.relative_to(root)}"


def kinds_are_documented(root):
    """Every kind is named in its manual page by its dotted name."""
    pages = {"steps": "ostler-steps.7.scd", "checks": "ostler-checks.7.scd", "gates": "ostler-indicators.7.scd"}
    for layer, page in pages.items():
        path = root / "man" / page
        text = path.read_text() if path.is_file() else ""
        if not text:
            yield path, 1, "is missing"
            continue
        for _, name in kind_names(root, layer):
            source = root / "src" / layer / f"{name}.cpp"
            found = re.search(r'"([a-z]+(?:[.-][a-z-]+)*)"', source.read_text()) if source.is_file() else None
            spoken = {name.replace("_", "."), name.replace("_", ".", 1).replace("_", "-"), name}
            if not any(word in text for word in spoken):
                yield path, 1, f"does not name the {layer} kind '{sorted(spoken)[0]}'"
            del found


def commands_are_documented(root):
    """Every command of the binary stands in ostler(1)."""
    table = root / "src" / "cli" / "commands.cpp"
    page = root / "man" / "ostler.1.scd"
    if not table.is_file():
        yield table, 1, "is missing"
        return
    text = page.read_text() if page.is_file() else ""
    for number, line in enumerate(table.read_text().splitlines(), 1):
        found = re.match(r'\s*\{Command::\w+, "(\w+)"', line)
        if found and not re.search(rf"\b{found.group(1)}\b", text):
            yield table, number, f"command '{found.group(1)}' does not stand in man/ostler.1.scd"


def example_files(root):
    """Every step kind of the first version is used by an example or tested with its own."""
    for folder in sorted((root / "examples").glob("*")):
        if folder.is_dir() and not any(folder.rglob("release.yaml")):
            yield folder, 0, "an example folder without release.yaml"


def nothing_unfinished(root):
    """No marker of work that was left."""
    marker = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    for path in sources(root, "src", "include", "tests"):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if marker.search(line):
                yield path, number, "marks unfinished work"


def time_comes_from_the_clock(root):
    """Engine, steps, gates and checks take time and randomness from what they are handed."""
    forbidden = re.compile(r"(system_clock|high_resolution_clock)::now|\brand\(|random_device|\bsleep_for\(std::|usleep\(|\btime\(nullptr\)")
    for path in sources(root, "src/engine", "src/steps", "src/gates", "src/checks", "src/model"):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if forbidden.search(line):
                yield path, number, "reads a clock or draws a random number that it was not handed"


def lab_parts(root):
    """The classes of the lab that stand for something real: doors, what runs behind them, tenants' databases, and
    whatever hands out a door or a server's connector."""
    declared = re.compile(r"^class (\w+)(?: final)?(?: : public (\w+))? \{$")
    handed_out = re.compile(r"^  (?:Door|SqlConnector)& \w+\(")
    for path in sources(root, "include/ostler/lab"):
        name = number = None
        for at, line in enumerate(path.read_text().splitlines(), 1):
            found = declared.match(line)
            if found:
                name, number = found.group(1), at
                if found.group(2) in ("Door", "Pods", "Programs", "TenantDatabases"):
                    yield path, number, name
            elif name and handed_out.match(line):
                yield path, number, name


def lab_parts_keep_contracts(root):
    """What the lab claims of a system is held to the same contract as the real one: the cases that do it carry the part's name as a tag."""
    tags = set()
    for path in sources(root, "tests/contract"):
        for case in re.findall(r'TEST_CASE\((.*?)\)\s*\{', path.read_text(), re.DOTALL):
            tags.update(re.findall(r"\[(\w+)\]", case))
    for path, number, name in lab_parts(root):
        if name not in tags:
            yield path, number, f"no case of tests/contract holds '{name}' to what the real one does (tag [{name}])"


RULES = [include_direction, kinds_stand_alone, vendor_headers, sizes, first_sentence, kinds_have_files,
         kinds_are_documented, commands_are_documented, example_files, nothing_unfinished, time_comes_from_the_clock,
         lab_parts_keep_contracts]


def violations(root):
    root = pathlib.Path(root)
    for rule in RULES:
        for path, line, message in rule(root):
            place = path.relative_to(root).as_posix()
            yield f"{place}:{line}: error: {message} [{rule.__name__}]"

"""The rows in which only engines of rules compete: what one event after another costs; see README.md.

`run --matching` calls `rows`: it makes the rules for every engine, asks each in a process of its own, and compares how often they matched.
"""

import json
import os
import shutil
import statistics
import subprocess
from functools import cached_property
from pathlib import Path

from workload import CART, CHARGED, CHECKOUT, VIEW

HERE = Path(__file__).resolve().parent
SCRIPTS = HERE / "engines"

# The event, the least price, and three cities.
RULES = [
    (VIEW, 500, ("Mumbai", "Pune", "Delhi")),
    (VIEW, 1000, ("Bengaluru", "Chennai", "Hyderabad")),
    (VIEW, 250, ("Jaipur", "Lucknow", "Surat")),
    (CART, 400, ("Mumbai", "Delhi", "Kolkata")),
    (CART, 800, ("Bengaluru", "Hyderabad", "Pune")),
    ("Removed From Cart", 300, ("Mumbai", "Delhi", "Bengaluru")),
    (CHECKOUT, 200, ("Chennai", "Kolkata", "Pune")),
    (CHECKOUT, 600, ("Mumbai", "Hyderabad", "Jaipur")),
    (CHARGED, 100, ("Delhi", "Mumbai", "Surat")),
    (CHARGED, 700, ("Bengaluru", "Chennai", "Mumbai")),
]
WINDOW = {"event": VIEW, "count": 3, "days": 7}

NAMES = {
    "campanile": "Campanile, to the outcome",
    "campanile_writable": "Campanile, to the rendered message",
    "drools": "Drools 9.105",
    "zen": "zen, from Python",
    "cel": "cel (Rust), from Python",
    "cel_google": "cel (C++), from Python",
    "json_rules": "json-rules-engine",
}
PEERS = [engine for engine in NAMES if not engine.startswith("campanile")]
FEW = 100_000  # events for these: they would take minutes for more
SLOW = ["zen", "cel", "cel_google", "json_rules"]
LANGUAGES = ("javac", "java", "npm", "node")


def quoted(words):
    return ", ".join(f'"{word}"' for word in words)


def campaign(name, trigger):
    return f"campaign {name} {{\n  category marketing\n  {trigger}\n  send template offer\n}}\n"


def write_rules(folder):
    """The same rules for all: rules.json for peers, and a rule file of ours for each of the two questions."""
    as_data = [{"event": event, "price": price, "cities": cities} for event, price, cities in RULES]
    (folder / "rules.json").write_text(json.dumps({"matching": as_data, "window": WINDOW}, indent=1))
    ours = (f'when "{event}" where (price >= {price} and city in [{quoted(cities)}])' for event, price, cities in RULES)
    (folder / "matching.camp").write_text("\n".join(campaign(f"r{at}", trigger) for at, trigger in enumerate(ours)))
    often = f'segment often = did "{WINDOW["event"]}" at least {WINDOW["count"]} times in last {WINDOW["days"]} days'
    both = (campaign("comes", "when enters segment often"), campaign("goes", "when leaves segment often"))
    (folder / "window.camp").write_text("\n".join([often, *both]))


class Asking:
    """How each engine is asked: what it needs is installed and built once, in the folder of the comparison."""

    def __init__(self, chosen, folder, log, python, timed):
        self.chosen, self.folder, self.log, self.python, self.timed = chosen, folder, log, python, timed
        self.folder.mkdir(parents=True, exist_ok=True)
        write_rules(self.folder)

    @cached_property
    def ours(self):
        """The bench program, which cargo builds if it has changed."""
        if self.chosen.binary:
            return self.chosen.binary.resolve()
        root = HERE.parents[1]
        command = ["cargo", "bench", "--no-default-features", "--features", "input", "--bench", "matching", "--no-run",
                   "--target-dir", root / "target", "--message-format", "json"]
        built = subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE, text=True)
        artifacts = (json.loads(line) for line in built.stdout.splitlines())
        return next(one["executable"] for one in artifacts if one.get("executable") and one["target"]["name"] == "matching")

    def packages_of_node(self):
        pinned, home = (SCRIPTS / "package.json").read_text(), self.folder / "node"
        stamp = home / "pinned.json"
        if not (stamp.exists() and stamp.read_text() == pinned):
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir()
            (home / "package.json").write_text(pinned)
            subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund"], cwd=home, check=True)
            stamp.write_text(pinned)
        return home

    def classes(self):
        """The class path: our program, and the archive of Drools in its Python package."""
        archive = next(self.python.parents[1].glob("lib/python*/site-packages/drools/jars/*.jar"))
        source, home = SCRIPTS / "Drools.java", self.folder / "classes"
        stamp = home / "Drools.java"
        if not (stamp.exists() and stamp.read_text() == source.read_text()):
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir()
            subprocess.run(["javac", "-cp", archive, "-d", home, source], check=True)
            shutil.copy(source, stamp)
        return f"{home}{os.pathsep}{archive}"

    def command(self, engine, question):
        rules, environment = self.folder / "rules.json", {"PYTHONDONTWRITEBYTECODE": "1"}
        if engine.startswith("campanile"):
            return [self.ours, self.folder / f"{question}.camp", self.log], environment
        if engine == "drools":
            return ["java", "-XX:+UseSerialGC", "-cp", self.classes(), "Drools", question, rules, self.log], environment
        if engine == "json_rules":
            environment["BENCH_PACKAGES"] = str(self.packages_of_node())
            return ["node", SCRIPTS / "evaluate.mjs", rules, self.log], environment
        return [self.python, SCRIPTS / "evaluate.py", engine, rules, self.log], environment

    def ask(self, engine, question, events):
        """One process: its passes after the first, which is to warm up, and what it counted."""
        command, environment = self.command(engine, question)
        command = [*command, str(events), str(self.chosen.rounds + 1), *(["writable"] if engine == "campanile_writable" else [])]
        out, _, memory = self.timed(command, self.chosen.timeout, environment)
        result = json.loads(next(line for line in out.splitlines() if line.startswith("RESULT ")).removeprefix("RESULT "))
        if result["events"] != events:
            raise ValueError(f"{engine} read {result['events']} events of {events}")
        return {"seconds": result["seconds"][1:], "processor": result["processor"][1:], "counts": result["counts"],
                "jobs": result.get("jobs"), "memory": memory}


def installed(engine):
    """Why an engine cannot be asked here, if it cannot."""
    needed = {"drools": LANGUAGES[:2], "json_rules": LANGUAGES[2:]}.get(engine, ())
    missing = [program for program in needed if not shutil.which(program)]
    return f"{' and '.join(missing)} not installed" if missing else None


def measured(asking, question, engines, events, failed_class, say):
    found = {}
    for engine in engines:
        failed = installed(engine)
        try:
            found[engine] = {"failed": failed} if failed else asking.ask(engine, question, events)
        except (failed_class, subprocess.CalledProcessError, StopIteration, ValueError) as failure:
            found[engine] = {"failed": str(failure) or "it gave no result"}
        one = found[engine]
        said = one.get("failed") or f"{events / statistics.median(one['seconds']):,.0f} events a second"
        say(f"{question}, {events:,} events, {engine}: {said}")
    return found


def lines(what, events, found):
    """Rows of the table; how often ours is as fast as a peer, by the outcome, which is what a peer's match is nearest to."""
    rate = {engine: events / statistics.median(one["seconds"]) for engine, one in found.items() if not one.get("failed")}
    for engine, one in found.items():
        if engine not in rate:
            yield f"| {what} | {events:,} | {NAMES[engine]} | – | – | – | – |"
            continue
        ratio = f"{rate['campanile'] / rate[engine]:,.1f}" if "campanile" in rate and engine in PEERS else ""
        used = statistics.median(one["processor"]) / events * 1e6
        yield (f"| {what} | {events:,} | {NAMES[engine]} | {rate[engine]:,.0f} | {ratio} | {used:,.2f} | {sum(one['counts']):,} |")


def rows(chosen, folder, log, python, timed, failed_class, say):
    """Both questions: the table, the results, and what differs or failed, in words."""
    asking = Asking(chosen, folder, log, python, timed)
    few = min(FEW, chosen.events)
    ours = [engine for engine in ("campanile", "campanile_writable") if "campanile" in chosen.engines]
    peers = [engine for engine in PEERS if engine in chosen.engines]
    asked = [
        ("ten rules", "matching", chosen.events, [*ours, *(engine for engine in peers if engine not in SLOW)]),
        ("ten rules", "matching", few, [*ours[:1], *(engine for engine in peers if engine in SLOW)]),
        ("three in seven days", "window", chosen.events, [*ours, *(engine for engine in peers if engine == "drools")]),
    ]
    table = ["| asked | events | engine | events a second | Campanile is times as fast | µs of the processor for each | matches |",
             "|---|---|---|---|---|---|---|"]
    results, wrong, failed = [], [], []
    for what, question, events, engines in asked:
        found = measured(asking, question, engines, events, failed_class, say)
        table += lines(what, events, found)
        results.append({"asked": what, "events": events, "engines": found})
        counts = {engine: one["counts"] for engine, one in found.items() if not one.get("failed")}
        if len({tuple(one) for one in counts.values()}) > 1:
            wrong += [f"{what}, {events:,} events: {NAMES[engine]} counted {one}" for engine, one in counts.items()]
        failed += [f"{what}, {events:,} events, {NAMES[engine]}: {one['failed']}" for engine, one in found.items() if one.get("failed")]
    return "\n".join(table), results, wrong, failed

"""Asks zen or cel, one event at a time, which of ten rules match.

    python evaluate.py zen|cel|cel_google RULES.json EVENTS.ndjson EVENTS PASSES

All rules are one expression, a list of yes and no: an event is handed over once, and that is the fastest way that we know. Reading the log, and
bringing events into the form that the engine takes, is not in the seconds.
"""

import json
import sys
import time
from itertools import islice


def expression(rules, both):
    """The list of all rules; an event's name is asked first, and what has no price is of another name."""
    each = (f"event == '{rule['event']}' {both} price >= {float(rule['price'])} {both} city in {json.dumps(rule['cities'])}" for rule in rules)
    return f"[{', '.join(each)}]"


def zen(rules, events):
    import zen
    compiled = zen.compile_expression(expression(rules, "and"))
    # Text of JSON is faster for it than dictionaries are.
    return compiled.evaluate, [json.dumps(event).encode() for event in events]


def cel(rules, events):
    import cel
    program = cel.compile(expression(rules, "&&"))
    return program.execute, [cel.Context(variables=event) for event in events]


def cel_google(rules, events):
    from cel_expr_python import cel
    env = cel.NewEnv(variables={"event": cel.Type.STRING, "price": cel.Type.DOUBLE, "city": cel.Type.STRING})
    program = env.compile(expression(rules, "&&"))
    return (lambda event: program.eval(event).plain_value()), [env.Activation(event) for event in events]


ENGINES = {"zen": zen, "cel": cel, "cel_google": cel_google}


def read(path, most):
    with open(path) as lines:
        for line in islice(lines, most):
            record = json.loads(line)
            properties = record["props"]
            event = {"event": record["event"], "city": properties["city"]}
            if "price" in properties:
                event["price"] = properties["price"]
            yield event


def main(engine, rules, path, most, passes):
    with open(rules) as file:
        rules = json.load(file)["matching"]
    evaluate, events = ENGINES[engine](rules, list(read(path, int(most))))
    result = {"events": len(events), "seconds": [], "processor": []}
    for _ in range(int(passes)):
        counts = [0] * len(rules)
        begun, ran = time.perf_counter(), time.process_time()
        for event in events:
            for at, matches in enumerate(evaluate(event)):
                if matches:
                    counts[at] += 1
        result["seconds"].append(time.perf_counter() - begun)
        result["processor"].append(time.process_time() - ran)
        if result.setdefault("counts", counts) != counts:
            sys.exit("two passes differ")
    print("RESULT", json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])

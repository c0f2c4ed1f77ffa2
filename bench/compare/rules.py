"""Writes W.camp and W100.camp, the workload in the rule language, beside this file."""

from pathlib import Path

from workload import NOW, workload

HEADS = {
    "W": "# Ten segments, asked at {now}. Made by rules.py from workload.py.",
    "W100": "# Ten variations of each of the ten segments of W.camp, asked at {now}. Made by rules.py from workload.py.",
}


def text(name):
    lines = [HEADS[name].format(now=f"{NOW:%Y-%m-%d %H:%M} UTC"), "settings {", '  timezone "UTC"', "}", ""]
    lines += [f"segment {segment} = {meaning.rule()}" for segment, meaning in workload(name).items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    for name in HEADS:
        Path(__file__).with_name(f"{name}.camp").write_text(text(name))

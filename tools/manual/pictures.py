"""Pictures of the house, drawn from its imports: floors, the rooms on them, the journey, and the doors inside a stage."""

from tools.manual.imports import DOORS, FLOORS, HOUSE, built, edges, rooms, stages

WIDTH = 78
MEANS = {
    "site": "wiring: settings, addresses, command line, look",
    "twin": "the invented clinic of the demonstration",
    "desks": "pages that cross stages, one room per person at work",
    "doors": "where other machines and files come in and go out",
    "journey": "the patient's way, one room per stage",
    "ground": "what every stage stands on",
    "evidence": "what the literature says, as data with sources",
    "pharmacology": "what the drug does in a body: numbers in, numbers out",
}


def floors() -> str:
    """The floors from top to bottom with their rooms and which floors each one uses."""
    found = rooms(2)
    drawn = ["```text", "+" + "-" * WIDTH + "+"]
    for floor in FLOORS:
        below = [one for one in FLOORS if (f"ebbtide.{floor}", f"ebbtide.{one}") in found]
        upward = [one for one in below if FLOORS.index(one) < FLOORS.index(floor)]
        lines = [f"{floor:<13} {MEANS[floor]}"]
        lines += _wrapped("rooms", _rooms_of(floor)) + _wrapped("uses", below) + _wrapped("UPHILL", upward)
        drawn += [f"| {line:<{WIDTH - 2}} |" for line in lines] + ["+" + "-" * WIDTH + "+"]
    return "\n".join([*drawn, "```"])


def _rooms_of(floor: str) -> list[str]:
    found = [path.parent.name for path in sorted((HOUSE / floor).glob("*/__init__.py"))]
    inner = {"templatetags", "formats", "commands", "management", "migrations"}
    return [name if built(floor, name) else f"({name})" for name in found if name not in inner]


def _wrapped(word: str, names: list[str]) -> list[str]:
    if not names:
        return []
    lines, line = [], f"  {word:<11} "
    for name in names:
        if len(line) + len(name) > WIDTH - 4:
            lines.append(line)
            line = " " * 14
        line += f"{name}  "
    return [*lines, line.rstrip()]


def journey() -> str:
    """The stages in the patient's order; an arrow says that a stage knows an earlier one."""
    drawn = ["```mermaid", "flowchart RL"]
    drawn += [f"  {stage}" if built("journey", stage) else f"  {stage}:::later" for stage in stages()]
    for pair in sorted(rooms(3, under="ebbtide.journey")):
        later, earlier = (name.rsplit(".", 1)[1] for name in pair)
        if {later, earlier} <= set(stages()):
            drawn.append(f"  {later} --> {earlier}")
    return "\n".join([*drawn, "  classDef later stroke-dasharray: 4 4", "```"])


def doors() -> str:
    """The doors inside a stage, over all stages together: which door opens onto which."""
    found = set()
    for importer, imported in edges():
        ends = importer.split("."), imported.split(".")
        inside = all(len(one) > 3 and one[1] == "journey" for one in ends) and ends[0][2] == ends[1][2]
        if inside and ends[0][3] in DOORS and ends[1][3] in DOORS and ends[0][3] != ends[1][3]:
            found.add((ends[0][3], ends[1][3]))
    drawn = ["```mermaid", "flowchart TD"]
    for upper in DOORS:
        drawn += [f"  {upper} --> {lower}" for lower in DOORS if (upper, lower) in found]
    return "\n".join([*drawn, "```"])

"""The command line, printed from its own parsers."""

import argparse

from ebbtide.site.cli import COMMANDS, parser_for
from tools.manual.marks import table


def parser_of(name: str) -> argparse.ArgumentParser:
    """The parser of one command with all its arguments."""
    found = next(one for one in parser_for(name)._actions if isinstance(one, argparse._SubParsersAction))
    parser: argparse.ArgumentParser = found.choices[name]
    return parser


def commands() -> str:
    return "\n\n".join(_command(name, words) for name, _, words in COMMANDS)


def _command(name: str, words: str) -> str:
    rows = [_argument(one) for one in parser_of(name)._actions if not isinstance(one, argparse._HelpAction)]
    return f"## ebbtide {name}\n\n{words[0].upper()}{words[1:]}.\n\n{table(['Argument', 'Needed', 'Means'], rows)}"


def _argument(one: argparse.Action) -> list[str]:
    value = one.metavar or (
        "|".join(map(str, one.choices)) if one.choices else "" if one.nargs == 0 else one.dest.upper()
    )
    value = f"{value} ..." if one.nargs == "+" else str(value)
    name = " ".join([", ".join(one.option_strings), value]).strip() if one.option_strings else value
    needed = one.required if one.option_strings else one.nargs not in {"?", "*"}
    choices = f" ({', '.join(map(str, one.choices))})" if one.choices and one.metavar else ""
    return [f"`{name}`", "yes" if needed else "no", f"{one.help or ''}{choices}"]

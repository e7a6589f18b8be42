"""The command line: `ebbtide COMMAND`. It lists only commands that work, and loads only what the command needs."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

# name, module under site/commands, one line of help
COMMANDS = (
    ("serve", "serve", "run the clinic: database, pages and worker (--demo for the demonstration clinic)"),
    ("assess", "assess", "evaluate the suitability rules on a FHIR R4 bundle"),
    ("simulate", "simulate", "predict concentrations for a dose, with site and source"),
    ("dose", "dose", "suggest a dose under a limit or for a window, with its reasons; the clinician signs"),
    ("models", "models", "list the models of ketamine with their sources and limits"),
    ("import", "import_bundle", "take facts from a FHIR R4 bundle into a patient's record"),
    ("export", "export", "write a patient's or the clinic's whole record, with a reader"),
    ("downtime-kit", "downtime_kit", "print blank forms for every chair, for when the screens are down"),
    ("ledger", "ledger", "prove that the record is whole: ledger verify"),
    ("backup", "backup", "write database, uploads and keys into one folder"),
    ("restore", "restore", "put a backup into an empty data folder"),
    ("checks", "checks", "watch the open sessions (the clinic runs it by itself)"),
    ("drill", "drill", "play an emergency on a chair of the running demonstration"),
    ("doctor", "doctor", "look at this installation and say what is wrong"),
)


def parser_for(name: str | None) -> argparse.ArgumentParser:
    """The parser; only the named command's own arguments are loaded, so that each command starts quickly."""
    parser = argparse.ArgumentParser(prog="ebbtide", description="Runs a ketamine-infusion pain clinic.")
    found = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command, module, words in COMMANDS:
        sub = found.add_parser(command, help=words, description=words[0].upper() + words[1:] + ".")
        if command == name:
            import_module(f"ebbtide.site.commands.{module}").add_arguments(sub)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    name = next((word for word in arguments if not word.startswith("-")), None)
    parsed = parser_for(name).parse_args(arguments)
    module = next(module for command, module, _ in COMMANDS if command == parsed.command)
    status: int = import_module(f"ebbtide.site.commands.{module}").run(parsed)
    return status


if __name__ == "__main__":
    sys.exit(main())

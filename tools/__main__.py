"""The commands behind ``make``: ``python -m tools COMMAND``."""

import argparse
import sys

from tools import commands, downloads, drift, recover, signals
from tools.programs import CLI, CONTROL_PLANE, KUBECTL, PROVIDER
from tools.say import ToolError, say


def main() -> int:
    """Runs a command; 0 if it did what it should."""
    parser = argparse.ArgumentParser(prog="python -m tools", description=__doc__)
    parser.add_argument("command", choices=["up", "preview", "down", "recover", "drift", "env", "checksums"])
    parser.add_argument("--stack", default="nocloud")
    parser.add_argument("--context", default="", help="the kubeconfig context to deploy to from now on")
    parser.add_argument("--delete-data", default="", help="yes: down deletes homes and databases too")
    parser.add_argument("--adopt", default="", help="the id of the installation that recover takes up without a state")
    parser.add_argument("--mend", default="", help="yes: drift takes back what others changed")
    arguments = parser.parse_args()
    context = arguments.context or None
    signals.handle()
    try:
        match arguments.command:
            case "up":
                commands.up(arguments.stack, context)
            case "preview":
                commands.preview(arguments.stack, context)
            case "down":
                commands.down(arguments.stack, delete_data=commands.says_yes("DELETE_DATA", arguments.delete_data))
            case "recover":
                recover.recover(arguments.stack, context, adopt=arguments.adopt)
            case "drift":
                drift.drift(arguments.stack, context, mend=commands.says_yes("MEND", arguments.mend))
            case "env":
                commands.environment(arguments.stack)
            case _:
                downloads.pin(CLI, PROVIDER, CONTROL_PLANE, KUBECTL)
    except ToolError as error:
        say(f"error: {error}")
        return 1
    except signals.Ended as ended:
        say("Interrupted. The next command finds out how far it came.")
        return ended.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())

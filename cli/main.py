"""The command `aiida-zif`: names and order of its subcommands; each is imported only when it is called."""

from __future__ import annotations

from importlib import import_module

import click

from aiida_zif.cli.common.terminal import guard_terminal

COMMANDS = {
    "check": ("campaign.check:check", "Validate a campaign file, say what would run and what it costs."),
    "run": ("campaign.run:run", "Run a campaign, or go on with it where it stopped."),
    "watch": ("campaign.run:watch", "Follow a running campaign."),
    "resume": ("profile.resume:resume", "Bring everything back after a crash or a reboot."),
    "backup": ("profile.backup:backup", "Back the profile up, and prove that nothing is missing."),
    "restore": ("profile.backup:restore", "Make a profile of a backup."),
    "clean": ("profile.clean:clean", "Remove the scratch folders of finished jobs."),
    "status": ("results.status:status", "Show a campaign cycle by cycle, and what it is doing now."),
    "report": ("results.report:report", "Write a campaign's report as one HTML page."),
    "lineage": ("results.lineage:lineage", "Tell where a model, a block or a frame came from."),
    "export": ("results.export:export", "Write data sets and models to files."),
    "import": ("data.import_data:import_data", "Bring labelled frames from elsewhere into the profile."),
    "withdraw": ("data.withdraw:withdraw", "Withdraw an import that turned out wrong; the graph keeps it."),
    "systems": ("data.systems:systems", "List the crystal structures that ship with aiida-zif."),
    "schema": ("campaign.run:schema", "Print the JSON schema of the campaign file, for editors."),
    "converge": ("level_convergence.converge:converge", "Find the cheapest settings that are good enough for labels."),
    "doctor": ("profile.doctor:doctor", "Check the codes of this profile, and say how to fix what is wrong."),
    "setup": ("profile.setup:setup", "Make a profile (file or PostgreSQL), and its computers and codes."),
    "daemon": ("profile.daemon:daemon", "Start, stop and look at the daemon that carries campaigns."),
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which one meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of one command."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name][0].split(":")
        command: click.Command = getattr(import_module(f"aiida_zif.cli.{module}"), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Suggest the nearest name for an unknown one."""
        from difflib import get_close_matches

        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            ctx.fail(f"No such command '{args[0]}'.{hint} Commands: {', '.join(COMMANDS)}.")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing one of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.command(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: aiida-zif check examples/zif4-demo.yaml && aiida-zif run examples/zif4-demo.yaml",
)
@click.version_option(package_name="aiida-zif")
def cli() -> None:
    """Force fields for zeolitic imidazolate frameworks by active learning, with full provenance in AiiDA."""


def main() -> None:
    """Run the command line; a failure that we know ends in one line, not in a traceback."""
    guard_terminal()
    cli()

"""The command `aiida-zif`: names and order of its subcommands; each is imported only when it is called."""

from __future__ import annotations

from importlib import import_module

import click

from aiida_zif.cli.common.terminal import guard_terminal

COMMANDS = {
    "check": ("files.check:check", "Check a campaign or study file; print what would run and its cost."),
    "run": ("files.run:run", "Run a campaign or study, or continue it where it stopped."),
    "extend": ("files.extend:extend", "Continue a campaign: label frames of a study, or add cycles."),
    "watch": ("files.watch:watch", "Follow a running campaign or study."),
    "resume": ("profile.resume:resume", "Continue all campaigns and studies after a crash or a reboot."),
    "backup": ("profile.backup:backup", "Back up the profile and verify that the copy is complete."),
    "restore": ("profile.backup:restore", "Make a profile from a backup."),
    "clean": ("profile.clean:clean", "Remove the scratch folders of finished jobs."),
    "status": ("results.status:status", "Show a campaign or study, and what is running now."),
    "report": ("results.report:report", "Write the report of a campaign or study as one HTML page."),
    "lineage": ("results.lineage:lineage", "Show the provenance of a result, a model or a frame."),
    "export": ("results.export:export", "Write data sets, models and results to files."),
    "import": ("data.import_data:import_data", "Import labelled frames or trained models of other projects."),
    "withdraw": ("data.withdraw:withdraw", "Exclude a wrong import from use; its nodes stay."),
    "systems": ("data.systems:systems", "List the crystal structures that ship with aiida-zif."),
    "schema": ("files.schema:schema", "Print the JSON schema of both kinds of file, for editors."),
    "converge": ("level_convergence.converge:converge", "Find the cheapest sufficient settings of a level of theory."),
    "doctor": ("profile.doctor:doctor", "Check this machine, its codes or a computer; print fixes."),
    "setup": ("profile.setup:setup", "Set up profiles (SQLite or PostgreSQL), computers and codes."),
    "daemon": ("profile.daemon:daemon", "Start, stop or check the daemon, which runs campaigns."),
}


class LazyGroup(click.Group):
    """A group that lists its commands by name and imports a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the help text."""
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
    """Run the command line; an expected failure prints one line, no traceback."""
    guard_terminal()
    cli()

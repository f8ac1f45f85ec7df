"""`payclerk ...`: one command a process, and the tools for who installs and looks after it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Final, ParamSpec

import typer
from rich.console import Console

from payclerk_core.errors import OutsideError, UserError
from payclerk_core.redaction import redacted
from payclerk_core.settings import load_settings

P = ParamSpec("P")
app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False)


class _RedactedConsole(Console):
    """All that commands print goes through here; the words of an outside error may hold anything."""

    def print(self, *objects: Any, **more: Any) -> None:
        super().print(*(redacted(one) if isinstance(one, str) else one for one in objects), **more)


console: Final = _RedactedConsole(highlight=False)
ADVICE: Final = "Run 'payclerk doctor'; if it finds nothing wrong, report these lines."


def told(command: Callable[P, None]) -> Callable[P, None]:
    """The one place of the command line where errors end: the person's are shown as they are.

    Logs are set up for every command: unless told otherwise, the library that writes them prints each frame's
    variables, and among those are secrets. Of a fault of our own only its kind and place are shown, for the words of
    a foreign error may hold anything.
    """

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        from .logs import places, set_up_logs

        set_up_logs("warning")
        try:
            command(*args, **kwargs)
        except (UserError, OutsideError) as error:
            console.print(error.message, style="red", soft_wrap=True, markup=False)
            raise typer.Exit(1) from None
        except (typer.Exit, typer.Abort, typer.BadParameter):
            raise
        except Exception as error:  # noqa: BLE001  whatever it is, nothing of what it held is printed
            sys.stderr.write(redacted(f"This failed inside payclerk: {places(error)}\n{ADVICE}\n"))
            raise typer.Exit(1) from None

    return run


def _run(*names: str) -> None:
    from .logs import set_up_logs
    from .wiring import open_office, run_until_signal

    settings = load_settings()
    set_up_logs(settings.log_level)
    run_until_signal(open_office(settings, names))


@app.command()
@told
def up() -> None:
    """Run everything in this one process (after migrating the database)."""
    from payclerk_core.migrate import upgrade

    from .wiring import ALL

    upgrade(load_settings().database_url)
    _run(*ALL)


@app.command()
@told
def bot() -> None:
    """Run the Slack door."""
    _run("bot")


mail_tools = typer.Typer(help="Run the e-mail door; or look inside it with one of the commands below.")
app.add_typer(mail_tools, name="mail", invoke_without_command=True)


@mail_tools.callback()
def mail(context: typer.Context) -> None:
    """Run the e-mail door; or look inside it with one of the commands below."""
    if context.invoked_subcommand is None:
        told(lambda: _run("mail"))()


@mail_tools.command("explain")
@told
def explain_mail(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="FILE|DIR...", help="Mails (.eml, .mbox, or bare texts), or folders of them."),
    ],
    sent: Annotated[Path | None, typer.Option(help="The mail of ours that they answer.")] = None,
    invited: Annotated[str | None, typer.Option(help="Who was asked; without it, to whom --sent went.")] = None,
    auth: Annotated[
        str | None, typer.Option(help="What the receiving server found: pass, fail or none. Left out: not checked.")
    ] = None,
    asked: Annotated[
        str | None, typer.Option(help="What was asked: invitation, owner_claim or nothing; else seen in --sent.")
    ] = None,
    language: Annotated[str, typer.Option(help="The language of the mail answered: en, fr or es.")] = "en",
    address: Annotated[str | None, typer.Option(help="The address answers go to; else seen in --sent.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Say how mails would be read, and why. Needs no database and sends nothing. docs/mail.md has examples."""
    from .mail import explain_files, wish

    explain_files(paths, wish(sent, invited, auth, asked, address, language), console, as_json=as_json)


@mail_tools.command("replay")
@told
def replay_mail(inbox_id: Annotated[int, typer.Argument(metavar="ID", help="The number of the stored mail.")]) -> None:
    """Read a stored mail again: one that was put aside or not understood."""
    from .mail import replay

    console.print(replay(load_settings(), inbox_id), markup=False, soft_wrap=True)


@app.command()
@told
def clock() -> None:
    """Run the clock and the workers of heavy jobs."""
    _run("clock")


@app.command()
@told
def web() -> None:
    """Run the HTTP door: confirm pages, health and metrics."""
    _run("web")


@app.command()
@told
def migrate() -> None:
    """Bring the database to this version's tables. Safe to run again."""
    from payclerk_core.migrate import upgrade

    copy = upgrade(load_settings().database_url)
    kept = f" As it was before, it is kept in {copy}." if copy else ""
    console.print(f"The database is up to date.{kept}")


@app.command()
@told
def restore(
    since: Annotated[
        str | None, typer.Option(help="When the backup was made; left out: the last moment the database knows of.")
    ] = None,
    release: Annotated[list[str] | None, typer.Option(metavar="NUMBER|all", help="Send this held letter.")] = None,
    discard: Annotated[
        list[str] | None, typer.Option(metavar="NUMBER|all", help="Never send this held letter.")
    ] = None,
    settle: Annotated[bool, typer.Option("--settle", help="Send mail as usual again; all held is dealt with.")] = False,
) -> None:
    """After a restore, before payclerk starts: read the mail since the backup again, and hold what may go out twice."""
    from .restoring import Wish
    from .restoring import restore as look_into

    for line in look_into(load_settings(), Wish(since, release or [], discard or [], settle)):
        console.print(line, markup=False, soft_wrap=True)


@app.command("import")
@told
def import_file(
    file: Annotated[
        Path | None, typer.Argument(help="The workbook (.xlsx), a CSV file, or a folder or ZIP of CSV files.")
    ] = None,
    project: Annotated[
        str | None, typer.Option(help="The number of a project that is there: the file may then hold some sheets only.")
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Show what would change, and change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before importing.")] = False,
    template: Annotated[Path | None, typer.Option(help="Write a workbook to fill to this file, and end.")] = None,
    people: Annotated[
        Path | None, typer.Option(help="Write the people of --project to this file, to change and import, and end.")
    ] = None,
) -> None:
    """Load a project, its people, contracts and schedules of values. All or nothing; again changes nothing."""
    from .importing import Wish, import_files, keep_people, keep_template

    if template is not None or people is not None:
        kept = keep_template(template) if template is not None else keep_people(load_settings(), people, project)
        console.print(kept, markup=False, soft_wrap=True)
        return
    if file is None:
        raise UserError("Name the file to import, or write a workbook to fill with --template FILE.")
    import_files(load_settings(), Wish(file, project, preview, yes), console)


@app.command()
@told
def doctor() -> None:
    """Test each connection and setting, and say what to do about what fails."""
    from .doctor import examine

    healthy = True
    for finding in examine():
        healthy = healthy and finding.ok
        console.print(
            f"[{'green' if finding.ok else 'red'}]{'ok  ' if finding.ok else 'FAIL'}[/] {finding.name}", end=""
        )
        console.print(f": {finding.text}", markup=False, soft_wrap=True)
    raise typer.Exit(0 if healthy else 1)


@app.command()
@told
def manifest() -> None:
    """Print the Slack app's manifest: paste it at 'Create an app from a manifest'."""
    from payclerk_bot.manifest import manifest as app_manifest

    sys.stdout.write(json.dumps(app_manifest(), indent=2) + "\n")


@app.command()
@told
def show(
    kind: Annotated[str, typer.Argument(help="project, period, contract or claim")],
    name: Annotated[str, typer.Argument(help="Its number: 2611, 2026-11, SC-01, SC-01#1")] = "",
) -> None:
    """Print a record with its events."""
    from .show import describe

    for line in describe(load_settings(), kind, name):
        console.print(line, markup=False, soft_wrap=True)


@app.command()
@told
def calc(
    file: Annotated[Path, typer.Argument(help="The job as JSON; - reads standard input.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON; a refusal too.")] = False,
) -> None:
    """Work out the claims of a job from a file, without a database. docs/calc.md describes the file."""
    from .calc import calc as work_out
    from .calc_shown import as_json as to_json
    from .calc_shown import as_table, error_json

    try:
        pages = work_out(_content(file))
    except UserError as error:
        if not as_json:
            raise UserError(f"{error.message} ({error.code}, at {error.field or 'the file'})") from None
        sys.stdout.write(json.dumps(error_json(error), indent=2) + "\n")
        raise typer.Exit(1) from None
    if as_json:
        sys.stdout.write(json.dumps(to_json(pages), indent=2) + "\n")
    else:
        console.print(as_table(pages))


def _content(file: Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read()
    if not file.is_file():
        raise UserError(f"There is no file {file}.", code="bad_input", field="")
    return file.read_bytes()


@app.command()
@told
def playground(port: Annotated[int, typer.Option(help="The port of its page; 0 takes a free one.")] = 0) -> None:
    """Run the local Slack, mail server and DocuSign alone, and print the settings that point payclerk at them."""
    from .demo.local import run_playground

    run_playground(port, console)


@app.command()
@told
def demo(
    leave: Annotated[
        bool, typer.Option("--exit", help="End after the story; status 0 only if all was as it should.")
    ] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start over with an empty database and empty mailboxes.")
    ] = False,
) -> None:
    """Play four months of billing on a local Slack, mail server and DocuSign, checking each step, and stay up."""
    from .demo.run import run_demo

    raise typer.Exit(run_demo(leave=leave, fresh=fresh, console=console))

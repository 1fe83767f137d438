"""Commands whose help shows options in sections."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

import click


class SectionedOption(click.Option):
    """An option that belongs to a section of the help."""

    def __init__(self, names: Iterable[str], section: str, **attributes: Any) -> None:
        super().__init__(list(names), **attributes)
        self.section = section


class SectionedCommand(click.Command):
    """A command whose help shows its options by section, in their order. A bad setting is wrong usage."""

    def invoke(self, ctx: click.Context) -> Any:
        from trainers.settings import SettingError  # here, as it imports torch

        try:
            return super().invoke(ctx)
        except SettingError as error:
            raise click.UsageError(str(error), ctx) from None

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        shown = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        for section, options in groupby(shown, lambda option: getattr(option, "section", "Help")):
            records = [record for option in options if (record := option.get_help_record(ctx)) is not None]
            if records:
                with formatter.section(section):
                    formatter.write_dl(records)

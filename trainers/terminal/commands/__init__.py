"""The commands by name: a file each."""

from trainers.terminal.commands.compare import COMPARE
from trainers.terminal.commands.list import LIST
from trainers.terminal.commands.race import RACE
from trainers.terminal.commands.run import RUN
from trainers.terminal.commands.script import SCRIPT
from trainers.terminal.commands.sweep import SWEEP

COMMANDS = {command.name: command for command in (RUN, COMPARE, SWEEP, RACE, SCRIPT, LIST)}

"""The subcommands: one file each, exporting COMMAND. Adding a file adds a command."""

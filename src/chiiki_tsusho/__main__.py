"""``python -m chiiki_tsusho`` is the command ``chiiki-tsusho``."""

from chiiki_tsusho.command_line.app import app

if __name__ == "__main__":
    app(prog_name="chiiki-tsusho")

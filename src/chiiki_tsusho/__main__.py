"""``python -m chiiki_tsusho`` is the command ``chiiki-tsusho``."""

from chiiki_tsusho.command_line.console import main

if __name__ == "__main__":
    main()

"""The container's entry point."""

from agent.__main__ import main

main()

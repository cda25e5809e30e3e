"""Telegram: residents' private chats and building groups, through a bot of the community's own."""

from channels.telegram.channel import CommandMenu, Settings, Telegram

__all__ = ["CommandMenu", "Settings", "Telegram"]

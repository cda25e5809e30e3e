"""智能机器人: members of the corp talk to it in private, and in internal groups by @, over a long connection or a callback."""

from channels.wecom_aibot.channel import AiBot as AiBot
from channels.wecom_aibot.channel import Settings as Settings

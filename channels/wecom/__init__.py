"""企业微信自建应用: members of the corp write to the application in private; it answers, sends cards, and posts into groups it made."""

from channels.wecom.channel import Wecom as Wecom
from channels.wecom.owners import Laid as Laid
from channels.wecom.owners import Ports as Ports
from channels.wecom.owners import Post as Post
from channels.wecom.settings import Settings as Settings

"""微信客服: whoever has WeChat writes to the community without following or installing anything."""

from channels.wechat_kf.account import Pace
from channels.wechat_kf.channel import Ports, Settings, WechatKf

__all__ = ["Pace", "Ports", "Settings", "WechatKf"]

"""微信客服: whoever has WeChat writes to the community without following or installing anything."""

from channels.wechat_kf.channel import Settings, WechatKf

__all__ = ["Settings", "WechatKf"]

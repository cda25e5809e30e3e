"""公众号 (认证服务号): residents in WeChat who follow the community's own account, by a scene QR or by its name."""

from channels.wechat.channel import WeChat as WeChat
from channels.wechat.settings import Menu as Menu
from channels.wechat.settings import Settings as Settings

"""群机器人: a webhook that puts posts into one internal WeCom group. It says and never hears."""

from channels.wecom_robot.channel import Robots as Robots
from channels.wecom_robot.channel import Settings as Settings

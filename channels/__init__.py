"""The doors to the outside, one folder each: bytes become `Inbound`, `Rendered` becomes bytes. To add one, add a line."""

CHANNELS = (
    "telegram",
    "webchat",
    "wechat",
    "wechat_kf",
    "wecom",
    "wecom_aibot",
    "wecom_robot",
)

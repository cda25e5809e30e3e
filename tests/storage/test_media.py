"""What was published stays readable: an officer's own data may go, the pictures of a 公示 do not go with them."""

from __future__ import annotations

from sqlalchemy import select

from dialogue.words import Attachment, Kind
from storage import contacts, media, notices
from storage.database import Tx
from tests.house import PHOTO, Hall


async def test_the_pictures_of_a_notice_outlive_the_data_of_whoever_put_it_up(database_url: str) -> None:
    hall = await Hall.open(database_url)
    try:
        await hall.known()
        person = await hall.database.read(_person, "小王")
        digest = await hall.database.transaction(media.record_media, 1, person, "image/jpeg", PHOTO, hall.now)
        sent = (Attachment(Kind.PHOTO, "file", digest, type="image/jpeg"),)
        await hall.says("小王", "发布公示 改造方案\n内容\n范围 3号楼\n期限 15天", kind=Kind.PHOTO, attachments=sent)
        await hall.taps("小王", "发布")
        await hall.says("小王", "删除我的资料")
        await hall.taps("小王", "确定删除")
        assert await hall.database.read(media.read, digest) is None
        hall.hears("李叔")
        await hall.says("李叔", "公示 1")
        assert hall.hears("李叔")[-1].picture == PHOTO
        assert await hall.database.read(_types) == ["image/jpeg"]
    finally:
        await hall.close()


def _person(tx: Tx, name: str) -> str:
    who = contacts.contacts
    found: str = tx.scalar(select(who.c.person).where(who.c.id == contacts.find(tx, "test", name)))
    return found


def _types(tx: Tx) -> list[str]:
    notice = notices.by_number(tx, 1, 1)
    assert notice is not None
    return [media.type_of(tx, 1, digest) for digest in notice.text.attachments]

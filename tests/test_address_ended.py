"""A colleague leaves the corp, and the next one is given the same userid: nothing of the first one is theirs."""

from __future__ import annotations

from dialogue.words import Kind
from storage import contacts
from storage.contacts import contacts as chats
from storage.database import Tx
from tests.web.test_oauth import WECOM, Said, comes, town

UNION = "wecom:corp:wangwei"


async def test_whoever_is_given_the_userid_next_is_a_stranger(database_url: str) -> None:
    async with town(database_url) as (hall, client, platform):
        await hall.says("小王", "菜单", union=UNION)
        before = await hall.database.read(contacts.find, "test", "小王")
        status, page = await comes(client, "/console", platform, Said("test", "小王"), WECOM)
        assert status == 200 and "进入" in page
        await hall.says("小王", kind=Kind.LEFT, union=UNION, ended=True)
        hall.hears("小王")
        client.session.cookie_jar.clear()
        _, page = await comes(client, "/console", platform, Said("test", "小王", union=UNION), WECOM)
        assert "digits" in page, "the desk is not opened to them"
        await hall.says("小王", "我的资料", union=UNION)
        said = [words.text for words in hall.hears("小王")]
        assert said == ["您还没有登记，我没有存您的资料。"]
        after = await hall.database.read(contacts.find, "test", "小王")
        assert after and after != before
        row = await hall.database.read(lambda tx: tx.one(chats.select().where(chats.c.id == after)))
        assert row and row.resident_id is None


async def test_the_same_name_at_the_other_door_ends_with_it(database_url: str) -> None:
    async with town(database_url) as (hall, _, _):
        await hall.says("小王", "菜单", union=UNION)
        await hall.says("王女士", "菜单", union="wecom:corp:other")
        twin = await hall.database.read(contacts.find, "test", "小王")
        # the userid of a member who only ever spoke at the other door: this door meets them as they go
        await hall.says("nobody yet", kind=Kind.LEFT, union=UNION, ended=True)

        def rows(tx: Tx) -> dict[str, tuple[str | None, bool]]:
            return {row.id: (row.resident_id, row.address_hash is None) for row in tx.all(chats.select())}

        kept = await hall.database.read(rows)
        assert kept[twin or ""] == (None, True)
        assert not kept["c-4"][1] and kept["c-4"][0], "nobody else's chat ends"


async def test_a_block_ends_nothing(database_url: str) -> None:
    async with town(database_url) as (hall, _, _):
        before = await hall.database.read(contacts.find, "test", "小王")
        await hall.says("小王", kind=Kind.LEFT, union=UNION)
        assert await hall.database.read(contacts.find, "test", "小王") == before

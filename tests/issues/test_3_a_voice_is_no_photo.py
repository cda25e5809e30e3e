"""Voice that a platform does not turn into words was called a photo: who speaks hears that we cannot, and who will call them."""

from __future__ import annotations

from dialogue.words import Attachment, Kind
from storage import media
from tests.house import Hall


async def test_a_voice_is_no_photo(database_url: str) -> None:
    hall = await Hall.open(database_url)
    await hall.known(large=False)
    kept = await hall.database.transaction(media.record_media, 1, "王女士", "audio/amr", b"#!AMR words", hall.now)
    for sound in (Attachment(Kind.VOICE, "m1", kept, type="audio/amr"), Attachment(Kind.VOICE, "m2", name="media.not_fetched")):
        await hall.says("王女士", kind=Kind.VOICE, attachments=(sound,))
        (heard,) = hall.hears("王女士")
        assert "照片" not in heard.text
        assert "听不懂" in heard.text
        assert "给我回电" in [button.text for button in heard.buttons]
    await hall.close()

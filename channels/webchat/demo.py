"""The demonstration's people, phones and the steps a visitor is led through. Every word of it stands in webchat.toml."""

from __future__ import annotations

from collections.abc import Mapping

from channels.webchat.ports import Demo, Hint, Person, Phone, Room, Stage

ROOM = "room:building3"
TINTS = {"zhang": "persimmon", "lishu": "indigo", "chen": "plum", "laoli": "pine", "xiaowang": "ochre"}
PHONES = (("zhang", "lishu", "chen"), ("laoli",), ("xiaowang",))  # beside the group's phone, on which everybody speaks
STAGES: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (  # who says which hint; `name@room` says it in the group
    ("greet", (("zhang", "hello"), ("zhang", "large"), ("lishu", "menu"))),
    ("home", (("laoli@room", "bind_group"), ("zhang", "claim_502"), ("zhang", "phone"), ("lishu", "claim_201"), ("laoli", "confirm"))),
    ("survey", (("xiaowang", "publish_survey"), ("lishu", "surveys"), ("lishu", "edit"))),
    ("matter", (("zhang", "wish"), ("chen", "idea"), ("lishu", "request"), ("lishu", "progress"))),
    ("poll", (("laoli", "new_poll"), ("zhang", "polls"), ("lishu@room", "polls_in_group"), ("lishu", "receipt"))),
    ("notice", (("xiaowang", "new_notice"), ("zhang", "notices"), ("lishu", "object"))),
    ("broadcast", (("xiaowang", "broadcast"), ("xiaowang", "login"))),
)


def cast(words: Mapping[str, str]) -> Demo:
    """A building of 幸福里: an older owner, a tenant, a co-owner, the 楼栋长, a community worker, and their group."""
    room = Room(ROOM, words["room_name"])
    people = {
        name: Person(
            address=f"demo:{name}",
            name=words[f"cast_{name}_name"],
            role=words[f"cast_{name}_role"],
            letter=words[f"cast_{name}_letter"],
            tint=tint,
            large=name == "zhang",
            rooms=(ROOM,),
        )
        for name, tint in TINTS.items()
    }

    def hint(who: str, key: str) -> Hint:
        name, _, place = who.partition("@")
        return Hint(people[name], words[f"hint_{key}"].strip(), room if place else None)

    private = tuple(Phone(tuple(people[name] for name in names)) for names in PHONES)
    group = Phone((people["laoli"], *(p for name, p in people.items() if name != "laoli")), room)
    stages = tuple(Stage(words[f"stage_{key}"], tuple(hint(*h) for h in hints)) for key, hints in STAGES)
    return Demo((group, *private), stages)

"""The first schema: everything that part one keeps."""

import sqlalchemy as sa
from alembic import op

from storage.tx import Id, Instant, Personal

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "answers",
        sa.Column("community_id", Id, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.String(length=32), nullable=False),
        sa.Column("text", Personal(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("community_id", "id", "place", name="pk_answers"),
    )
    op.create_table(
        "claims",
        sa.Column("community_id", Id, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("household_id", sa.String(length=32), nullable=False),
        sa.Column("resident_id", sa.String(length=32), nullable=False),
        sa.Column("as_", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("proof", sa.String(length=16), server_default="", nullable=False),
        sa.Column("name", Personal(), nullable=True),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.Column("decided_by", sa.String(length=32), nullable=True),
        sa.Column("reason", Personal(), nullable=True),
        sa.PrimaryKeyConstraint("community_id", "id", name="pk_claims"),
    )
    op.create_index("ix_claims_household", "claims", ["community_id", "household_id"], unique=False)
    op.create_index("ix_claims_resident", "claims", ["community_id", "resident_id"], unique=False)
    op.create_table(
        "communities",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=16), server_default="estate", nullable=False),
        sa.Column("under", sa.String(length=128), server_default="", nullable=False),
        sa.Column("settings", sa.Text(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_communities"),
        sa.UniqueConstraint("slug", name="uq_communities_slug"),
    )
    op.create_table(
        "dispatches",
        sa.Column("community_id", Id, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("say", Personal(), nullable=False),
        sa.Column("area_id", sa.String(length=32), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("ordered_by", sa.String(length=32), nullable=True),
        sa.Column("ordered_at", Instant(), nullable=False),
        sa.Column("cursor", sa.String(length=32), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("community_id", "id", name="pk_dispatches"),
    )
    op.create_index("ix_dispatches_state", "dispatches", ["state"], unique=False)
    op.create_table(
        "groups",
        sa.Column("community_id", Id, nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("address_hash", sa.LargeBinary(), nullable=False),
        sa.Column("address", Personal(), nullable=False),
        sa.Column("area_id", sa.String(length=32), nullable=False),
        sa.Column("bound_by", sa.String(length=32), nullable=False),
        sa.Column("bound_at", Instant(), nullable=False),
        sa.Column("gone_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("community_id", "id", name="pk_groups"),
        sa.UniqueConstraint("channel", "address_hash", name="uq_groups_channel_address_hash"),
    )
    op.create_table(
        "inbox",
        sa.Column("seq", Id, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("external", sa.LargeBinary(), nullable=False),
        sa.Column("contact_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("input", Personal(), nullable=True),
        sa.Column("reason", sa.String(length=200), server_default="", nullable=False),
        sa.Column("place", sa.Integer(), server_default="0", nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_inbox"),
        sa.UniqueConstraint("channel", "external", name="uq_inbox_channel_external"),
        sa.UniqueConstraint("id", name="uq_inbox_id"),
    )
    op.create_index("ix_inbox_contact_id", "inbox", ["contact_id"], unique=False)
    op.create_index("ix_inbox_state", "inbox", ["state"], unique=False)
    op.create_table(
        "keys",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=8), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_keys"),
        sa.UniqueConstraint("person", "purpose", name="uq_keys_person_purpose"),
    )
    op.create_index("ix_keys_person", "keys", ["person"], unique=False)
    op.create_table(
        "links",
        sa.Column("community_id", Id, nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("community_id", "code", name="pk_links"),
        sa.UniqueConstraint("community_id", "kind", "subject", name="uq_links_community_id_kind_subject"),
    )
    op.create_table(
        "media",
        sa.Column("community_id", Id, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("community_id", "digest", name="pk_media"),
    )
    op.create_table(
        "media_pieces",
        sa.Column("community_id", Id, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("data", Personal(), nullable=False),
        sa.PrimaryKeyConstraint("community_id", "digest", "place", name="pk_media_pieces"),
    )
    op.create_table(
        "objections",
        sa.Column("community_id", Id, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("about", sa.String(length=8), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("resident_id", sa.String(length=32), nullable=False),
        sa.Column("household_id", sa.String(length=32), nullable=False),
        sa.Column("text", Personal(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("community_id", "id", name="pk_objections"),
        sa.UniqueConstraint("community_id", "number", name="uq_objections_community_id_number"),
    )
    op.create_index("ix_objections_subject", "objections", ["community_id", "about", "subject_id"], unique=False)
    op.create_table(
        "postings",
        sa.Column("community_id", Id, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("what", sa.String(length=8), nullable=False),
        sa.Column("by_id", sa.String(length=32), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("community_id", "id", name="pk_postings"),
    )
    op.create_index("ix_postings_subject", "postings", ["community_id", "kind", "subject_id"], unique=False)
    op.create_table(
        "questions",
        sa.Column("community_id", Id, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("about", sa.String(length=8), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("resident_id", sa.String(length=32), nullable=False),
        sa.Column("text", Personal(), nullable=False),
        sa.Column("public", Personal(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("community_id", "id", name="pk_questions"),
        sa.UniqueConstraint("community_id", "number", name="uq_questions_community_id_number"),
    )
    op.create_index("ix_questions_subject", "questions", ["community_id", "about", "subject_id"], unique=False)
    op.create_table(
        "residents",
        sa.Column("community_id", Id, nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("name", Personal(), nullable=True),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("forgotten_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("community_id", "id", name="pk_residents"),
    )
    op.create_table(
        "roles",
        sa.Column("community_id", Id, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("resident_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("area_id", sa.String(length=32), nullable=False),
        sa.Column("since_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("community_id", "id", name="pk_roles"),
    )
    op.create_index("ix_roles_resident", "roles", ["community_id", "resident_id"], unique=False)
    op.create_table(
        "spent",
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("token", name="pk_spent"),
    )
    op.create_table(
        "tries",
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_tries"),
    )
    op.create_table(
        "areas",
        sa.Column("community_id", Id, nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("parent_id", sa.String(length=32), nullable=True),
        sa.Column("level", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("path", sa.String(length=256), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["communities.id"], name="fk_areas_community_id"),
        sa.PrimaryKeyConstraint("community_id", "id", name="pk_areas"),
        sa.UniqueConstraint("community_id", "path", name="uq_areas_community_id_path"),
    )
    op.create_table(
        "consents",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("community_id", Id, nullable=False),
        sa.Column("contact_id", sa.String(length=32), nullable=False),
        sa.Column("answer", sa.String(length=12), nullable=False),
        sa.Column("version", sa.String(length=8), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["communities.id"], name="fk_consents_community_id"),
        sa.PrimaryKeyConstraint("id", name="pk_consents"),
    )
    op.create_index("ix_consents_community_id", "consents", ["community_id"], unique=False)
    op.create_index("ix_consents_contact_id", "consents", ["contact_id"], unique=False)
    op.create_table(
        "contacts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("community_id", Id, nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("address_hash", sa.LargeBinary(), nullable=True),
        sa.Column("address", Personal(), nullable=True),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("resident_id", sa.String(length=32), nullable=True),
        sa.Column("name", Personal(), nullable=True),
        sa.Column("consent", sa.String(length=12), server_default="", nullable=False),
        sa.Column("language", sa.String(length=8), server_default="zh-CN", nullable=False),
        sa.Column("large", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("subscribed", sa.Boolean(), server_default="1", nullable=False),
        sa.Column("reached", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("gone_at", Instant(), nullable=True),
        sa.Column("human_until", Instant(), nullable=True),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.Column("seen", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["communities.id"], name="fk_contacts_community_id"),
        sa.PrimaryKeyConstraint("id", name="pk_contacts"),
        sa.UniqueConstraint("channel", "address_hash", name="uq_contacts_channel_address_hash"),
    )
    op.create_index("ix_contacts_resident", "contacts", ["community_id", "resident_id"], unique=False)
    op.create_table(
        "corrections",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("community_id", Id, nullable=False),
        sa.Column("resident_id", sa.String(length=32), nullable=False),
        sa.Column("text", Personal(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["communities.id"], name="fk_corrections_community_id"),
        sa.PrimaryKeyConstraint("id", name="pk_corrections"),
    )
    op.create_index("ix_corrections_community", "corrections", ["community_id", "at"], unique=False)
    op.create_table(
        "due",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("community_id", Id, nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["communities.id"], name="fk_due_community_id"),
        sa.PrimaryKeyConstraint("id", name="pk_due"),
        sa.UniqueConstraint("name", "subject", name="uq_due_name_subject"),
    )
    op.create_index("ix_due_at", "due", ["at"], unique=False)
    op.create_table(
        "invites",
        sa.Column("community_id", Id, nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("area_id", sa.String(length=32), nullable=True),
        sa.Column("household_id", sa.String(length=32), nullable=True),
        sa.Column("as_", sa.String(length=8), server_default="", nullable=False),
        sa.Column("resident_id", sa.String(length=32), nullable=True),
        sa.Column("name", Personal(), nullable=True),
        sa.Column("uses_left", sa.Integer(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["communities.id"], name="fk_invites_community_id"),
        sa.PrimaryKeyConstraint("community_id", "id", name="pk_invites"),
        sa.UniqueConstraint("code_hash", name="uq_invites_code_hash"),
    )
    op.create_table(
        "journal",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("community_id", Id, nullable=False),
        sa.Column("resident_id", sa.String(length=32), nullable=True),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=64), server_default="", nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["communities.id"], name="fk_journal_community_id"),
        sa.PrimaryKeyConstraint("id", name="pk_journal"),
    )
    op.create_index("ix_journal_community", "journal", ["community_id", "id"], unique=False)
    op.create_table(
        "logins",
        sa.Column("community_id", Id, nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("device", sa.String(length=8), nullable=False),
        sa.Column("visitor", sa.String(length=32), nullable=False),
        sa.Column("resident_id", sa.String(length=32), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["communities.id"], name="fk_logins_community_id"),
        sa.PrimaryKeyConstraint("community_id", "id", name="pk_logins"),
        sa.UniqueConstraint("community_id", "code", name="uq_logins_community_id_code"),
    )
    op.create_table(
        "numbers",
        sa.Column("community_id", Id, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["communities.id"], name="fk_numbers_community_id"),
        sa.PrimaryKeyConstraint("community_id", "kind", name="pk_numbers"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("community_id", Id, nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("contact_id", sa.String(length=32), nullable=True),
        sa.Column("group_id", sa.String(length=32), nullable=True),
        sa.Column("resident_id", sa.String(length=32), nullable=True),
        sa.Column("dispatch_id", sa.String(length=64), nullable=True),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("address", Personal(), nullable=True),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("words", Personal(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("not_before", Instant(), nullable=False),
        sa.Column("claimed_until", Instant(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("platform_id", sa.String(length=128), server_default="", nullable=False),
        sa.Column("reason", sa.String(length=200), server_default="", nullable=False),
        sa.Column("once", sa.String(length=128), nullable=True),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["community_id"], ["communities.id"], name="fk_outbox_community_id"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("dispatch_id", "contact_id", name="uq_outbox_dispatch_id_contact_id"),
        sa.UniqueConstraint("once", name="uq_outbox_once"),
    )
    op.create_index("ix_outbox_contact", "outbox", ["contact_id", "id"], unique=False)
    op.create_index("ix_outbox_platform", "outbox", ["platform_id"], unique=False)
    op.create_index("ix_outbox_resident", "outbox", ["resident_id", "purpose", "sent_at"], unique=False)
    op.create_index("ix_outbox_waiting", "outbox", ["state", "not_before", "lane", "id"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("community_id", Id, nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("resident_id", sa.String(length=32), nullable=False),
        sa.Column("contact_id", sa.String(length=32), nullable=False),
        sa.Column("device", sa.String(length=8), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["community_id"], ["communities.id"], name="fk_sessions_community_id"),
        sa.PrimaryKeyConstraint("community_id", "id", name="pk_sessions"),
    )
    op.create_index("ix_sessions_resident", "sessions", ["community_id", "resident_id"], unique=False)
    op.create_table(
        "conversations",
        sa.Column("contact_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=32), server_default="", nullable=False),
        sa.Column("state", Personal(), nullable=True),
        sa.Column("asked", Personal(), nullable=True),
        sa.Column("resting", Personal(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name="fk_conversations_contact_id"),
        sa.PrimaryKeyConstraint("contact_id", name="pk_conversations"),
    )
    op.create_table(
        "households",
        sa.Column("community_id", Id, nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("area_id", sa.String(length=32), nullable=False),
        sa.Column("path", sa.String(length=256), nullable=False),
        sa.Column("room", sa.String(length=32), nullable=False),
        sa.Column("use", sa.String(length=8), server_default="住宅", nullable=False),
        sa.Column("area_centi", sa.Integer(), nullable=True),
        sa.Column("area_source", sa.String(length=16), server_default="", nullable=False),
        sa.Column("ownership", sa.String(length=16), server_default="", nullable=False),
        sa.Column("people", sa.Integer(), nullable=True),
        sa.Column("head", Personal(), nullable=True),
        sa.Column("phones", Personal(), nullable=True),
        sa.Column("phone_tails", sa.String(length=64), server_default="", nullable=False),
        sa.Column("state", sa.String(length=8), server_default="fine", nullable=False),
        sa.ForeignKeyConstraint(["community_id", "area_id"], ["areas.community_id", "areas.id"], name="fk_households_community_id"),
        sa.PrimaryKeyConstraint("community_id", "id", name="pk_households"),
        sa.UniqueConstraint("community_id", "path", name="uq_households_community_id_path"),
    )
    op.create_table(
        "matters",
        sa.Column("community_id", Id, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("category", sa.String(length=12), nullable=False),
        sa.Column("words", Personal(), nullable=False),
        sa.Column("summary", Personal(), nullable=True),
        sa.Column("said_hash", sa.LargeBinary(), nullable=False),
        sa.Column("author_id", sa.String(length=32), nullable=False),
        sa.Column("household_id", sa.String(length=32), server_default="", nullable=False),
        sa.Column("area_id", sa.String(length=32), nullable=False),
        sa.Column("path", sa.String(length=256), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("origin", sa.String(length=12), nullable=False),
        sa.Column("entered_by", sa.String(length=32), nullable=True),
        sa.Column("album", sa.String(length=80), server_default="", nullable=False),
        sa.Column("raised_at", Instant(), nullable=False),
        sa.Column("touched_at", Instant(), nullable=False),
        sa.Column("handler_id", sa.String(length=32), nullable=True),
        sa.Column("nudged_on", sa.Date(), nullable=True),
        sa.Column("verdict", sa.String(length=8), nullable=True),
        sa.Column("solved", sa.String(length=8), nullable=True),
        sa.Column("score", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reopened", sa.Integer(), server_default="0", nullable=False),
        sa.Column("supervised", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("in_review", sa.Boolean(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["community_id", "area_id"], ["areas.community_id", "areas.id"], name="fk_matters_community_id"),
        sa.PrimaryKeyConstraint("community_id", "id", name="pk_matters"),
        sa.UniqueConstraint("community_id", "number", name="uq_matters_community_id_number"),
    )
    op.create_index("ix_matters_author", "matters", ["community_id", "author_id"], unique=False)
    op.create_index("ix_matters_state", "matters", ["community_id", "state"], unique=False)
    op.create_table(
        "notices",
        sa.Column("community_id", Id, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("area_id", sa.String(length=32), nullable=False),
        sa.Column("path", sa.String(length=256), nullable=False),
        sa.Column("category", sa.String(length=12), nullable=False),
        sa.Column("openness", sa.String(length=8), nullable=False),
        sa.Column("text", Personal(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("posted_by", sa.String(length=32), nullable=False),
        sa.Column("posted_at", Instant(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("objections", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("reason", Personal(), nullable=True),
        sa.ForeignKeyConstraint(["community_id", "area_id"], ["areas.community_id", "areas.id"], name="fk_notices_community_id"),
        sa.PrimaryKeyConstraint("community_id", "id", name="pk_notices"),
        sa.UniqueConstraint("community_id", "number", name="uq_notices_community_id_number"),
    )
    op.create_index("ix_notices_state", "notices", ["community_id", "state"], unique=False)
    op.create_table(
        "polls",
        sa.Column("community_id", Id, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("area_id", sa.String(length=32), nullable=False),
        sa.Column("path", sa.String(length=256), nullable=False),
        sa.Column("electorate", sa.String(length=8), nullable=False),
        sa.Column("secrecy", sa.String(length=8), nullable=False),
        sa.Column("rule", sa.String(length=32), nullable=False),
        sa.Column("proposal", Personal(), nullable=False),
        sa.Column("author_id", sa.String(length=32), nullable=False),
        sa.Column("office", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("closes_at", Instant(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("entitled", sa.Integer(), nullable=False),
        sa.Column("reason", Personal(), nullable=True),
        sa.Column("figures", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["community_id", "area_id"], ["areas.community_id", "areas.id"], name="fk_polls_community_id"),
        sa.PrimaryKeyConstraint("community_id", "id", name="pk_polls"),
        sa.UniqueConstraint("community_id", "number", name="uq_polls_community_id_number"),
    )
    op.create_index("ix_polls_state", "polls", ["community_id", "state"], unique=False)
    op.create_table(
        "questionnaires",
        sa.Column("community_id", Id, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("form_id", sa.String(length=200), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("area_id", sa.String(length=32), nullable=True),
        sa.Column("path", sa.String(length=256), server_default="", nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("author_id", sa.String(length=32), nullable=True),
        sa.Column("drafted_at", Instant(), nullable=False),
        sa.Column("published_at", Instant(), nullable=True),
        sa.Column("closes_at", Instant(), nullable=True),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("results_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["community_id", "area_id"], ["areas.community_id", "areas.id"], name="fk_questionnaires_community_id"),
        sa.PrimaryKeyConstraint("community_id", "id", name="pk_questionnaires"),
        sa.UniqueConstraint("community_id", "number", name="uq_questionnaires_community_id_number"),
    )
    op.create_index("ix_questionnaires_state", "questionnaires", ["community_id", "state"], unique=False)
    op.create_table(
        "ballots",
        sa.Column("community_id", Id, nullable=False),
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("poll_id", sa.String(length=64), nullable=False),
        sa.Column("entry_id", sa.String(length=32), nullable=False),
        sa.Column("resident_id", sa.String(length=32), nullable=False),
        sa.Column("choices", Personal(), nullable=False),
        sa.Column("origin", sa.String(length=8), nullable=False),
        sa.Column("cast_at", Instant(), nullable=False),
        sa.Column("superseded_at", Instant(), nullable=True),
        sa.Column("confirmed", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["community_id", "poll_id"], ["polls.community_id", "polls.id"], name="fk_ballots_community_id"),
        sa.PrimaryKeyConstraint("community_id", "id", name="pk_ballots"),
    )
    op.create_index("ix_ballots_entry", "ballots", ["community_id", "poll_id", "entry_id"], unique=False)
    op.create_table(
        "matter_supporters",
        sa.Column("community_id", Id, nullable=False),
        sa.Column("matter_id", sa.String(length=64), nullable=False),
        sa.Column("resident_id", sa.String(length=32), nullable=False),
        sa.Column("household_id", sa.String(length=32), server_default="", nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id", "matter_id"], ["matters.community_id", "matters.id"], name="fk_matter_supporters_community_id"
        ),
        sa.PrimaryKeyConstraint("community_id", "matter_id", "resident_id", name="pk_matter_supporters"),
    )
    op.create_index("ix_matter_supporters_resident", "matter_supporters", ["community_id", "resident_id"], unique=False)
    op.create_table(
        "matter_words",
        sa.Column("community_id", Id, nullable=False),
        sa.Column("matter_id", sa.String(length=64), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=12), nullable=False),
        sa.Column("by_id", sa.String(length=32), nullable=False),
        sa.Column("words", Personal(), nullable=True),
        sa.Column("media", sa.Text(), server_default="[]", nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["community_id", "matter_id"], ["matters.community_id", "matters.id"], name="fk_matter_words_community_id"),
        sa.PrimaryKeyConstraint("community_id", "matter_id", "place", name="pk_matter_words"),
    )
    op.create_table(
        "owners",
        sa.Column("community_id", Id, nullable=False),
        sa.Column("household_id", sa.String(length=32), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("name", Personal(), nullable=False),
        sa.Column("name_hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id", "household_id"], ["households.community_id", "households.id"], name="fk_owners_community_id"
        ),
        sa.PrimaryKeyConstraint("community_id", "household_id", "place", name="pk_owners"),
    )
    op.create_index("ix_owners_name", "owners", ["community_id", "name_hash"], unique=False)
    op.create_table(
        "responses",
        sa.Column("community_id", Id, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("questionnaire_id", sa.String(length=64), nullable=False),
        sa.Column("resident_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("interview", Personal(), nullable=True),
        sa.Column("answers", Personal(), nullable=True),
        sa.Column("begun_at", Instant(), nullable=False),
        sa.Column("completed_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["community_id", "questionnaire_id"], ["questionnaires.community_id", "questionnaires.id"], name="fk_responses_community_id"
        ),
        sa.PrimaryKeyConstraint("community_id", "id", name="pk_responses"),
    )
    op.create_index("ix_responses_questionnaire", "responses", ["community_id", "questionnaire_id", "resident_id"], unique=False)
    op.create_index("ix_responses_resident", "responses", ["community_id", "resident_id"], unique=False)
    op.create_table(
        "roll_entries",
        sa.Column("community_id", Id, nullable=False),
        sa.Column("poll_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("electorate", sa.String(length=8), nullable=False),
        sa.Column("path", sa.String(length=256), nullable=False),
        sa.Column("heads", sa.Integer(), server_default="1", nullable=False),
        sa.Column("area_centi", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["community_id", "poll_id"], ["polls.community_id", "polls.id"], name="fk_roll_entries_community_id"),
        sa.PrimaryKeyConstraint("community_id", "poll_id", "id", name="pk_roll_entries"),
    )
    still_open = sa.text("state IN ('queued', 'sending')")
    reader = sa.text("coalesce(contact_id, group_id)")
    op.create_index("ix_outbox_reader", "outbox", [reader, "id"], postgresql_where=still_open, sqlite_where=still_open)

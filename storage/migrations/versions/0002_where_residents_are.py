"""WeCom and WeChat: windows, answers within a request, one person behind several doors, what channels note."""

import sqlalchemy as sa
from alembic import op

from storage.tx import Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notes",
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.String(length=512), nullable=False),
        sa.PrimaryKeyConstraint("channel", "name", name="pk_notes"),
    )
    op.add_column("contacts", sa.Column("union_hash", sa.LargeBinary(), nullable=True))
    op.add_column("contacts", sa.Column("window_until", Instant(), nullable=True))
    op.add_column("contacts", sa.Column("window_left", sa.Integer(), server_default="0", nullable=False))
    op.create_index("ix_contacts_union", "contacts", ["union_hash"], unique=False)
    op.create_index("ix_contacts_person", "contacts", ["person"], unique=False)
    op.add_column("outbox", sa.Column("answers", sa.LargeBinary(), nullable=True))
    op.create_index("ix_outbox_answers", "outbox", ["answers"], unique=False)
    posted = sa.text("group_id IS NOT NULL")
    op.create_index("ix_outbox_group", "outbox", ["group_id", "made_at"], postgresql_where=posted, sqlite_where=posted)
    unread = sa.text("state IN ('queued', 'held', 'by_door')")
    op.create_index("ix_outbox_unread", "outbox", ["contact_id"], postgresql_where=unread, sqlite_where=unread)
    op.add_column("responses", sa.Column("origin", sa.String(length=8), server_default="self", nullable=False))

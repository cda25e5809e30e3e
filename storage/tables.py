"""Every table, in one place, for migrations and for the tests that read all of them."""

from storage import areas as areas
from storage import ballots as ballots
from storage import communities as communities
from storage import consents as consents
from storage import contacts as contacts
from storage import conversations as conversations
from storage import dispatches as dispatches
from storage import doors as doors
from storage import due as due
from storage import erasure as erasure
from storage import inbox as inbox
from storage import journal as journal
from storage import keys as keys
from storage import logins as logins
from storage import matters as matters
from storage import media as media
from storage import notices as notices
from storage import objections as objections
from storage import outbox as outbox
from storage import polls as polls
from storage import questionnaires as questionnaires
from storage import residents as residents
from storage import responses as responses
from storage import rolls as rolls
from storage import tries as tries
from storage.database import metadata as metadata

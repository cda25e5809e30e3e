"""Event -> its writer: the only way domain facts reach a table. A test demands that every Event has one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from community import claims, consents, dispatches, erasure, groups, invites, logins, matter_events, notices, questions, settings, unions
from dialogue.words import Event
from storage import ballots as kept_ballots
from storage import consents as kept_consents
from storage import dispatches as kept_dispatches
from storage import erasure as kept_erasure
from storage import groups as kept_groups
from storage import invites as kept_invites
from storage import logins as kept_logins
from storage import matter_records as kept_matters
from storage import notices as kept_notices
from storage import objections as kept_objections
from storage import polls as kept_polls
from storage import questionnaires as kept_questionnaires
from storage import residents, tries
from storage import responses as kept_responses
from storage import settings as kept_settings
from storage import unions as kept_unions
from storage.database import Tx
from surveys import ballots, polls, publications, responses

RECORDERS: Mapping[type[Event], Callable[[Tx, int, Any], None]] = {
    ballots.BallotCast: kept_ballots.record_cast,
    ballots.BallotsEntered: kept_ballots.record_entered,
    claims.ClaimConfirmed: residents.record_claim_confirmed,
    claims.ClaimEnded: residents.record_claim_ended,
    claims.ClaimMade: residents.record_claim_made,
    claims.ClaimRefused: residents.record_claim_refused,
    consents.ConsentDeferred: kept_consents.record_deferred,
    consents.ConsentGiven: kept_consents.record_given,
    consents.ConsentWithdrawn: kept_consents.record_withdrawn,
    dispatches.DispatchApproved: kept_dispatches.record_approved,
    dispatches.DispatchAsked: kept_dispatches.record_asked,
    dispatches.DispatchDone: kept_dispatches.record_done,
    dispatches.DispatchOrdered: kept_dispatches.record_ordered,
    dispatches.DispatchPaused: kept_dispatches.record_paused,
    dispatches.DispatchResumed: kept_dispatches.record_resumed,
    dispatches.DispatchStopped: kept_dispatches.record_stopped,
    erasure.Correction: kept_erasure.record_correction,
    erasure.Forgotten: kept_erasure.record_forgotten,
    erasure.LastWordGone: kept_erasure.record_last_word_gone,
    erasure.TermEnded: kept_erasure.record_term_ended,
    groups.AddressEnded: kept_unions.record_address_ended,
    groups.ContactLeft: kept_groups.record_contact_left,
    groups.GroupBound: kept_groups.record_bound,
    groups.GroupLeft: kept_groups.record_left,
    groups.GroupMoved: kept_groups.record_moved,
    invites.ContactsJoined: kept_invites.record_joined,
    invites.InviteMade: kept_invites.record_made,
    invites.InviteUsed: kept_invites.record_used,
    invites.RoleTaken: kept_invites.record_role_taken,
    invites.Tried: tries.record_tried,
    logins.LoginConfirmed: kept_logins.record_confirmed,
    logins.LoginRefused: kept_logins.record_refused,
    matter_events.IdeaJudged: kept_matters.record_judged,
    matter_events.MatterAccepted: kept_matters.record_accepted,
    matter_events.MatterAdded: kept_matters.record_added,
    matter_events.MatterAnswered: kept_matters.record_answered,
    matter_events.MatterClosed: kept_matters.record_closed,
    matter_events.MatterKindConfirmed: kept_matters.record_kind_confirmed,
    matter_events.MatterNotAccepted: kept_matters.record_not_accepted,
    matter_events.MatterNudged: kept_matters.record_nudged,
    matter_events.MatterRaised: kept_matters.record_raised,
    matter_events.MatterRated: kept_matters.record_rated,
    matter_events.MatterReopened: kept_matters.record_reopened,
    matter_events.MatterSeconded: kept_matters.record_seconded,
    matter_events.MatterWithdrawn: kept_matters.record_withdrawn,
    notices.NoticeEnded: kept_notices.record_ended,
    notices.NoticePassedOn: kept_notices.record_passed_on,
    notices.NoticePosted: kept_notices.record_posted,
    notices.ObjectionAnswered: kept_objections.record_answered,
    notices.ObjectionRaised: kept_objections.record_raised,
    polls.ClosingPutOff: kept_polls.record_put_off,
    polls.PollClosed: kept_polls.record_closed,
    polls.PollExtended: kept_polls.record_extended,
    polls.PollOpened: kept_polls.record_opened,
    polls.PollVoided: kept_polls.record_voided,
    polls.PostedByHand: kept_polls.record_posted,
    publications.QuestionnaireClosed: kept_questionnaires.record_closed,
    publications.QuestionnaireDrafted: kept_questionnaires.record_drafted,
    publications.QuestionnairePosted: kept_questionnaires.record_posted,
    publications.QuestionnairePublished: kept_questionnaires.record_published,
    publications.ResultsPublished: kept_questionnaires.record_results_published,
    responses.AnswerGiven: kept_responses.record_in_interview,
    responses.InterviewKept: kept_responses.record_kept,
    responses.ResponseBegun: kept_responses.record_begun,
    responses.ResponseCompleted: kept_responses.record_completed,
    responses.ResponsePaused: kept_responses.record_in_interview,
    responses.ResponseResumed: kept_responses.record_in_interview,
    responses.ResponsesEntered: kept_responses.record_entered,
    responses.ResponseWithdrawn: kept_responses.record_withdrawn,
    questions.QuestionAnswered: kept_objections.record_question_answered,
    questions.QuestionAsked: kept_objections.record_asked,
    settings.CommunityChosen: kept_settings.record_community,
    settings.HumanAsked: kept_settings.record_human,
    settings.LanguageChosen: kept_settings.record_language,
    settings.LargeChosen: kept_settings.record_large,
    settings.SubscriptionChanged: kept_settings.record_subscription,
    unions.ContactParted: kept_unions.record_parted,
    unions.ContactRecognised: kept_unions.record_recognised,
}


def record(tx: Tx, community: int, event: Event) -> None:
    """Keep what happened, in the turn's own transaction."""
    RECORDERS[type(event)](tx, community, event)

"""A project's settings as an administrator changes them in Slack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from bot_office import ADA, RITA
from payclerk_core.tables import Event, Project
from payclerk_playground.slack.control import texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot_office import Office


def kept(office: Office) -> tuple[str, list[Any]]:
    with office.database.reading() as session:
        events = session.scalars(select(Event).where(Event.verb == "settings_changed"))
        return session.scalars(select(Project)).one().owner_answers, [(e.actor_id, e.before, e.after) for e in events]


def test_an_administrator_lets_clear_answers_of_the_owner_act(month: Callable[..., Any], office: Office) -> None:
    ada = month(lambda m: m.ada.id, contracts=1)
    office.billing(ADA, "settings")
    form = office.modal(ADA, "settings")
    office.world.select(form, "owner_answers", "act")
    assert office.world.submit(ADA, form).error is None
    assert "saved" in texts(office.modal(ADA, "settings_saved"))
    assert kept(office) == ("act", [(ada, {"owner_answers": "propose"}, {"owner_answers": "act"})])

    office.billing(ADA, "settings")
    assert office.world.submit(ADA, office.modal(ADA, "settings")).error is None
    assert "Nothing was changed" in texts(office.modal(ADA, "settings_saved"))
    assert len(kept(office)[1]) == 1


def test_a_project_asks_for_more_than_payclerk_is_set_up_with_and_takes_it_back(
    month: Callable[..., Any], office: Office
) -> None:
    month(lambda m: m.ada.id, contracts=1)
    for chosen, stored in (("confirm", "confirm"), ("usual", None)):
        office.billing(ADA, "settings")
        form = office.modal(ADA, "settings")
        assert "As payclerk is set up: the sender is vouched for" in texts(form)
        office.world.select(form, "trust_owner", chosen)
        assert office.world.submit(ADA, form).error is None
        office.modal(ADA, "settings_saved")
        with office.database.reading() as session:
            project = session.scalars(select(Project)).one()
            assert (project.trust_owner, project.trust_invitation) == (stored, None)


def test_who_does_not_administer_the_project_cannot_open_or_save_the_form(
    month: Callable[..., Any], office: Office
) -> None:
    month(lambda m: m.ada.id, contracts=1)
    office.billing(RITA, "settings")
    assert "'Admin' permission" in texts(office.message("'Admin' permission", user=RITA))
    office.billing(ADA, "settings")
    form = office.modal(ADA, "settings")
    office.world.select(form, "owner_answers", "act")
    office.world.submit(RITA, form)
    assert kept(office) == ("propose", [])

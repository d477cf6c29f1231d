"""What the editor of texts asks about customers: who would get a text, what a part to them costs, which senders work."""

from decimal import Decimal

from django.utils.translation import gettext as _

from backoffice.accounts.models import User
from backoffice.audiences.counting import complete_rules, reach
from backoffice.audiences.limits import CountTooSlowError
from backoffice.audiences.models import Audience, UnusableAudienceError
from backoffice.message_templates.crowd import Crowd, Senders
from backoffice.operators.models import Operator
from backoffice.operators.routing import allows

AUDIENCES_OFFERED = 500


class ForTexts:
    """Answers backoffice.message_templates.crowd."""

    def audiences(self, reader: User) -> list[tuple[int, str]]:
        """By name; none for whoever may not see audiences."""
        if not reader.has_perm("audiences.view_audience"):
            return []
        return list(
            Audience.objects.filter(is_archived=False)
            .order_by("name")
            .values_list("pk", "name")[:AUDIENCES_OFFERED]
        )

    def crowd(self, audience_id: int | None, purpose: str) -> Crowd:
        """Who of them may be written to, as the count beside the audience editor says it: an estimate for many."""
        audience = Audience(name=_("All customers"))
        if audience_id is not None:
            found = Audience.objects.filter(pk=audience_id).first()
            if found is None:
                return Crowd(problem=_("This audience is not there any more. Choose another one."))
            audience = found
        try:
            audience.check_rules()
            counted = reach(audience.match, complete_rules(audience.rules), purpose)
        except UnusableAudienceError as error:
            return Crowd(audience.name, problem=str(error))
        except CountTooSlowError:
            return Crowd(audience.name, problem=_("Counting this audience takes too long to wait for here."))
        may = counted.writable
        priced = may.customers - may.unreachable
        return Crowd(
            name=audience.name,
            customers=may.customers,
            is_exact=may.is_exact,
            some=counted.fitting.some,
            part_price=may.cost / priced if may.prices and priced > 0 else Decimal(0),
            currency=may.currency,
        )

    def senders(self, purpose: str) -> Senders:
        """Of the operators in use that allow the purpose. Where there is none yet, nobody can say."""
        operators = [one for one in Operator.objects.filter(is_enabled=True) if allows(one, purpose, "")]
        if not operators or any(not one.senders for one in operators):
            return Senders()
        return Senders(sorted({sender for one in operators for sender in one.senders}))

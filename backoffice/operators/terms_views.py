"""Lists of prices and networks, with the ways to bring in and take out whole files."""

from typing import Any

from django.db.models import Count
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.views import generic
from wagtail.admin.widgets.button import Button, HeaderButton

from backoffice.operators import views
from backoffice.operators.models import Network


class TariffListView(views.TariffIndexView):
    """All prices. What is filtered is what is downloaded."""

    @cached_property
    def header_buttons(self) -> list[Any]:
        buttons = list(super().header_buttons)
        if self.request.user.has_perm("operators.change_tariff"):
            buttons.append(HeaderButton(_("Upload"), url=reverse("tariff_files:upload"), icon_name="upload"))
        return buttons

    @cached_property
    def header_more_buttons(self) -> list[Any]:
        operator = self.request.GET.get("operator", "")
        query = f"operator={operator}&" if operator.isdecimal() else ""
        found = [
            Button(
                label,
                url=f"{reverse('tariff_files:download', args=[form])}?{query}separator={separator}",
                icon_name="download",
            )
            for form, separator, label in (
                ("csv", "comma", _("Download as CSV with commas")),
                ("csv", "semicolon", _("Download as CSV with semicolons")),
                ("xlsx", "", _("Download for Excel")),
            )
        ]
        if self.request.user.has_perm("operators.change_tariff"):
            found.append(Button(_("Uploaded files"), url=reverse("tariff_files:index"), icon_name="history"))
        return [*super().header_more_buttons, *found]


class NetworkListView(generic.IndexView):
    """All networks, each with how many numbers were taken along to it."""

    template_name = "operators/networks.html"

    def get_base_queryset(self) -> Any:
        return Network.objects.annotate(numbers=Count("ported_numbers"))

    @cached_property
    def header_buttons(self) -> list[Any]:
        buttons = list(super().header_buttons)
        if self.request.user.has_perm("operators.change_network"):
            buttons.append(
                HeaderButton(_("Upload ported numbers"), url=reverse("porting:upload"), icon_name="upload")
            )
        return buttons

    @cached_property
    def header_more_buttons(self) -> list[Any]:
        found = list(super().header_more_buttons)
        if self.request.user.has_perm("operators.change_network"):
            found.append(Button(_("Uploaded files"), url=reverse("porting:index"), icon_name="history"))
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"may_add": self.request.user.has_perm("operators.add_network")}

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet

from backoffice.lib.deleting import RefuseWhileUsed
from backoffice.lib.versions import VersionChecked
from backoffice.operators.adapters.forms import AdapterForm, used_by
from backoffice.operators.adapters.panels import ADAPTER_PANELS
from kannel.adapters.presets import PRESETS, preset
from kannel.models import Adapter


class AdapterIndexView(generic.IndexView):
    def get_base_queryset(self) -> Any:
        return super().get_base_queryset().prefetch_related("connections")


class TriedNext:
    """After saving comes the page that shows what it does."""

    object: Adapter

    def get_success_url(self) -> str:
        return reverse("operators:try_adapter", args=[self.object.pk])


class AdapterCreateView(TriedNext, generic.CreateView):
    """Begins with one of the ready-made shapes, which may be changed at once."""

    def get_initial_form_instance(self) -> Adapter:
        name = self.request.GET.get("shape", "json")
        return preset(name if name in PRESETS else "json")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if self.request.method == "GET":
            messages.info(
                self.request,
                _("Begin with the shape that is most like your operator's, then change what differs."),
                buttons=[
                    messages.button(f"{reverse('adapter:add')}?shape={name}", str(label))
                    for name, (label, _values) in PRESETS.items()
                ],
            )
        return super().get_context_data(**kwargs)  # type: ignore[no-any-return]


class AdapterEditView(TriedNext, VersionChecked, generic.EditView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        names = used_by(self.object)
        if names and self.request.method == "GET":
            messages.warning(
                self.request,
                _("%(names)s runs with this adapter, so it stays as it is. Change a copy of it.")
                % {"names": ", ".join(names)},
                buttons=[messages.button(reverse("adapter:copy", args=[self.object.pk]), _("Copy it"))],
            )
        return super().get_context_data(**kwargs)


class AdapterCopyView(TriedNext, generic.CopyView):
    pass


class AdapterDeleteView(RefuseWhileUsed, generic.DeleteView):
    pass


def connections_of(adapter: Adapter) -> str:
    """Who uses it, for its row in the list."""
    return ", ".join(sorted(one.name for one in adapter.connections.all())) or _("no connection")


class AdapterViewSet(ModelViewSet):
    model = Adapter
    icon = "code"
    name = "adapter"
    url_prefix = "operators/adapters"
    menu_label = gettext_lazy("Adapters")
    search_backend_name = None
    list_per_page = 50
    index_view_class = AdapterIndexView
    add_view_class = AdapterCreateView
    edit_view_class = AdapterEditView
    copy_view_class = AdapterCopyView
    delete_view_class = AdapterDeleteView
    list_display = [
        "name",
        Column("get_body_kind_display", label=gettext_lazy("Sends")),
        Column("get_answer_kind_display", label=gettext_lazy("Reads")),
        Column(connections_of, label=gettext_lazy("Connections")),
        "changed_at",
    ]
    panels = ADAPTER_PANELS

    def get_edit_handler(self) -> Any:
        handler = super().get_edit_handler()
        handler.base_form_class = AdapterForm
        return handler

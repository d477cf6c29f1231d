from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from wagtail.admin.ui.components import MediaContainer
from wagtail.admin.ui.side_panels import BaseSidePanel, ChecksSidePanel, PreviewSidePanel
from wagtail.snippets.views import snippets

from backoffice.lib.deleting import RefuseWhileUsed
from backoffice.message_templates.languages import LANGUAGES
from backoffice.message_templates.models import MAX_TEXT_LENGTH, MessageTemplate, TextVariant
from backoffice.message_templates.preview import preview
from backoffice.message_templates.samples import CYRILLIC, SAMPLES

MAY_PREVIEW = ("add", "change", "view")
MAX_VARIANTS = len(LANGUAGES) + 1


class PhoneSidePanel(BaseSidePanel):
    """Shows the text on a phone while it is being written."""

    class SidePanelToggle(BaseSidePanel.SidePanelToggle):
        aria_label = _("Toggle the phone")
        icon_name = "mobile-alt"
        has_counter = False

    name = "phone"
    title = _("On the phone")
    template_name = "message_templates/phone_panel.html"
    order = 50

    class Media:
        js = ["message_templates/sms_editor.js"]
        css = {"all": ["message_templates/message_templates.css"]}

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(parent_context),
            "preview_url": reverse("message_templates:phone"),
            "samples": SAMPLES.values(),
        }


class WithPhone:
    """Mix-in for the create and edit views: our phone instead of Wagtail's page preview and page checks."""

    form: Any
    request: Any
    expects_json_response: bool

    def get_side_panels(self) -> MediaContainer:
        panels = [
            panel
            for panel in super().get_side_panels()  # type: ignore[misc]
            if not isinstance(panel, PreviewSidePanel | ChecksSidePanel)
        ]
        if not self.expects_json_response:
            panels.append(PhoneSidePanel(self.form.instance, self.request))
        return MediaContainer(sorted(panels, key=lambda panel: panel.order))


class TemplateCreateView(WithPhone, snippets.CreateView):
    pass


class TemplateEditView(WithPhone, snippets.EditView):
    pass


class TemplateCopyView(WithPhone, snippets.CopyView):
    """A new text with the same words. Wagtail would hand out the old row itself, and saving would change that one."""

    def get_initial_form_instance(self) -> MessageTemplate:
        old = self.get_object()
        copy = MessageTemplate(name=old.name, purpose=old.purpose, text=old.text)
        copy.language_variants = [
            TextVariant(language=variant.language, text=variant.text)
            for variant in old.language_variants.all()
        ]
        return copy


class TemplateDeleteView(RefuseWhileUsed, snippets.DeleteView):
    pass


@require_POST
def phone_view(request: HttpRequest) -> HttpResponse:
    """The texts being written, as a customer gets them, without saving anything.

    POST: ``sample``, and for each text ``field`` (name in the form), ``language`` and ``text``, in step.
    Answers JSON: ``phone``, HTML for the panel, and ``meters``, HTML for below each field by its name.
    """
    if not any(
        request.user.has_perm(f"message_templates.{action}_messagetemplate") for action in MAY_PREVIEW
    ):
        raise PermissionDenied
    sample = SAMPLES.get(request.POST.get("sample", ""), CYRILLIC)
    names = dict(LANGUAGES)
    lists = (request.POST.getlist(key)[:MAX_VARIANTS] for key in ("field", "language", "text"))
    texts = list(zip(*lists, strict=False))
    fallback = _("Everybody else") if len(texts) > 1 else _("Everybody")
    shown = [
        {
            "field": field,
            "language": names.get(language, fallback if field == "text" else ""),
            "preview": preview(text[:MAX_TEXT_LENGTH].replace("\r\n", "\n"), sample),
            "is_empty": not text.strip(),
        }
        for field, language, text in texts
    ]
    return JsonResponse(
        {
            "phone": render_to_string("message_templates/phone.html", {"texts": shown}, request=request),
            "meters": {
                str(one["field"]): render_to_string("message_templates/meter.html", one, request=request)
                for one in shown
            },
        }
    )

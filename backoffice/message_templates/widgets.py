from typing import Any

from django import forms
from wagtail.admin.widgets import AdminAutoHeightTextInput

from backoffice.message_templates.fields import FIELDS


class SmsTextarea(AdminAutoHeightTextInput):
    """A text field with buttons that insert merge fields at the cursor and a line that says how many parts it takes."""

    template_name = "message_templates/sms_textarea.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        return context | {"merge_fields": FIELDS.values()}

    @property
    def media(self) -> forms.Media:
        return forms.Media(
            js=["message_templates/sms_editor.js"], css={"all": ["message_templates/message_templates.css"]}
        )

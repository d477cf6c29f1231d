from wagtail.snippets.views import snippets

from backoffice.lib.deleting import RefuseWhileUsed
from backoffice.message_templates.models import MessageTemplate, TextVariant
from backoffice.message_templates.panels import WithPhone


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

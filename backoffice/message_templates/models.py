from django.db import models
from django.utils.translation import gettext_lazy as _


class MessageTemplate(models.Model):
    """A text with merge fields, with variants by language. Replaced by the texts room; the contract is ``variants()``."""

    name = models.CharField(_("name"), max_length=120)
    text = models.TextField(_("text"))

    class Meta:
        verbose_name = _("text")
        verbose_name_plural = _("texts")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def variants(self) -> dict[str, str]:
        """Texts with merge fields by language code; the key "" holds the one for everybody else."""
        return {"": self.text}

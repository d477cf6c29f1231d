"""Links of a mailing that are counted, and who followed them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.customers.models import Customer
from backoffice.mailings.shortlinks.codes import KEY_BYTES, new_key


class ShortLink(models.Model):
    """One web address in the texts of a mailing. Its codes are not kept: they say whose they are (shortlinks.codes)."""

    id = models.AutoField(primary_key=True)
    mailing = models.ForeignKey("mailings.Mailing", models.CASCADE, related_name="short_links")
    address = models.TextField(_("address"), help_text="As it stands in the text.")
    target = models.TextField(
        help_text="Where it leads: the address, with words for the statistics of the site."
    )
    key = models.BinaryField(max_length=KEY_BYTES, default=new_key)
    expires_at = models.DateTimeField(_("leads there until"))

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        constraints = [models.UniqueConstraint(fields=["mailing", "address"], name="one_link_to_an_address")]

    def __str__(self) -> str:
        return self.address


class Click(models.Model):
    """That somebody followed a link: when first, when last, how often. What robots fetch is kept apart."""

    link = models.ForeignKey(ShortLink, models.CASCADE, related_name="clicks")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="clicks")
    is_robot = models.BooleanField(default=False)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    clicks = models.PositiveIntegerField(default=1)

    wagtail_reference_index_ignore = True

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["link", "customer", "is_robot"], name="one_row_of_clicks")
        ]

    def __str__(self) -> str:
        return f"{self.link_id} {self.customer_id}"

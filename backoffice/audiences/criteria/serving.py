"""Who serves the customers, and on which way."""

from django.utils.translation import gettext_lazy

from backoffice.audiences.criteria.base import AGREEMENT, OneOf
from backoffice.audiences.criteria.inputs import names_of


class Manager(OneOf):
    criterion = "manager"
    column = "manager"
    words = gettext_lazy("the manager is %(names)s")
    words_not = gettext_lazy("the manager is not %(names)s, or there is none")
    missing = gettext_lazy("no manager")
    names = names_of("manager")

    class Meta:
        label = gettext_lazy("Manager")
        help_text = gettext_lazy("“Is none of” takes customers without a manager, too.")
        icon = "user"
        group = AGREEMENT


class Channel(OneOf):
    criterion = "channel"
    column = "channel"
    words = gettext_lazy("the channel is %(names)s")
    words_not = gettext_lazy("the channel is not %(names)s, or is not known")
    missing = gettext_lazy("no channel")
    names = names_of("channel")

    class Meta:
        label = gettext_lazy("Channel: shop, web, app")
        help_text = gettext_lazy(
            "The way on which they deal with us. “Is none of” takes those without one, too."
        )
        icon = "redirect"
        group = AGREEMENT


class Device(OneOf):
    criterion = "device"
    column = "device"
    words = gettext_lazy("the device is %(names)s")
    words_not = gettext_lazy("the device is not %(names)s, or is not known")
    missing = gettext_lazy("no device")
    names = names_of("device")

    class Meta:
        label = gettext_lazy("Device: iPhone, Android")
        help_text = gettext_lazy("“Is none of” takes customers whose device is not known, too.")
        icon = "mobile-alt"
        group = AGREEMENT

"""The columns of a file of customers: what they are called here, and what other systems call them."""

from django.utils.translation import gettext as _

from backoffice.customers.models import Customer
from backoffice.customers.resources import ATTRIBUTE_PREFIX, RUSSIAN
from backoffice.lib.files.headings import Columns, column

# What else stands over such a column in files of other systems; commas between.
HINTS = {
    "external_id": "id,client id,customer id,crm id,user id,contact id,account,account number,external number,код,ид,id клиента,"
    "код клиента,номер клиента,лицевой счёт,лицевой счет,внешний код",
    "phone": "mobile,mobile phone,mobile number,cell,cell phone,cellphone,telephone,tel,msisdn,phone 1,моб,мобильный,сотовый,"
    "моб телефон,мобильный телефон,сотовый телефон,номер телефона,контактный телефон,тел",
    "first_name": "given name,forename,name",
    "middle_name": "second name,patronymic",
    "last_name": "surname,family name",
    "email": "e mail,mail,email address,e mail address,электронная почта,эл почта,имейл",
    "language": "lang,locale",
    "birth_date": "birthday,birthdate,date of birth,dob,день рождения,д р,родился",
    "gender": "sex",
    "region": "state,province,область",
    "city": "town,населённый пункт",
    "time_zone": "timezone,tz,зона",
    "tariff": "tariff plan,plan,тарифный план",
    "loyalty_points": "points,bonus,bonuses,бонусы",
    "registered_on": "registration date,registered,дата регистрации",
    "consent_marketing": "marketing consent,согласие на рассылку",
}
EXAMPLES = {
    "external_id": "CRM-1001",
    "phone": "+7 916 123-45-67",
    "first_name": "Анна",
    "last_name": "Петрова",
    "birth_date": "24.11.1985",
    "city": "Москва",
    "balance": "1234.50",
    "tags": "coffee, vip",
    "consent_marketing": "yes",
}


def customer_columns() -> Columns:
    """The columns, with their labels in the reader's language."""
    labels = {field.name: str(field.verbose_name) for field in Customer._meta.fields} | {
        "consent_marketing": _("consent to offers and news"),
        "consent_service": _("consent to service messages"),
        "consent_source": _("source of consent"),
        "consent_on": _("date of consent"),
    }
    return Columns(
        [
            column(
                name,
                labels[name],
                words,
                hints=HINTS.get(name, ""),
                needed=name == "external_id",
                example=EXAMPLES.get(name, ""),
            )
            for name, words in RUSSIAN.items()
        ],
        prefix=ATTRIBUTE_PREFIX,
    )

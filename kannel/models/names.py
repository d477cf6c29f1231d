from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

# Kannel does not escape ids in status.xml and reads `include` anywhere in a line as a directive.
is_kannel_id = RegexValidator(
    r"^(?!.*include)[A-Za-z0-9_-]{1,32}\Z", _("Use Latin letters, digits, - and _ only.")
)

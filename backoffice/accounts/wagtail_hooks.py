from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from wagtail import hooks


@hooks.register("insert_global_admin_css")
def shared_styles() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', static("accounts/parley.css"))


@hooks.register("insert_global_admin_js")
def shared_scripts() -> SafeString:
    return format_html('<script src="{}"></script>', static("accounts/live.js"))

from django.urls import include, path
from wagtail.admin import urls as wagtailadmin_urls

from backoffice.accounts.leaving import LeaveView
from backoffice.accounts.password_reset import ResetView
from backoffice.mailings.health import HealthView, MetricsView

urlpatterns = [
    path("health/", HealthView.as_view(), name="health"),
    path("metrics/", MetricsView.as_view(), name="metrics"),
    path("logout/", LeaveView.as_view(), name="wagtailadmin_logout"),
    path("password_reset/", ResetView.as_view(), name="wagtailadmin_password_reset"),
    path("", include(wagtailadmin_urls)),
]

handler400 = "backoffice.lib.refusals.bad_request"
handler403 = "backoffice.lib.refusals.forbidden"
handler404 = "backoffice.lib.refusals.not_found"
handler500 = "backoffice.lib.refusals.failed"

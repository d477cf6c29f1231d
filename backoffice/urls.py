from django.urls import include, path
from wagtail.admin import urls as wagtailadmin_urls

from backoffice.mailings.health import HealthView, MetricsView

urlpatterns = [
    path("health/", HealthView.as_view(), name="health"),
    path("metrics/", MetricsView.as_view(), name="metrics"),
    path("", include(wagtailadmin_urls)),
]

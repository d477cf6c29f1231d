"""Addresses of the files of prices and of ported numbers."""

from django.urls import include, path, re_path

from backoffice.operators import file_screens as screens

tariff_urls = (
    [
        path("", screens.PriceFiles.as_view(), name="index"),
        path("upload/", screens.PriceUpload.as_view(), name="upload"),
        re_path(r"^download/(?P<form>csv|xlsx)/$", screens.PriceDownload.as_view(), name="download"),
        re_path(r"^sample/(?P<form>csv|xlsx|headings)/$", screens.PriceSample.as_view(), name="sample"),
        path("<int:pk>/", screens.PricePage.as_view(), name="run"),
        path("<int:pk>/progress/", screens.PriceProgress.as_view(), name="progress"),
        path("<int:pk>/start/", screens.PriceStart.as_view(), name="start"),
        path("<int:pk>/stop/", screens.PriceStop.as_view(), name="stop"),
    ],
    "tariff_files",
)
porting_urls = (
    [
        path("", screens.PortedFiles.as_view(), name="index"),
        path("upload/", screens.PortedUpload.as_view(), name="upload"),
        path("networks/", screens.AddNetworks.as_view(), name="networks"),
        re_path(r"^sample/(?P<form>csv|xlsx|headings)/$", screens.PortedSample.as_view(), name="sample"),
        path("<int:pk>/", screens.PortedPage.as_view(), name="run"),
        path("<int:pk>/progress/", screens.PortedProgress.as_view(), name="progress"),
        path("<int:pk>/start/", screens.PortedStart.as_view(), name="start"),
        path("<int:pk>/stop/", screens.PortedStop.as_view(), name="stop"),
        path("<int:pk>/bad-rows/", screens.PortedBadRows.as_view(), name="bad_rows"),
    ],
    "porting",
)
urlpatterns = [
    path("operators/tariffs/files/", include(tariff_urls)),
    path("operators/networks/ported/", include(porting_urls)),
]

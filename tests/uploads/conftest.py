"""The five uploads of the product, each with a small file that it takes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from backoffice.audiences.models import CustomerList, ListRun
from backoffice.audiences.tasks import runner as lists
from backoffice.customers.models import Customer, ImportRun
from backoffice.customers.tasks import runner as imports
from backoffice.lib.runs import Run, Runner
from backoffice.operators.file_tasks import porting, tariffs
from backoffice.operators.models import Network, Operator, PortingRun, Tariff, TariffRun
from backoffice.operators.network_models import PortedNumber

PHONES = ["79161110021", "79161110022", "79161110023", "79161110024"]


@dataclass
class Upload:
    """One upload: its address, what it takes, and what came of a file, as texts in their order."""

    name: str
    address: str
    sample_address: str
    heading: Sequence[str]
    other_heading: Sequence[str]
    rows: Sequence[Sequence[str]]
    runner: Runner[Any]
    model: type[Run]
    values: dict[str, Any]
    taken: Callable[[], list[str]]
    client: Client

    def text(
        self, rows: Sequence[Sequence[str]], delimiter: str = ";", heading: Sequence[str] | None = None
    ) -> str:
        return "".join(delimiter.join(row) + "\n" for row in [heading or self.heading, *rows])

    def put(self, content: str | bytes, name: str = "file.csv") -> tuple[Any, str]:
        """The run, if the file was taken, and the page that is shown."""
        file = SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode())
        answer = self.client.post(self.address, {"file": file, **self.values}, follow=True)
        return self.model.objects.order_by("-pk").first(), answer.content.decode()

    def post(self, run: Any, **choices: Any) -> str:
        """The page after its form was sent."""
        page = self.page_of(run)
        answer = self.client.post(f"{page}start/", {**self.chosen(run), **choices}, follow=True)
        return answer.content.decode()

    def chosen(self, run: Any) -> dict[str, Any]:
        """What the form of a list sends as well."""
        run.refresh_from_db()
        return (
            {"column": run.column, "identity": run.identity}
            if isinstance(run, ListRun)
            else {"is_checked": "on"}
        )

    def page_of(self, run: Any) -> str:
        return {
            "customers": f"/customers/imports/{run.pk}/",
            "list": f"/audiences/lists/runs/{run.pk}/",
            "never written to": f"/audiences/lists/runs/{run.pk}/",
            "ported numbers": f"/operators/networks/ported/{run.pk}/",
            "prices": f"/operators/tariffs/files/{run.pk}/",
        }[self.name]

    def work(self, run: Any) -> Any:
        self.runner.run(run.pk)
        run.refresh_from_db()
        return run


def _members() -> list[str]:
    return sorted(CustomerList.objects.get().members.values_list("customer__phone", flat=True))


@pytest.fixture(params=["customers", "list", "never written to", "ported numbers", "prices"])
def upload(
    request: pytest.FixtureRequest, admin_client: Client, settings: Settings, tmp_path: Path
) -> Upload:
    """Each of the uploads in turn."""
    settings.MEDIA_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    name: str = request.param
    if name == "customers":
        return Upload(
            name, "/customers/imports/upload/", "/customers/imports/sample/",
            ["external_id", "phone", "first_name"], ["Client id", "Mobile", "Given"],
            [[f"BUG-{number}", phone, word] for number, (phone, word) in enumerate(zip(PHONES, ["Анна", "Ира", "Вера", "Галя"], strict=True))],
            imports, ImportRun, {"source": "CRM"},
            lambda: [f"+{phone}" for phone in PHONES if Customer.objects.filter(phone=f"+{phone}")], admin_client,
        )  # fmt: skip
    if name in ("list", "never written to"):
        kind = CustomerList.Kind.MEMBERS if name == "list" else CustomerList.Kind.EXCLUSION
        for phone in PHONES:
            Customer.objects.create(external_id=phone, phone=f"+{phone}")
        made = CustomerList.objects.create(name="VIP", kind=kind)
        return Upload(
            name, f"/audiences/lists/{made.pk}/put/", "/audiences/lists/sample/",
            ["phone", "name"], ["Mobile", "who"], [[phone, "Ира"] for phone in PHONES],
            lists, ListRun, {"pasted": ""}, _members, admin_client,
        )  # fmt: skip
    if name == "ported numbers":
        Network.objects.create(name="MTS", prefix="+7910")
        return Upload(
            name, "/operators/networks/ported/upload/", "/operators/networks/ported/sample/",
            ["phone", "network"], ["Mobile", "Network name"], [[phone, "MTS"] for phone in PHONES],
            porting, PortingRun, {}, lambda: sorted(PortedNumber.objects.values_list("phone", flat=True)), admin_client,
        )  # fmt: skip
    operator = Operator.objects.create(
        name="Север", currency=settings.CURRENCY, receipt_margin=timedelta(hours=1)
    )
    return Upload(
        name, "/operators/tariffs/files/upload/", "/operators/tariffs/files/sample/",
        ["prefix", "price_per_part", "valid_from", "operator"], ["Prefix", "Price RUB", "Valid from", "Operator"],
        [[f"+{phone}", "2.35", "2027-01-01", "Север"] for phone in PHONES],
        tariffs, TariffRun, {"operator": operator.pk},
        lambda: sorted(Tariff.objects.values_list("prefix", flat=True)), admin_client,
    )  # fmt: skip

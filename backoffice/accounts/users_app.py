from wagtail.users.apps import WagtailUsersAppConfig


class EmployeesConfig(WagtailUsersAppConfig):
    """Wagtail's screens of users, with our own form."""

    user_viewset = "backoffice.accounts.viewsets.EmployeeViewSet"

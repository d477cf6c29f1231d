from wagtail.users.apps import WagtailUsersAppConfig


class EmployeesConfig(WagtailUsersAppConfig):
    """Wagtail's screens of users, with our own form, and of their roles."""

    group_viewset = "backoffice.accounts.viewsets.RoleViewSet"
    user_viewset = "backoffice.accounts.viewsets.EmployeeViewSet"

from typing import Any

from wagtail.users.views.users import UserViewSet

from backoffice.accounts.forms import EmployeeCreationForm, EmployeeForm


class EmployeeViewSet(UserViewSet):
    def get_form_class(self, for_update: bool = False) -> Any:
        return EmployeeForm if for_update else EmployeeCreationForm

from typing import Any

from wagtail.users.views.groups import EditView as GroupEditView
from wagtail.users.views.groups import GroupViewSet
from wagtail.users.views.users import EditView, UserViewSet

from backoffice.accounts.forms import EmployeeCreationForm, EmployeeForm
from backoffice.lib.versions import VersionChecked


class EmployeeEditView(VersionChecked, EditView):
    """Wagtail's page, which saves over nothing that its reader has not seen."""


class RoleEditView(VersionChecked, GroupEditView):
    """The same for a role and its rights."""


class EmployeeViewSet(UserViewSet):
    edit_view_class = EmployeeEditView

    def get_form_class(self, for_update: bool = False) -> Any:
        return EmployeeForm if for_update else EmployeeCreationForm


class RoleViewSet(GroupViewSet):
    edit_view_class = RoleEditView

"""Who may do what: the roles of the company as groups with exactly these rights."""

from collections.abc import Mapping

EDITOR = "Editor"
APPROVER = "Approver"
ANALYST = "Analyst"
OPERATOR_STAFF = "Operator staff"
PRIVACY_OFFICER = "Privacy officer"
EMPLOYEE = "Employee"

_EVERYBODY = ("wagtailadmin.access_admin", "alerts.view_alert")


def _all(label: str, *models: str) -> tuple[str, ...]:
    return tuple(
        f"{label}.{verb}_{model}" for model in models for verb in ("add", "change", "delete", "view")
    )


RIGHTS: Mapping[str, tuple[str, ...]] = {
    EDITOR: (
        *_EVERYBODY,
        "message_templates.add_messagetemplate",
        "message_templates.change_messagetemplate",
        "message_templates.view_messagetemplate",
        "message_templates.publish_messagetemplate",
        *_all("audiences", "audience", "customerlist"),
        "audiences.change_exclusion",
        "mailings.add_mailing",
        "mailings.change_mailing",
        "mailings.view_mailing",
        "mailings.submit_mailing",
        "mailings.control_mailing",
        "mailings.view_report",
        "mailings.view_contactrules",
        "mailings.view_approvalrules",
        "customers.view_customer",
        "customers.add_customer",
        "customers.import_customer",
        *_all("customers", "attributedefinition"),
    ),
    APPROVER: (
        *_EVERYBODY,
        *_all("message_templates", "messagetemplate"),
        "message_templates.publish_messagetemplate",
        "message_templates.lock_messagetemplate",
        "message_templates.unlock_messagetemplate",
        "audiences.view_audience",
        "audiences.view_customerlist",
        "mailings.view_mailing",
        "mailings.approve_mailing",
        "mailings.control_mailing",
        "mailings.view_report",
        "mailings.view_contactrules",
        "mailings.change_contactrules",
        "mailings.view_approvalrules",
        "mailings.change_approvalrules",
        "customers.view_customer",
    ),
    ANALYST: (
        *_EVERYBODY,
        "mailings.view_mailing",
        "mailings.view_report",
        "mailings.export_message",
        "operators.view_whatif",
        "audiences.view_audience",
        "audiences.view_customerlist",
    ),
    OPERATOR_STAFF: (
        *_EVERYBODY,
        *_all("operators", "operator", "tariff", "network", "errorcode"),
        "operators.view_whatif",
        *_all("kannel", "connection", "gateway", "adapter"),
        "kannel.apply_changes",
        "alerts.view_attempt",
        "alerts.change_attempt",
    ),
    PRIVACY_OFFICER: (
        *_EVERYBODY,
        "accounts.view_accessrecord",
        "audiences.view_customerlist",
        "audiences.change_exclusion",
        "customers.view_customer",
        "customers.change_customer",
        "customers.reveal_customer",
        "customers.export_customer",
        "customers.import_customer",
        "mailings.view_contactrules",
        "mailings.change_contactrules",
        *_all("customers", "attributedefinition"),
    ),
    EMPLOYEE: _EVERYBODY,
}

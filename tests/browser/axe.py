"""What axe-core says about the page that a browser shows."""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

_FAULTS = """async (options) => (await axe.run(document, {resultTypes: ["violations"], ...options})).violations
  .filter((fault) => ["serious", "critical"].includes(fault.impact))
  .flatMap((fault) => fault.nodes.map((node) => `${fault.id}: ${node.html.slice(0, 200)}`))"""


def serious_faults(page: Page, *, colours_only: bool = False) -> list[str]:
    """What keeps people from working: the rule, and the element that breaks it.

    :param colours_only: asks for contrast alone, for a page that was looked at before in other colours.
    """
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(_FAULTS, {"runOnly": ["color-contrast"]} if colours_only else {})
    return found

"""What axe-core says about the page that a browser shows."""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

_FAULTS = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
  .filter((fault) => ["serious", "critical"].includes(fault.impact))
  .flatMap((fault) => fault.nodes.map((node) => `${fault.id}: ${node.html.slice(0, 200)}`))"""


def serious_faults(page: Page) -> list[str]:
    """What keeps people from working: the rule, and the element that breaks it."""
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(_FAULTS)
    return found

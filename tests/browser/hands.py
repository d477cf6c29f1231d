"""Somebody's hands at a browser: what they do is counted, with a mouse or without one."""

from playwright.sync_api import Locator, Page, expect

MOST_TABS = 150
_FOCUSED = """() => {
  const one = document.activeElement;
  const labels = [...(one.labels || [])].map((label) => label.textContent);
  return [one.getAttribute("aria-label") || "", ...labels, one.textContent].map((words) => words.replace(/\\s+/g, " ").trim());
}"""


def choose(page: Page, field: str, label: str) -> None:
    """Chooses a text or an audience in the form of a mailing: opens the list and takes one."""
    page.locator(f"#id_{field}-chooser [data-chooser-action-choose]").click()
    page.get_by_role("dialog").get_by_role("link", name=label, exact=True).click()
    expect(page.locator(f"#id_{field}-title")).to_have_text(label)
    expect(page.locator("body > .modal")).to_have_count(0)


class Hands:
    """Counts each click, each field that is filled, each choice and each key that is pressed."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.actions = 0

    def click(self, what: Locator) -> None:
        self.actions += 1
        what.click()

    def fill(self, what: Locator, words: str) -> None:
        self.actions += 1
        what.fill(words)

    def choose(self, field: str, label: str) -> None:
        self.actions += 2
        choose(self.page, field, label)

    def press(self, what: Locator, key: str) -> None:
        self.actions += 1
        what.press(key)


class Keyboard:
    """Hands that have a keyboard only."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def go_to(self, name: str) -> None:
        """Presses Tab until what is called so has the focus."""
        seen = []
        for _ in range(MOST_TABS):
            self.page.keyboard.press("Tab")
            words = self.page.evaluate(_FOCUSED)
            if any(one.rstrip("*").strip() == name for one in words):
                expect(self.page.locator(":focus")).to_be_in_viewport()
                return
            seen.append(words)
        raise AssertionError(f"Tab never comes to “{name}”, but to {seen}")

    def type(self, words: str) -> None:
        self.page.keyboard.type(words)

    def enter(self) -> None:
        self.page.keyboard.press("Enter")

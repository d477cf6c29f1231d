"""Invented customers, as a company really has them: many cities and zones, gaps, shared numbers, people who said no."""

import csv
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

CITIES = (
    ("Москва", "Москва", "Europe/Moscow"),
    ("Санкт-Петербург", "Санкт-Петербург", "Europe/Moscow"),
    ("Казань", "Татарстан", "Europe/Moscow"),
    ("Калининград", "Калининградская область", "Europe/Kaliningrad"),
    ("Самара", "Самарская область", "Europe/Samara"),
    ("Екатеринбург", "Свердловская область", "Asia/Yekaterinburg"),
    ("Омск", "Омская область", "Asia/Omsk"),
    ("Новосибирск", "Новосибирская область", "Asia/Novosibirsk"),
    ("Красноярск", "Красноярский край", "Asia/Krasnoyarsk"),
    ("Иркутск", "Иркутская область", "Asia/Irkutsk"),
    ("Владивосток", "Приморский край", "Asia/Vladivostok"),
    ("", "", ""),
)
WOMEN = ("Анна", "Мария", "Ольга", "Елена", "Наталья", "Ирина", "Екатерина", "Светлана", "Татьяна", "Юлия")
MEN = ("Александр", "Сергей", "Дмитрий", "Андрей", "Алексей", "Иван", "Михаил", "Николай", "Павел", "Олег")
SURNAMES = (
    "Иванов",
    "Смирнов",
    "Кузнецов",
    "Попов",
    "Васильев",
    "Петров",
    "Соколов",
    "Михайлов",
    "Новиков",
    "Федоров",
)
LATIN = (("Paul", "m"), ("Emma", "f"), ("James", "m"), ("Olivia", "f"))
PREFIXES = (
    "900",
    "901",
    "902",
    "903",
    "905",
    "910",
    "915",
    "916",
    "920",
    "921",
    "926",
    "930",
    "961",
    "965",
    "977",
    "985",
)
TARIFFS = ("Basic", "Comfort", "Family", "Business")
SEGMENTS = ("new", "regular", "sleeping", "VIP")
TIERS = ("", "bronze", "silver", "gold")
TAGS = ("coffee", "sport", "kids", "garden", "travel")
COLUMNS = [
    "external_id",
    "phone",
    "first_name",
    "middle_name",
    "last_name",
    "email",
    "language",
    "birth_date",
    "gender",
    "region",
    "city",
    "time_zone",
    "tariff",
    "segment",
    "loyalty_tier",
    "loyalty_points",
    "balance",
    "debt",
    "registered_on",
    "contract_ends_on",
    "last_purchase_on",
    "purchases_count",
    "spent_total",
    "average_receipt",
    "last_visit_on",
    "channel",
    "device",
    "manager",
    "tags",
    "consent_marketing",
    "consent_service",
    "attributes.shoe_size",
]
# Every date is counted from here, so that the same seed gives the same file on any day.
TODAY = date(2026, 11, 1)


def write_sample(path: Path, count: int, seed: int = 1) -> None:
    """A CSV file of so many invented customers, the same for the same seed."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(_rows(count, random.Random(seed)))


def _rows(count: int, dice: random.Random) -> Iterator[list[object]]:
    phone = ""
    for number in range(1, count + 1):
        fate = dice.random()
        if fate < 0.008:
            pass  # the number of the row above: families share phones
        elif fate < 0.018:
            phone = ""
        else:
            phone = f"+7{dice.choice(PREFIXES)}{number % 10_000_000:07d}"
        yield _customer(number, phone, dice)


def _customer(number: int, phone: str, dice: random.Random) -> list[object]:
    city, region, zone = dice.choice(CITIES)
    if dice.random() < 0.12:
        (first, gender), surname, language = dice.choice(LATIN), "Smith", "en"
    else:
        gender = dice.choice("fm")
        first, language = dice.choice(WOMEN if gender == "f" else MEN), "ru"
        surname = dice.choice(SURNAMES) + ("а" if gender == "f" else "")
    purchases = int(dice.expovariate(0.12))
    spent = round(purchases * dice.uniform(300, 4000), 2)
    registered = TODAY - timedelta(days=dice.randrange(3000))
    return [
        f"C{number:07d}",
        phone,
        first if dice.random() > 0.02 else "",
        "",
        surname,
        f"customer{number}@example.org" if dice.random() < 0.4 else "",
        language,
        TODAY - timedelta(days=6570 + dice.randrange(20_000)),
        gender,
        region,
        city,
        zone,
        dice.choice(TARIFFS),
        dice.choice(SEGMENTS),
        dice.choice(TIERS),
        dice.randrange(5000),
        round(dice.uniform(0, 3000), 2),
        round(dice.uniform(0, 2000), 2) if dice.random() < 0.1 else 0,
        registered,
        registered + timedelta(days=3650),
        TODAY - timedelta(days=dice.randrange(700)) if purchases else "",
        purchases,
        spent,
        round(spent / purchases, 2) if purchases else 0,
        TODAY - timedelta(days=dice.randrange(365)),
        dice.choice(("shop", "web", "app")),
        dice.choice(("iPhone", "Android", "")),
        "",
        dice.choice(TAGS) if dice.random() < 0.3 else "",
        _consent(dice),
        "yes",
        dice.randrange(35, 47),
    ]


def _consent(dice: random.Random) -> str:
    fate = dice.random()
    return "no" if fate < 0.03 else "" if fate < 0.05 else "yes"

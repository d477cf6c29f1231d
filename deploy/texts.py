"""What the demo writes to its customers."""

TEMPLATE = "Autumn offer"
ENGLISH = (
    'Hello {first_name|default:"and welcome"}, autumn is here: 15 % off until Sunday. Reply STOP to opt out.'
)
RUSSIAN = '{first_name|default:"Здравствуйте"}, осень пришла: скидка 15 % до воскресенья. Ответьте СТОП, чтобы отказаться.'
GSM_ONLY = "Autumn is here: 15 % off until Sunday. Reply STOP to opt out."
POINTS = (
    'You have {loyalty_points} {loyalty_points|plural:"point,points"}. '
    "Spend them before the end of the year. Reply STOP to opt out."
)
POINTS_RUSSIAN = (
    'У вас {loyalty_points} {loyalty_points|plural:"балл,балла,баллов"}. '
    "Потратьте до конца года. Ответьте СТОП, чтобы отказаться."
)
WEEKEND = "This weekend our shop in Kazan is open until midnight. Reply STOP to opt out."
WEEKEND_RUSSIAN = "В эти выходные магазин в Казани открыт до полуночи. Ответьте СТОП, чтобы отказаться."

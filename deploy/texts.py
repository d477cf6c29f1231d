"""What the demo writes to its customers."""

TEMPLATE = "Autumn offer"
ENGLISH = (
    'Hello {first_name|default:"and welcome"}, autumn is here: 15 % off until Sunday. Reply STOP to opt out.'
)
RUSSIAN = '{first_name|default:"Здравствуйте"}, осень пришла: скидка 15 % до воскресенья. Ответьте СТОП, чтобы отказаться.'
GSM_ONLY = "Autumn is here: 15 % off until Sunday. Reply STOP to opt out."

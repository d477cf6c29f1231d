"""One form of texts and of what is merged into them. Stored texts are mended."""

from typing import Any

from django.db import migrations

import backoffice.message_templates.models
import kannel.text_field
from kannel.text_form import one_form

# As kannel.text_form has them; property tests compare the two. Who changes them there writes a new migration.
BLANKS = r"\x09\x0a\x0b\x0c\x0d\x1c-\x1e\x85\u2028\u2029\xa0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000"
INVISIBLE = (
    r"\x01-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    r"\u202a-\u202e\u2060-\u206f\u3164\ue000-\uf8ff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff\U000f0000-\U0010ffff"
)
PICTURES = r"\xa9\xae\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
CHOICES = rf"(?<![0-9#*{PICTURES}])[\ufe00-\ufe0f]|(?<=[0-9#*])[\ufe00-\ufe0f](?!\u20e3)"  # noqa: RUF027
JOINED = r"\u0590-\u167f\u1681-\u1dff\u2190-\u27ff\u2801-\u2bff\u3001-\ufdcf\ufe0f\U00010000-\U0001ffff"
JOINERS = rf"(?<![{JOINED}])[\u200c\u200d]|[\u200c\u200d](?![{JOINED}])"
USUAL = r"!-~\xa1-\xac\xae-\u017f\u0400-\u045f\u2018-\u201e\u2013\u2014\u2026\u2116\u20ac\u20bd"
GSM = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&''()*+,./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà\\^{}\\\\\\[~\\]|€\f-"
)
SIGNS = "“”„‟«»″‶‘’‚‛‹›′‵ʼʹ`´‐‑‒–—―−⁃•·∙◦‣⁄×"  # noqa: RUF001
PLAIN = '"' * 8 + "''" * 12 + "-" * 8 + "*" * 5 + "/x"

# The first branches are for speed: nearly all values are written in usual letters, without signs. At a higher cost
# PostgreSQL would not put these functions into the statement itself: 3 µs a value instead of 1.
FUNCTIONS = f"""
CREATE FUNCTION parley_folded_anyhow(t text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 AS $$
DECLARE
    before text;
BEGIN
    t := regexp_replace(regexp_replace(t, '[{BLANKS}]', ' ', 'g'), '[{INVISIBLE}]', '', 'g');
    LOOP
        before := t;
        t := normalize(regexp_replace(regexp_replace(t, '{CHOICES}', '', 'g'), '{JOINERS}', '', 'g'), NFC);
        EXIT WHEN t = before;
    END LOOP;
    RETURN btrim(regexp_replace(t, ' +', ' ', 'g'), ' ');
END $$;
CREATE FUNCTION parley_folded(t text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN t ~ '^[{USUAL}]+( [{USUAL}]+)*$' THEN t ELSE parley_folded_anyhow(t) END
$$;
CREATE FUNCTION parley_plain_anyhow(t text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1 AS $$
DECLARE
    changed text := translate(replace(t, '…', '...'), '{SIGNS}', '{PLAIN}');
BEGIN
    RETURN CASE WHEN changed ~ '^[{GSM}]*$' THEN changed ELSE t END;
END $$;
CREATE FUNCTION parley_plain(t text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN t ~ '[…{SIGNS}]' THEN parley_plain_anyhow(t) ELSE t END
$$;
"""
DROP = """
DROP FUNCTION parley_plain(text);
DROP FUNCTION parley_plain_anyhow(text);
DROP FUNCTION parley_folded(text);
DROP FUNCTION parley_folded_anyhow(text);
"""


def mend(apps: Any, schema_editor: Any) -> None:
    """Gives stored texts their form."""
    for name in ("MessageTemplate", "TextVariant"):
        model = apps.get_model("message_templates", name)
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(f"SELECT id, text FROM {model._meta.db_table}")
            for pk, text in cursor.fetchall():
                if one_form(text) != text:
                    cursor.execute(f"UPDATE {model._meta.db_table} SET text = %s WHERE id = %s", [one_form(text), pk])


class Migration(migrations.Migration):

    dependencies = [
        ('message_templates', '0004_how_files_are_read'),
    ]

    operations = [
        migrations.RunSQL([(FUNCTIONS, None)], DROP),
        migrations.RunPython(mend, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='messagetemplate',
            name='text',
            field=kannel.text_field.SmsTextField(help_text='For everybody who has no variant in their own language below.', max_length=670, validators=[backoffice.message_templates.models.validate_merge_fields], verbose_name='text'),
        ),
        migrations.AlterField(
            model_name='textvariant',
            name='text',
            field=kannel.text_field.SmsTextField(max_length=670, validators=[backoffice.message_templates.models.validate_merge_fields], verbose_name='text'),
        ),
    ]

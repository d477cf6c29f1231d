"""Passwords that were kept in the clear are kept encrypted from here on."""

from django.db import migrations

from kannel.secret_field import hide, show


def hide_passwords(apps, editor):
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT id, password FROM kannel_connection WHERE password <> ''")
        for pk, password in cursor.fetchall():
            cursor.execute("UPDATE kannel_connection SET password = %s WHERE id = %s", [hide(password), pk])


def show_passwords(apps, editor):
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT id, password FROM kannel_connection WHERE password <> ''")
        for pk, token in cursor.fetchall():
            cursor.execute("UPDATE kannel_connection SET password = %s WHERE id = %s", [show(token), pk])


class Migration(migrations.Migration):
    dependencies = [("kannel", "0005_drafts")]

    operations = [migrations.RunPython(hide_passwords, show_passwords)]

"""Every value comes from the environment, or from the file that PARLEY_ENV_FILE names (var/env by default)."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import environ
import structlog
from csp.constants import NONE, SELF, UNSAFE_INLINE
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
environ.Env.read_env(os.environ.get("PARLEY_ENV_FILE", BASE_DIR / "var" / "env"))

SECRET_KEY = env.str("SECRET_KEY")
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "backoffice.dashboard",
    "backoffice.replies",
    "backoffice.mailings",
    "backoffice.audiences",
    "backoffice.message_templates",
    "backoffice.operators",
    "backoffice.customers",
    "backoffice.alerts",
    "backoffice.accounts",
    "reports",
    "kannel",
    "backoffice.accounts.users_app.EmployeesConfig",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "import_export",
    "huey.contrib.djhuey",
    "axes",
    "csp",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "backoffice.lib.middleware.permissions_policy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "backoffice.lib.middleware.UnusableInput",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "backoffice.accounts.sessions.WorkingDay",
    "backoffice.accounts.gate.Gate",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "backoffice.urls"
WSGI_APPLICATION = "backoffice.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "libraries": {"said": "backoffice.lib.said_tags"},
        },
    },
]

# Database and Redis

DATABASES = {"default": env.db("DATABASE_URL", engine="django.db.backends.postgresql")}
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# Compiling a statement takes PostgreSQL longer than any of ours runs: 800 ms of the 810 ms of a claim.
DATABASES["default"]["OPTIONS"] = {"connect_timeout": 5, "options": "-c jit=off"}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

HUEY = {
    "huey_class": "huey.PriorityRedisExpireHuey",
    "name": "parley",
    "immediate": False,
    "results": False,
    "url": f"{REDIS_URL}?socket_timeout=10&socket_connect_timeout=5",
}
TASKS = {
    "default": {
        "BACKEND": "huey.contrib.djhuey.tasks_backend.HueyBackend",
        "ENQUEUE_ON_COMMIT": True,
    }
}

# People

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"django.contrib.auth.password_validation.{name}Validator", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarity", {}),
        ("MinimumLength", {"min_length": 12}),
        ("CommonPassword", {}),
        ("NumericPassword", {}),
    )
]
LOGIN_URL = "wagtailadmin_login"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
# How many proxies of ours stand before the web processes; each adds who asked it to X-Forwarded-For.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
# After five wrong passwords for one login from one address there is a pause. Others, and others' addresses, go on.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = "backoffice.accounts.client_address.client_address"
AXES_LOCKOUT_TEMPLATE = "accounts/locked_out.html"
AXES_DISABLE_ACCESS_LOG = True  # what the privacy officer reads is accounts.AccessRecord
AXES_VERBOSE = False
# A session lasts a working day at most, and an hour without anybody at it. Pages that only keep themselves fresh do not count.
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SESSION_IDLE = timedelta(hours=1)
ACCESS_RECORD_DAYS = env.int("ACCESS_RECORD_DAYS", default=365)

# Language, time, files

LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en")
LANGUAGES = [("en", _("English")), ("ru", _("Russian"))]
WAGTAILADMIN_PERMITTED_LANGUAGES = LANGUAGES
FORMAT_MODULE_PATH = ["backoffice.formats"]
LOCALE_PATHS = [BASE_DIR / "backoffice" / "locale"]
TIME_ZONE = env.str("TIME_ZONE", default="Europe/Moscow")
USE_TZ = True
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=BASE_DIR / "var" / "static")
MEDIA_URL = "/media/"
MEDIA_ROOT = env.path("MEDIA_ROOT", default=BASE_DIR / "var" / "media")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage",
        # For everybody, as the web server of a machine may be another user.
        "OPTIONS": {"file_permissions_mode": 0o644, "directory_permissions_mode": 0o755},
    },
}
# Uploads hold numbers and names of customers.
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700
WHITENOISE_MANIFEST_STRICT = False
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

# Wagtail: nothing in a company's back office calls out to the world.

WAGTAIL_SITE_NAME = "Parley"
WAGTAILADMIN_BASE_URL = env.str("BASE_URL", default="http://localhost")
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
# Zones that browsers know, too. Debian has more files than that among its zones, "localtime" for one.
WAGTAIL_USER_TIME_ZONES = sorted(
    name
    for name in available_timezones()
    if name == "UTC" or ("/" in name and not name.startswith(("Etc/", "SystemV/", "US/")))
)
WAGTAIL_AGING_PAGES_ENABLED = False
WAGTAILADMIN_COMMENTS_ENABLED = False

# E-mail: notices about approvals. Without EMAIL_ENABLED none is made.

EMAIL_ENABLED = env.bool("EMAIL_ENABLED", default=False)
EMAIL_BACKEND = env.str(
    "EMAIL_BACKEND",
    default=f"django.core.mail.backends.{'smtp' if EMAIL_ENABLED else 'dummy'}.EmailBackend",
)
EMAIL_HOST = env.str("EMAIL_HOST", default="")
EMAIL_PORT = env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_USE_SSL = env.bool("EMAIL_USE_SSL", default=False)
EMAIL_TIMEOUT = 10  # seconds
WAGTAIL_PASSWORD_RESET_ENABLED = EMAIL_ENABLED
WAGTAILADMIN_USER_PASSWORD_RESET_FORM = "backoffice.accounts.password_reset.ResetForm"  # noqa: S105  a class
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="parley@localhost")

# Security

HTTPS = env.bool("HTTPS", default=True)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/$", r"^metrics/$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CSRF_FAILURE_VIEW = "backoffice.lib.refusals.unproven"
MESSAGE_STORAGE = "backoffice.accounts.notices.SaidOnce"
X_FRAME_OPTIONS = "SAMEORIGIN"  # Wagtail shows its previews in frames of its own pages
SILENCED_SYSTEM_CHECKS = ["security.W019"]  # asks for DENY
SECURE_REFERRER_POLICY = "same-origin"
# Scripts and styles come from our own files alone, so what gets into a page by mistake never runs. Widths of bars and
# what Wagtail's pickers do are style attributes; those call nobody and run nothing.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "style-src-attr": [UNSAFE_INLINE],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "media-src": [SELF],
        "manifest-src": [SELF],
        "frame-src": [SELF],
        "frame-ancestors": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
# What no page of ours asks a browser for.
PERMISSIONS_POLICY = (
    "camera",
    "geolocation",
    "microphone",
    "payment",
    "usb",
    "display-capture",
    "browsing-topics",
)
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# Parley

DEFAULT_REGION = env.str("DEFAULT_REGION", default="RU")
CURRENCY = env.str("CURRENCY", default="RUB")
KANNEL_OPERATOR_MODEL = "operators.Operator"
KANNEL_ADMIN_PASSWORD = env.str("KANNEL_ADMIN_PASSWORD", default="")
# Of the Redis in which bearerbox keeps the keys of receipts; empty where it asks for none.
KANNEL_REDIS_PASSWORD = env.str("KANNEL_REDIS_PASSWORD", default="")
KANNEL_STATUS_PASSWORD = env.str("KANNEL_STATUS_PASSWORD", default="")
# Passwords of operators are kept encrypted: the first key writes, all of them read.
KANNEL_SECRET_KEYS = env.list("KANNEL_SECRET_KEYS", default=[])
# The gateways whose kannel.conf is kept on this host, and where: name=folder,name=folder. A gateway on another host is
# kept there by `manage.py keep_kannel`.
KANNEL_DIRECTORIES = env.dict("KANNEL_DIRECTORIES", default={})
# How bearerbox starts again: "shutdown" where a supervisor brings it back (systemd with Restart=always), "restart"
# where nobody does and it has to do so by itself.
KANNEL_RESTART_BY = env.str("KANNEL_RESTART_BY", default="shutdown")
KANNEL_SENDSMS_USERNAME = env.str("KANNEL_SENDSMS_USERNAME", default="parley")
KANNEL_SENDSMS_PASSWORD = env.str("KANNEL_SENDSMS_PASSWORD", default="")
KANNEL_DLR_SECRET = env.str("KANNEL_DLR_SECRET", default=SECRET_KEY)
# A message that an operator refused is tried at most so often altogether, and never after its time is over.
MESSAGE_TRIES = env.int("MESSAGE_TRIES", default=3)
# Where short links begin, with / at the end; empty: addresses stay in texts as they were written.
SHORT_LINKS_URL = env.str("SHORT_LINKS_URL", default="")
# How long a link leads somewhere after its mailing has ended.
SHORT_LINKS_DAYS = env.int("SHORT_LINKS_DAYS", default=90)
KANNEL_DLR_BASE_URL = env.str("KANNEL_DLR_BASE_URL", default="http://127.0.0.1:8001")
# Where Kannel finds the application of adapters on its own host, and where operators find it from outside.
KANNEL_ADAPTERS_PORT = env.int("KANNEL_ADAPTERS_PORT", default=8002)
KANNEL_ADAPTERS_URL = env.str("KANNEL_ADAPTERS_URL", default=f"http://127.0.0.1:{KANNEL_ADAPTERS_PORT}")
# Called by the listener and the DLR endpoint after each commit that held events of that kind, with no argument.
# kannel/ does not know who listens.
KANNEL_EVENTS_COMMITTED = env.dict(
    "KANNEL_EVENTS_COMMITTED",
    default={
        "report": "backoffice.mailings.tasks.wake_receipts",
        "inbound": "backoffice.replies.tasks.wake_replies",
    },
)

# Logs: one JSON object a line; never a number or a text of a customer.

structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": structlog.processors.JSONRenderer(),
            "foreign_pre_chain": [
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.format_exc_info,
            ],
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {"huey": {"level": "WARNING"}, "django.db.backends": {"level": "WARNING"}},
}

"""The one settings module. The default is safe; differences come from the environment, each read by name."""

import importlib.util
from pathlib import Path

import structlog

from ebbtide.site import environment

HERE = Path(__file__).resolve().parent
EBBTIDE_DATA = environment.folder("EBBTIDE_DATA", Path.home() / ".local" / "share" / "ebbtide")
EBBTIDE_DEMO = environment.flag("EBBTIDE_DEMO")
EBBTIDE_HTTPS = environment.flag("EBBTIDE_HTTPS")
SECRET_KEY = environment.secret_key(EBBTIDE_DATA)
DEBUG = False
ALLOWED_HOSTS = [h for h in environment.words("EBBTIDE_HOSTS", "localhost,127.0.0.1,[::1]").split(",") if h]
CSRF_TRUSTED_ORIGINS = [o for o in environment.words("EBBTIDE_ORIGINS").split(",") if o]
# what the links in letters begin with; `serve` says it to the pages and the worker
EBBTIDE_ADDRESS = environment.words("EBBTIDE_ADDRESS", "http://localhost:8765").rstrip("/")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    # ground
    "ebbtide.ground.people",
    "ebbtide.ground.ledger",
    "ebbtide.ground.live",
    "ebbtide.ground.jobs",
    "ebbtide.ground.documents",
    # the journey, in the patient's order
    "ebbtide.journey.access",
    "ebbtide.journey.assessment",
    "ebbtide.journey.careplan",
    "ebbtide.journey.course",
    "ebbtide.journey.custody",
    "ebbtide.journey.infusion",
    "ebbtide.journey.leaving",
    "ebbtide.journey.outcomes",
    "ebbtide.journey.registry",
    # doors and desks
    "ebbtide.doors.fhir",
    "ebbtide.doors.files",
    "ebbtide.doors.mail",
    "ebbtide.desks.public",
    "ebbtide.desks.portal",
    "ebbtide.desks.front_desk",
    "ebbtide.desks.nurse_station",
    "ebbtide.desks.chart",
    "ebbtide.desks.director",
    "ebbtide.twin",
    "ebbtide.site",
    *(["django_linear_migrations"] if importlib.util.find_spec("django_linear_migrations") else []),
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "ebbtide.site.headers.ContentPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "ebbtide.ground.people.sessions.SessionLimitsMiddleware",
    "ebbtide.journey.infusion.open_chart.TabletMiddleware",
    "ebbtide.ground.policy.middleware.ActorMiddleware",
    "ebbtide.ground.policy.middleware.SecondFactorMiddleware",
    "ebbtide.ground.ledger.readings.ReadingMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "ebbtide.site.urls"
ASGI_APPLICATION = "ebbtide.site.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [HERE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "ebbtide.site.context.everywhere",
            ],
        },
    }
]

DATABASES = {
    "default": {
        **environment.database(),
        "CONN_HEALTH_CHECKS": True,
        # the pool is mandatory: without it each request in flight holds a connection of its own
        "OPTIONS": {
            "pool": {"min_size": 1, "max_size": 16, "timeout": 10},
            # what is composed once is planned once on each connection (ground/database/prepared.py)
            "prepare_threshold": 5,
            "options": "-c plan_cache_mode=force_generic_plan",
        },
        "TEST": {"NAME": environment.words("EBBTIDE_TEST_DATABASE") or None},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "people.Account"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "ebbtide.ground.people.sign_in.AccountBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email",)},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/home/"
EBBTIDE_ENROL_URL = "/account/2fa/"

ACCOUNT_ADAPTER = "ebbtide.ground.people.sign_in.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # nobody can make the clinic write to a stranger
ACCOUNT_RATE_LIMITS = {
    "login_failed": "60/m/ip,8/900s/key",  # wrong codes of a second factor
    "login_guesses": "100/h/key",  # wrong passwords at one account, from all addresses together
}
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 180  # s; roles.yaml, condition step_up [design]
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_EMAIL_NOTIFICATIONS = False
MFA_ADAPTER = "ebbtide.ground.people.sign_in.SecondFactorAdapter"
MFA_ALLOW_UNVERIFIED_EMAIL = True  # the clinic made the account and knows the address
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Ebbtide"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not EBBTIDE_HTTPS  # a browser allows http for localhost alone
USERSESSIONS_TRACK_ACTIVITY = False
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # h
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "login"
AXES_USERNAME_CALLABLE = "ebbtide.ground.people.sign_in.lock_label"
AXES_SENSITIVE_PARAMETERS = ["login", "next"]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "account/locked_out.html"
AXES_ENABLE_ADMIN = False

# a confirmation may name a person: it never travels in a cookie
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_ENGINE = "ebbtide.ground.people.session_store"
SESSION_COOKIE_AGE = 12 * 3600  # s; the absolute limit of a sign-in
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = EBBTIDE_HTTPS
CSRF_COOKIE_SECURE = EBBTIDE_HTTPS
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if EBBTIDE_HTTPS else 0
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "ebbtide.site.errors.stale"
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024

STATIC_URL = "/static/"
STATICFILES_DIRS = [HERE / "static"]
# `serve` collects and compresses the files once; without that (tests, single commands) they are found where they lie
COLLECTED = EBBTIDE_DATA / "static"
STATIC_ROOT = COLLECTED if COLLECTED.is_dir() else None
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "ebbtide.site.static_files.KnownAddresses"},
}
WHITENOISE_USE_FINDERS = STATIC_ROOT is None
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 3600

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
LOCALE_PATHS = [HERE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
# a dose is never written with a comma or a thousands separator, whatever the language
USE_THOUSAND_SEPARATOR = False
FORMAT_MODULE_PATH = ["ebbtide.site.formats"]

EMAIL_BACKEND = "ebbtide.doors.mail.backend.OutgoingMail"
EBBTIDE_SMTP_URL = environment.words("EBBTIDE_SMTP_URL")
# the monitors' door: this machine alone, until an address and who may speak are given
EBBTIDE_MLLP_BIND = environment.words("EBBTIDE_MLLP_BIND", "127.0.0.1")
EBBTIDE_MLLP_PORT = environment.port("EBBTIDE_MLLP_PORT", 2575)
EBBTIDE_MLLP_ALLOW = environment.words("EBBTIDE_MLLP_ALLOW")
EBBTIDE_MLLP_TLS_CERT = environment.words("EBBTIDE_MLLP_TLS_CERT")
EBBTIDE_MLLP_TLS_KEY = environment.words("EBBTIDE_MLLP_TLS_KEY")
EBBTIDE_MLLP_TLS_CA = environment.words("EBBTIDE_MLLP_TLS_CA")
DEFAULT_FROM_EMAIL = environment.words("EBBTIDE_MAIL_FROM", "clinic@localhost")

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "tasks"
PROCRASTINATE_ON_APP_READY = "ebbtide.ground.jobs.app.ready"
PGHISTORY_INSTALL_CONTEXT_FUNC_ON_MIGRATE = True
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008", "axes.W006"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"ebbtide": {"level": "INFO"}, "axes": {"level": "ERROR"}},
}

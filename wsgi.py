"""For WSGI servers: `gunicorn wsgi:app`. Starts no worker; see `campaigns worker`."""

from campaigns.app import create_app

app = create_app()

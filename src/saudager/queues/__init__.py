"""One engine for inbox, outbox, retries, dead letters, tasks and cron: tables in the service's own database."""

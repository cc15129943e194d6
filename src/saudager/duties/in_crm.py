"""The tasks of the merchant's CRM."""

from datetime import timedelta

from saudager.crm import connections, sweeping, sync, template_sending, templates
from saudager.duties.duty import Due, Duty

_NEW_ACCOUNTS_EVERY = timedelta(hours=6)
"""An account that was read for the first time is swept at once, and each sweep asks for the next one."""

DUTIES = (
    Duty(
        connections.SYNC,
        sync.sync_pipelines,
        "Reads a CRM account from end to end: pipelines, stages, fields, people, contacts and leads.",
        asked="connecting an account, and the console",
    ),
    Duty(
        connections.SWEEP,
        sweeping.crm_sweep,
        "Reads what has changed in each CRM account since the last look, whatever its webhooks told.",
        due=Due("a look at a CRM account", sweeping.next_due, lambda app: _NEW_ACCOUNTS_EVERY),
        asked="an account that was read, and each look for the next one",
    ),
    Duty(
        templates.TASK,
        template_sending.send_template,
        "Sends what is to be sent when a lead enters a stage.",
        asked="a lead that enters such a stage",
    ),
)

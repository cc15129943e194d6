"""The merchant's CRM: its pipelines, contacts and leads as we know them, what we write into it, letters in a lead."""

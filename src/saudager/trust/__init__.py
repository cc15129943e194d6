"""How far the salesperson is trusted: drafts that wait for a person, and topics it answers by itself."""

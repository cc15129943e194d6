"""Invoices and the people of companies from the files a shop has: read, checked row by row, taken in whole or not."""

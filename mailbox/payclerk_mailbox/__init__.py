"""The e-mail door: IMAP in, SMTP out, reading replies, deciding."""

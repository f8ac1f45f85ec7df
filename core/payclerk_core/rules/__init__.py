"""Pure rules of the trade: values in, values out. No database, clock or environment."""

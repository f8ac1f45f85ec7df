"""What payclerk prints and reads back: claim PDFs, backup packages, billing forms, the import workbook.

Pure functions from values to bytes and back: no database, no clock, no environment.
"""

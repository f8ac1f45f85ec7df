"""A DocuSign on loopback: token, envelopes, documents, and a page to sign on."""

from __future__ import annotations

from .world import DocusignWorld

__all__ = ["DocusignWorld"]

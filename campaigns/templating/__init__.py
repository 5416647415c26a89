"""Liquid with limits: what lies under `campaigns.personalise`, and nothing else should import."""

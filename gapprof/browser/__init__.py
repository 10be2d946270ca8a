"""Chromium and its page: launched, navigated, measured over one flat DevTools connection, and ended."""

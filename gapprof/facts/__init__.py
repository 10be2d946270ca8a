"""Derived values that causes and the report share: functions of a case, each computed once."""

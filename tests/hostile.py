"""The name that lives in every fixture: text from data must stay text."""

HOSTILE_NAME = "</script><img src=x onerror=alert(1)>驿站&\"'"

"""The street with its stations, and phones, for the tests of this folder."""

from served import city, client, open_app
from worker_street import phone, phones, street

__all__ = ["city", "client", "open_app", "phone", "phones", "street"]

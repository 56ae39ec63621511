"""Everything that can go wrong on purpose, as one ladder.

Each error says what was wrong, where, and what to do. `slug` is stable: it ends the `type` of the
problem document and names its help page. `status` is what HTTP answers.
"""

from __future__ import annotations


class DomainError(Exception):
    """An error that is told to a person. `detail` says what and where; `remedy` what to do."""

    slug = "error"
    status = 500
    title = "Something went wrong"
    title_zh = "出错了"

    def __init__(self, detail: str, *, remedy: str | None = None, field: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.remedy = remedy
        self.field = field

    def __str__(self) -> str:
        return f"{self.detail} {self.remedy}" if self.remedy else self.detail


class Invalid(DomainError):
    """The request or a setting is not usable as given."""

    slug = "invalid"
    status = 422
    title = "The request is not valid"
    title_zh = "请求内容有误"


class InvalidFile(Invalid):
    """A file cannot be read, or misses what an import needs."""

    slug = "invalid-file"
    title = "The file cannot be imported"
    title_zh = "文件无法导入"


class OutsideServiceArea(Invalid):
    """A position lies outside what this service knows; often longitude and latitude swapped."""

    slug = "outside-service-area"
    title = "The position is outside the service area"
    title_zh = "位置不在服务范围内"


class NotFound(DomainError):
    """There is no such thing."""

    slug = "not-found"
    status = 404
    title = "Not found"
    title_zh = "未找到"


class Conflict(DomainError):
    """The state of the data does not allow it."""

    slug = "conflict"
    status = 409
    title = "It cannot be done in this state"
    title_zh = "当前状态不允许此操作"


class Unauthorized(DomainError):
    """A key is needed."""

    slug = "unauthorized"
    status = 401
    title = "A key is needed"
    title_zh = "需要访问密钥"


class Forbidden(DomainError):
    """The key does not allow it."""

    slug = "forbidden"
    status = 403
    title = "Not allowed"
    title_zh = "没有权限"


class Busy(DomainError):
    """The same work is being done elsewhere, or the server is at its limit."""

    slug = "busy"
    status = 503
    title = "Busy"
    title_zh = "系统繁忙"


class Unavailable(DomainError):
    """Something the service stands on cannot be reached: PostgreSQL, a program, the disk."""

    slug = "unavailable"
    status = 503
    title = "The service is not available"
    title_zh = "服务暂不可用"


class TooMany(DomainError):
    """More was sent than is taken from one sender, or about one thing. `seconds` is when to come
    back."""

    slug = "too-many"
    status = 429
    title = "Too many at once"
    title_zh = "提交过于频繁"

    def __init__(
        self,
        detail: str,
        *,
        seconds: float,
        remedy: str | None = None,
        field: str | None = None,
    ) -> None:
        super().__init__(detail, remedy=remedy, field=field)
        self.seconds = seconds

"""A function as LLVM IR that calls another over and over, its arguments row by row from a table.

Calls from Python take a microsecond, which is as much as a small kernel.
"""


def repeater(name: str, *, row_bytes: int, body: str, given: str = "") -> str:
    """Parameters: how often (at least once), the table, how many rows it has, and those that are `given`.

    `body` is one call, whose arguments stand at `%row`; after the last row the first is next.
    """
    return f"""
define void @{name}(i64 %count, ptr %table, i64 %rows{given}) nounwind {{
start:
br label %again
again:
%done = phi i64 [0, %start], [%more, %again]
%at = phi i64 [0, %start], [%next, %again]
%from = mul i64 %at, {row_bytes}
%row = getelementptr i8, ptr %table, i64 %from
{body}
%more = add i64 %done, 1
%one = add i64 %at, 1
%last = icmp eq i64 %one, %rows
%next = select i1 %last, i64 0, i64 %one
%over = icmp eq i64 %more, %count
br i1 %over, label %end, label %again
end:
ret void
}}
"""

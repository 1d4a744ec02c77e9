"""The words of headers: which roles columns can have, and what people call them."""

from __future__ import annotations

import re

from advisor.audit import numbers, units

STATISTICS = ("mean", "min", "p50", "p75", "p90", "p95", "p99", "p99.9", "max")
COST_ROLES = {
    "name": "what the line is for",
    "note": "text that may state sizes, counts or hours",
    "unit": "unit of the quantity, or what the price is per",
    "price": "unit price",
    "quantity": "how much is used",
    "count": "how many there are",
    "hours": "hours each runs",
    "days": "days each runs",
    "months": "months each runs",
    "free": "free allowance, in the unit of the quantity",
    "fee": "fixed fee, added to price times quantity",
    "discount": "discount, as a share or an amount",
    "tax": "tax, as a share or an amount",
    "monthly": "cost a month",
    "annual": "cost a year",
    "daily": "cost a day",
    "one_time": "cost that arises once",
    "amount": "cost, its period not stated",
    "difference": "difference between two amounts",
    "share": "share of the total",
}
LOAD_ROLES = {
    "label": "name of the run",
    "concurrency": "requests in flight, users or connections",
    "offered": "arrival rate asked for, requests/s",
    "throughput": "requests/s",
    "input_rate": "input tokens/s",
    "output_rate": "output tokens/s",
    "total_rate": "input and output tokens/s",
    "user_rate": "output tokens/s of one user",
    "latency": "response time, statistic not stated",
    **{f"latency_{s}": f"response time, {s}" for s in STATISTICS},
    **{f"ttft_{s}": f"time to first token, {s}" for s in STATISTICS},
    **{f"tpot_{s}": f"time per output token, {s}" for s in STATISTICS},
    "requests": "requests sent",
    "success": "requests answered well",
    "errors": "requests that failed",
    "error_share": "share of requests that failed",
    "success_share": "share of requests answered well",
    "duration": "length of the test",
    "ramp_up": "time until all users run",
    "batch": "items of a request",
    "think_time": "pause of a user between answer and next request",
    "input_tokens": "input tokens of a request",
    "output_tokens": "output tokens of a request",
    "all_input_tokens": "input tokens of all requests",
    "all_output_tokens": "output tokens of all requests",
}
ROLES = {"cost": COST_ROLES, "load": LOAD_ROLES}
MONEY_ROLES = ("price", "monthly", "annual", "daily", "one_time", "amount")
AMOUNT_ROLES = ("monthly", "annual", "daily", "one_time", "amount")
TEXT_ROLES = ("name", "note", "unit", "label")
DEFAULT_UNITS = {"latency": "s", "ttft": "s", "tpot": "s", "duration": "s", "ramp": "s", "think": "s"}

_NO_EXTRA = r"^(?!.*\b(?:after|before|incl\w*|excl\w*|with\w*|w/o|net|gross|plus|less|cost|price|total))"
_MONTHS = "jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?"
_MONTHS += "|nov(ember)?|dec(ember)?"
_COST_RULES = (
    ("discount", _NO_EXTRA + r".*\b(discount|rabatt)\b"),
    ("tax", _NO_EXTRA + r".*\b(tax(es)?|vat|gst|mwst|ust|iva)\b"),
    ("share", r"^%$|^% |\bshares?\b|^percent(age)?$|^pct$|of total|allocation"),
    ("", r"%"),
    ("difference", r"^(monthly |annual |cost )?(savings?|difference|delta|reduction)$"),
    ("", r"saving|discount|difference|delta|increase|\bvs\b|priority|necessity|status|condition"),
    ("free", r"\bfree\b|allowance|included"),
    ("hours", r"\bhours?\b|\bhrs?\b(?!\s*rate)|\bh\s*/\s*mo"),
    ("months", r"^months?$|\bterm\b|\(months?\)"),
    ("days", r"^days?$|days per month|\(days\)|days ?/ ?month"),
    ("one_time", r"one[- ]?time|up[- ]?front|set[- ]?up|initial|\bcapex\b|purchase (price|cost)"),
    ("price", r"unit (price|cost|rate)|(price|cost)/unit|\brates?\b|list price|per[- ]unit|(price|cost) each"),
    ("price", r"hourly|einzelpreis"),
    ("quantity", r"^(usage|units?|volumes?|quantit(y|ies))\s*(/|per)\s*mo"),
    ("quantity", r"\b(minutes?|mins|seconds?|secs)\b"),
    ("annual", r"annual|jahr|yearly|per year|/ ?ye?a?r\b|\byear\b|p\.a\."),
    ("monthly", r"month|monat|/ ?mo\b|\bmrr\b"),
    ("daily", r"\bdaily\b|per day|/ ?day\b"),
    ("quantity", r"quantit|\bqty\b|usage|volume|consumption|\bsize\b|storage|^units$|^gb$|menge"),
    ("quantity", r"requests|tokens|users|seats"),
    ("count", r"count|anzahl|instances|nodes|replicas|^number|^#|^no\.?$|\bnum\b|\bvms?\b|\bservers\b"),
    ("count", r"^(tasks|pods|containers|machines|workers|shards|brokers|azs|zones|regions|clusters|envs|copies)$"),
    ("unit", r"^units?$|^einheit$|\buom\b|metric|^per$|meter$|pricing unit|billing unit|unit of"),
    ("amount", r"cost|kosten|betrag|preis|price|total|charge|amount|subtotal|fee|spend|estimate|budget"),
    ("amount", r"\busd\b|\beur\b|\$|€|£|^(net|gross|netto|brutto|sum|summe)\b"),
    ("amount", rf"^({_MONTHS})([- ']*(20)?\d\d)?$|^q[1-4]\b"),
    ("name", r"^item|service|component|resource|^name|product|\bsku\b|category|environment|feature|tier|plan"),
    ("note", r"duration|schedule|runtime|period"),
    ("note", r"spec|config|detail|note|comment|description|type|calculation|formula|assumption|use|basis|purpose"),
)
_MONEY = re.compile(
    r"cost|kosten|preis|price|rate|charge|fee|spend|\$|€|£|\busd\b|\beur\b|\bgbp\b|budget|total|bill|estimate"
)
_PAID = re.compile(r"cost|kosten|preis|price|charge|fee|spend|\$|€|£|\busd\b|\beur\b|\bgbp\b|budget|\bbill")
_COMPOUND = re.compile(r"[a-z]-(hours?|hrs|months?|minutes?|seconds?|days?)\b")
_USED = re.compile(r"[a-z].*?\s*(?:/|\bper\b)\s*(months?|mo|mth|days?|d|years?|yr|weeks?|wk|hours?|hr)\b")
_NOTHING_USED = re.compile(r"(grand )?(total|sum|all|amount|usd|per|subtotal|estimated?|run rate)?\s*(/|\bper\b)")
_REQUEST_RATE = re.compile(
    r"\b(req\w*|quer\w*|calls|messages|events)\s*(/|per)\s*(s|sec|second|min|h|hour|d|day)\b|\b[rq]ps\b"
)
_STAT_RULES = (
    ("p99.9", r"p ?99[.,]?9|99\.9"),
    ("p99", r"p ?99|99 ?%|99th"),
    ("p95", r"p ?95|95 ?%|95th"),
    ("p90", r"p ?90|90 ?%|90th"),
    ("p75", r"p ?75|75 ?%|75th"),
    ("p50", r"p ?50|50 ?%|50th|median|\bmed\b"),
    ("mean", r"mean|average|\bavg\b"),
    ("max", r"\bmax(imum)?\b|slowest|longest|^100%$"),
    ("min", r"\bmin(imum)?\b|fastest|shortest"),
)
_LOAD_RULES = (
    ("", r"\$|€|£|\busd\b|\bprice|\bcost"),
    ("batch", r"^batch( size)?$|(items|docs|documents|records|rows|messages)\s*(/|per)\s*(req|call)"),
    ("", r"st(andar)?d.? ?dev|stdev|\bcpu\b|memory|\bmem\b|\brss\b|speed-?up|improve|accept|transfer|across all|\bgpu"),
    ("", r"\bsize\b|\bbytes\b|\b[km]b\b|fail\w*/s|err\w*/s|^(66|80|98|99\.99)%$|peak"),
    ("ttft", r"ttft|ttfa|time to first|first[- ](token|byte)"),
    ("tpot", r"tpot|\bitl\b|inter-?token|time per (output )?token|per output token|ms/tok|latency per token|s/tok"),
    ("user_rate", r"tok\w*/s\w*/(user|req|stream)|(per|/)[ -](user|request|stream).*tok|decode"),
    ("user_rate", r"tok.*per (user|request|stream)"),
    ("total_rate", r"total.*tok\w*(/s| ?per s| throughput|.*\btput)|total throughput|total tput"),
    ("input_rate", r"(input|prompt|prefill).*(tok\w*/s|\btput|throughput)"),
    ("output_rate", r"tok\w*\s*(/|per)\s*s|tok.*throughput|tok.*\btput|throughput.*tok"),
    ("output_rate", r"output (tput|throughput)|\btgs\b"),
    ("all_input_tokens", r"total (input|prompt)[ _]?tok"),
    ("all_output_tokens", r"total (output|completion|generated)[ _]?tok"),
    ("input_tokens", r"(input|prompt)[ _]?(tok|len)|\bisl\b|tokens in"),
    ("output_tokens", r"(output|completion|generated)[ _]?(tok|len)|\bosl\b|tokens out|max_?tokens"),
    ("offered", r"(request|arrival|offered|target|injection) ?(rate|rps|qps|load)|\boffered\b|target"),
    ("ramp_up", r"ramp"),
    ("think_time", r"think|pacing|wait time|sleep"),
    ("throughput", r"\brps\b|\bqps\b|\btps\b|\bops\b|throughput|\btput"),
    ("throughput", r"(req\w*|quer\w*|ops|transactions?|calls|hits|iterations?|iters?)\s*(/|per)\s*(s|m)"),
    ("success_share", r"success.*(%|rate|share|ratio)|(%|rate).*success|^success$"),
    ("error_share", r"(err|fail)\w*.*(%|rate|share|ratio)|(%|rate).*(err|fail)"),
    ("errors", r"err|fail|timeouts?"),
    ("success", r"success|completed|\bok\b|passed"),
    ("concurrency", r"concurren|\bconc\b|\bvus?\b|users|clients|in[- ]flight|threads|workers|streams"),
    ("concurrency", r"connections|\bconns?\b"),
    ("duration", r"time taken|total time|test time"),
    ("requests", r"requests|request count|num.?prompts|\bprompts\b|samples|iterations|^n$|queries|\breqs$"),
    ("latency", r"latency|response|\be2el?\b|end[- ]to[- ]end|time per req|\brt\b|elapsed"),
    ("latency", r"\btime\b.*\(m?s\)|^time$"),
    ("duration", r"duration|test length|run ?time|wall"),
    ("label", r"scenario|test|case|name|endpoint|server|protocol|config|model|backend|framework|label|route"),
    ("label", r"engine|run\b"),
)


def statistic(header: str) -> str:
    """Return the statistic that a header names, "" for none.

    >>> [statistic(h) for h in ("Avg latency (ms)", "p99.9", "P95 TTFT", "Median", "Latency (ms)")]
    ['mean', 'p99.9', 'p95', 'p50', '']
    """
    text = re.sub(r"[(\[]\s*min(utes)?\s*[)\]]", "", header.lower())  # a unit, not the minimum
    return next((name for name, pattern in _STAT_RULES if re.search(pattern, text)), "")


def load_role(header: str) -> str:
    """Return the role of a load-test column.

    >>> [load_role(h) for h in ("Concurrency", "RPS", "p95", "Mean TTFT (ms)", "Output tok/s", "Error rate", "CPU")]
    ['concurrency', 'throughput', 'latency_p95', 'ttft_mean', 'output_rate', 'error_share', '']
    """
    text = words_of(header)
    role = next((role for role, pattern in _LOAD_RULES if re.search(pattern, text)), None)
    stat = statistic(text)
    if role in ("ttft", "tpot"):
        return f"{role}_{stat or 'mean'}"
    if role == "latency" or (stat and role in (None, "duration", "requests", "label")):
        return f"latency_{stat}" if stat else "latency"
    return role or ""


def cost_role(header: str) -> str:
    """Return the role of a column of a cost table.

    >>> [cost_role(h) for h in ("Unit price ($/GB)", "Monthly cost (USD)", "qty", "hours/month", "Price per GB-month")]
    ['price', 'monthly', 'quantity', 'hours', 'price']
    """
    text = words_of(header)
    if _REQUEST_RATE.search(text) and not re.search(r"cost|price|\$|€", text):
        return "quantity"
    if _MONEY.search(text) and (match := re.search(r"(?:/|\bper\b)(.*)", text)):
        per = units.denominators(match[0])
        period_only = not per.size and not per.noun and per.scale == 1 and set(per.times) <= {"month", "year", "day"}
        if not period_only or re.search(r"unit|rate", text):
            return "price"
    if _COMPOUND.search(text) and not _PAID.search(text):
        return "quantity"
    found = next((role for role, pattern in _COST_RULES if re.search(pattern, text)), "")
    if found in ("hours", "days", "months") and re.search(r"cost|price|charge|fee", text):
        return "amount"
    used = re.search(r"qty|usage|volume|req|tok", text) and not _MONEY.search(text)
    if found in ("annual", "monthly", "daily") and (used or used_a_period(header)):
        return "quantity"
    return found


def used_a_period(header: str) -> bool:
    """Return whether a header says how much is used a month, day or year: something per period that is no money.

    >>> used_a_period("Queries per month"), used_a_period("Cost per month"), used_a_period("Total / month")
    (True, False, False)
    """
    text = words_of(header)
    return bool(_USED.match(text)) and not _PAID.search(text) and not _NOTHING_USED.match(text)


def period_role(header: str) -> str:
    """Return the role of a column of money: by the period that its header names.

    >>> period_role("Storage per month"), period_role("Storage"), period_role("Compute (annual)")
    ('monthly', 'amount', 'annual')
    """
    text = words_of(header)
    periods = [(role, pattern) for role, pattern in _COST_RULES if role in ("annual", "monthly", "daily")]
    return next((role for role, pattern in periods if re.search(pattern, text)), "amount")


def words_of(header: str) -> str:
    """Return a header in lower case without markup.

    >>> words_of("**Output_Tokens**")
    'output tokens'
    """
    return " ".join(numbers.plain(header).replace("_", " ").lower().split())


def months_of(header: str, role: str) -> float:
    """Return the months that an amount covers, 0 when that is not stated.

    >>> months_of("5-Year Cost", "annual"), months_of("Monthly", "monthly"), months_of("Total", "amount")
    (60.0, 1.0, 0.0)
    """
    if role == "annual":
        match = re.search(r"(\d+)[ -]?year", header.lower())
        return 12.0 * (int(match[1]) if match and int(match[1]) <= 50 else 1)
    return 1.0 if role == "monthly" else 0.0

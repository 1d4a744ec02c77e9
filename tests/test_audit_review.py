"""Tables of an independent review: what must be said of each, and why. Wrong ones were passed, right ones accused."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from advisor.audit.findings import Finding, Verdict
from advisor.audit.report import Options, audit_text
from advisor.errors import InputError

AGREES, DIFFERS, EXPLAINED, CANNOT = Verdict.AGREES, Verdict.DIFFERS, Verdict.EXPLAINED, Verdict.CANNOT


@dataclass(frozen=True)
class Case:
    """A table, every finding that must not agree as (check, row, verdict, slip), those that must, and why."""

    name: str
    text: str
    wrong: tuple[tuple[str, str, Verdict, str], ...]
    right: tuple[tuple[str, str], ...]
    why: str


def case(name: str, text: str, wrong: list[tuple[str, str, Verdict, str]], right: str, why: str) -> Case:
    """Return a case; ``right`` lists "check row" of figures that must agree, commas between them."""
    agreeing = tuple((check, row) for check, _, row in (part.strip().partition(" ") for part in right.split(",")))
    return Case(name, text, tuple(wrong), agreeing if right else (), why)


# ---- wrong tables that were called right

PASSED = [
    case(
        "calculation in a configuration column",
        "Service,Configuration,Monthly cost\nEC2,2 x t3.medium @ $0.0416/hr x 730h,$30.37\n"
        "S3,500 GB @ $0.023/GB,$11.50\nTotal,,$41.87\n",
        [("line", "EC2", EXPLAINED, "count_left_out")],
        "line S3, total Total",
        "2 x 0.0416 x 730 = 60.74; the second instance was left out",
    ),
    case(
        "calculation with at",
        "Service,Notes,Monthly cost\nS3,500 GB at $0.023/GB,$115.00\nEC2,2 x t3.medium @ $0.0416/hr x 730h,$60.74\n",
        [("line", "S3", EXPLAINED, "decimal_point")],
        "line EC2",
        "500 x 0.023 = 11.50",
    ),
    case(
        "calculation in a column of units",
        "Item,Unit,Monthly\nNAT Gateway,$32.40 × 2,$46.80\nEC2,$10.50 × 2,$12.00\nTotal,,$58.80\n",
        [("line", "NAT Gateway", EXPLAINED, "swapped_digits"), ("line", "EC2", EXPLAINED, "swapped_digits")],
        "total Total",
        "64.80 and 21.00, each with two digits swapped",
    ),
    case(
        "calculation without a currency sign",
        "Service,Details,Monthly cost\nEC2,2 x t3.medium @ 0.0416/hr x 730h,$30.37\nS3,500 GB @ 0.023/GB,$11.50\n",
        [("line", "EC2", EXPLAINED, "count_left_out")],
        "line S3",
        "what is per hour is the price, with or without a sign",
    ),
    case(
        "a year's amount among amounts without period",
        "Item,Hours,Price/hr,Cost\na,730,$0.1000,$73.00\nb,730,$0.2000,$146.00\nd,730,$0.1000,$876.00\n",
        [("line", "d", EXPLAINED, "month_year")],
        "line a, line b",
        "two lines are a month's, so the third is twelve times too much",
    ),
    case(
        "a year's amount at an hourly price",
        "Item,Hourly price,Cost\na,$0.1000,$73.00\nb,$0.2000,$146.00\nd,$0.1000,$876.00\n",
        [("line", "d", EXPLAINED, "month_year")],
        "line a, line b",
        "as above with the hours of a month unstated",
    ),
    case(
        "a year's amount at a price a month",
        "Item,Seats,Price per seat per month,Cost\na,5,$10.00,$50.00\nb,3,$20.00,$60.00\nc,2,$15.00,$360.00\n",
        [("line", "c", EXPLAINED, "month_year")],
        "line a, line b",
        "2 x 15 = 30 a month, 360 a year",
    ),
    case(
        "one month against one year",
        "Item,Hours,Price/hr,Cost\na,730,$0.1000,$73.00\nd,730,$0.1000,$876.00\n",
        [("convention", "", DIFFERS, "")],
        "line a, line d",
        "either may be meant; one column cannot hold both",
    ),
    case(
        "upfront left out of three years",
        "Item,Upfront,Monthly,3-year total\na,$1000,$50,$1800\nb,$0,$100,$3600\n",
        [("year", "a", EXPLAINED, "one_time_left_out")],
        "year b",
        "1000 + 36 x 50 = 2800",
    ),
    case(
        "upfront in three years",
        "Item,Upfront,Monthly,3-year total\na,$1000,$50,$2800\nb,$0,$100,$3600\n",
        [],
        "year a, year b",
        "1000 + 36 x 50 = 2800",
    ),
    case(
        "discount",
        "item,qty,unit price,discount,cost\na,10,5.00,10%,45.00\nb,4,25.00,0%,100.00\nc,3,20.00,50%,60.00\n",
        [("line", "c", EXPLAINED, "discount_left_out")],
        "line a, line b",
        "10 x 5 x 0.9 = 45; 3 x 20 x 0.5 = 30",
    ),
    case(
        "row sum with currency",
        "VM,Compute $/mo,Disk $/mo,Total $/mo\na,$100,$20,$120\nb,$200,$40,$260\nTotal,$300,$60,$380\n",
        [("across", "b", DIFFERS, ""), ("across", "Total", DIFFERS, "")],
        "across a",
        "200 + 40 = 240",
    ),
    case(
        "row sum of months",
        "Service,Jan,Feb,Mar,Total\nEC2,100,110,120,330\nS3,10,10,10,40\nTotal,110,120,130,370\n",
        [("across", "S3", DIFFERS, ""), ("across", "Total", DIFFERS, "")],
        "across EC2",
        "10 + 10 + 10 = 30",
    ),
    case(
        "row sum with a column called storage",
        "Tier,Compute,Database,Storage,Total\nsmall,$100,$50,$10,$160\nlarge,$400,$200,$40,$660\n",
        [("across", "large", DIFFERS, "")],
        "across small",
        "400 + 200 + 40 = 640",
    ),
    case(
        "iterations a second",
        "VUs,Iterations,Duration,Iterations/s,iteration_duration avg\n20,1200,60s,20,1.0s\n20,1200,60s,40,1.0s\n",
        [("littles_law", "VUs 20", DIFFERS, ""), ("request_rate", "VUs 20", DIFFERS, "")],
        "littles_law VUs 20, request_rate VUs 20",
        "1200 / 60 = 20; 40 x 1 s are 40 in flight, more than 20 users",
    ),
    case(
        "rate of a user",
        "Concurrency,Throughput (tok/s),Per-user tok/s\n64,1700,20\n32,600,20\n",
        [("user_bound", "Concurrency 64", DIFFERS, "")],
        "user_bound Concurrency 32",
        "64 users with 20 tok/s each get 1280 tok/s at most",
    ),
]

# ---- right tables that were called wrong, and wrong ones that were excused

ACCUSED = [
    case(
        "success as a count",
        "Users,Requests,Success,Failed,Duration (s),Requests/sec,Avg (ms)\n50,1000,990,10,20,50,1000\n",
        [],
        "success_and_errors Users 50, request_rate Users 50, littles_law Users 50",
        "990 + 10 = 1000 are counts",
    ),
    case(
        "success and failures that do not add up",
        "Requests,Success,Failed,Requests/sec\n50,40,2,5\n",
        [("success_and_errors", "Requests 50", DIFFERS, "")],
        "",
        "40 + 2 = 42, not 50",
    ),
    case(
        "queries a month",
        "Model,Cost per query,Queries per month,Monthly cost\na,$0.0012,100000,$120.00\n",
        [],
        "line a",
        "0.0012 x 100 000 = 120",
    ),
    case(
        "images a month",
        "Model,Cost per image,Images per month,Monthly cost\na,$0.040,500,$20.00\nb,$0.080,500,$20.00\n",
        [("line", "b", EXPLAINED, "other_price")],
        "line a",
        "0.08 x 500 = 40; the price of a gives 20",
    ),
    case(
        "GB-months",
        "Item,GB-months,Price per GB-month,Monthly cost\na,500,$0.10,$50.00\n",
        [],
        "line a",
        "500 x 0.10 = 50",
    ),
    case(
        "input and output tokens",
        "Model,Input $/1M tokens,Output $/1M tokens,Input tokens/month,Output tokens/month,Monthly cost\n"
        "GPT-4o,$2.50,$10.00,100M,20M,$450\nb,$2.50,$10.00,100M,20M,$540\nc,$2.50,$10.00,100M,20M,$250\n",
        [("line", "b", EXPLAINED, "swapped_digits"), ("line", "c", EXPLAINED, "price_left_out")],
        "line GPT-4o",
        "2.5 x 100 + 10 x 20 = 450",
    ),
    case(
        "vCPU and GB",
        "Task,vCPU,memory GB,price per vCPU-hour,price per GB-hour,hours,monthly cost\n"
        "a,2,4,0.04048,0.004445,730,72.08\nb,2,4,0.04048,0.004445,730,59.10\n",
        [("line", "b", EXPLAINED, "price_left_out")],
        "line a",
        "2 x 0.04048 x 730 + 4 x 0.004445 x 730 = 59.10 + 12.98 = 72.08",
    ),
    case(
        "tokens a call",
        "Model,Calls/month,Input tokens/call,Output tokens/call,Input price per 1M,Output price per 1M,Monthly cost\n"
        "a,10000,1000,500,$3.00,$15.00,$105.00\n",
        [],
        "line a",
        "10 000 x (1000 x 3 + 500 x 15) / 1M = 30 + 75",
    ),
    case(
        "minutes",
        'Job,Minutes,Price per minute,Cost\nbuild,"1,440",$0.008,$11.52\n',
        [],
        "line build",
        "1440 x 0.008 = 11.52",
    ),
    case(
        "GB-seconds",
        "Function,GB-seconds,Price per GB-second,Cost\na,400000,$0.0000166667,$6.67\n",
        [],
        "line a",
        "400 000 x 0.0000166667 = 6.67",
    ),
    case(
        "emails sent",
        "Service,Emails sent,Price per email,Monthly cost\nSES,50000,$0.0001,$5.00\n",
        [],
        "line SES",
        "50 000 x 0.0001 = 5",
    ),
    case(
        "data a day",
        "Item,Data,Price per GB,Monthly cost\nlogs,500 MB/day,$0.50,$7.50\n",
        [],
        "line logs",
        "0.5 GB x 30 days x 0.50 = 7.50",
    ),
    case(
        "average stored",
        "Item,Avg GB stored,Price per GB-month,Monthly cost\ns3,800,$0.023,$18.40\n",
        [],
        "line s3",
        "800 x 0.023 = 18.40",
    ),
    case(
        "thousands in the header",
        "Item,Quantity (thousands),Price per million,Monthly cost\nreq,5000,$0.20,$1.00\n",
        [],
        "line req",
        "5 million x 0.20",
    ),
    case(
        "cents in the header",
        "SKU,Requests,Price (cents per 1000),Cost ($)\na,500000,5,25\n",
        [],
        "line a",
        "500 x 5 cents = 25 dollars",
    ),
    case(
        "billion in the unit",
        "Item,Quantity,Unit,Price,Cost\nreq,3,billion,0.40 per million,1200\n",
        [],
        "line req",
        "3000 million x 0.40 = 1200",
    ),
    case(
        "tax",
        "Item,Qty,Unit price,Tax,Total\nA,10,$5.00,$5.00,$55.00\nB,10,$5.00,$5.00,$50.00\n",
        [("line", "B", EXPLAINED, "tax_left_out")],
        "line A",
        "10 x 5 + 5 = 55",
    ),
    case(
        "net, tax and total",
        "Item,Qty,Unit price,Net,Tax,Total\nA,10,$5.00,$50.00,$9.50,$59.50\nB,4,$25.00,$100.00,$19.00,$129.00\n",
        [("across", "B", DIFFERS, "")],
        "line A, line B, across A",
        "100 + 19 = 119",
    ),
    case(
        "cores of a node",
        "Pool,Nodes,vCPU per node,Price per vCPU-hour,Hours,Cost\na,3,4,$0.05,730,$438.00\n",
        [],
        "line a",
        "3 x 4 x 0.05 x 730 = 438",
    ),
    case(
        "instances of a zone",
        "Pool,AZs,Instances per AZ,Price per hour,Monthly cost\na,3,2,$0.10,$438.00\n",
        [],
        "line a",
        "3 x 2 x 0.10 x 730 = 438",
    ),
    case(
        "more in flight than users",
        "users,req/s,mean (ms)\n10,3740,100\n10,5237,100\n10,500,100\n",
        [("littles_law", "users 10", DIFFERS, "")] * 3,
        "",
        "nothing in the table says that a request holds several items",
    ),
    case(
        "a batch that is stated",
        "users,batch size,req/s,mean (ms)\n10,32,3200,100\n",
        [("littles_law", "users 10", EXPLAINED, "batch")],
        "",
        "3200 items of requests with 32 each",
    ),
    case(
        "a swap must give every digit",
        "Role,Hours,Rate,Cost\nQA,80,$60/hr,$4880\nDev,80,$60/hr,$4800\n",
        [("line", "QA", DIFFERS, "")],
        "line Dev",
        "80 x 60 = 4800; 4880 swapped is 4808 or 8480",
    ),
    case(
        "a swap in a year must give every digit",
        "Service,Monthly cost,Annual cost\na,$50,$620\nb,$50,$600\n",
        [("year", "a", DIFFERS, "")],
        "year b",
        "12 x 50 = 600; 620 swapped is 602",
    ),
    case(
        "total with a buffer",
        "Item,Cost\na,1000\nb,2000\nTotal (incl. 10% buffer),3300\n",
        [],
        "total Total (incl. 10% buffer)",
        "3000 x 1.1",
    ),
    case(
        "a buffer that is not in it",
        "Item,Cost\na,1000\nb,2000\nTotal (incl. 10% buffer),3000\n",
        [("total", "Total (incl. 10% buffer)", EXPLAINED, "stated_share_left_out")],
        "",
        "3000 x 1.1 = 3300",
    ),
    case(
        "one-time cost in a year",
        "Service,Monthly,Annual\na,100,1200\nSetup (one-time),500,500\nTotal,600,1700\n",
        [("total", "Total", EXPLAINED, "one_time_in_monthly")],
        "year a, year Total, total Total",
        "1200 + 500 = 1700; the month's total holds the one-time cost, which is said as before",
    ),
    case(
        "more users pause than there are",
        "Users,Think time (s),Throughput (req/s),Response time (s)\n100,10,20,2.5\n",
        [("littles_law", "Users 100", DIFFERS, "")],
        "",
        "20 x (2.5 + 10) = 250 users; no mean makes it 100",
    ),
    case(
        "a line that is fully stated",
        "GPU,Price per hour,Hours,Count,Total\nT4,0.35,24,4,35.60\n",
        [("line", "T4", DIFFERS, "")],
        "",
        "0.35 x 24 x 4 = 33.60",
    ),
    case(
        "months beside a cost a month",
        "Item,Monthly cost,Months,Total\na,$20,6,$120\nb,$20,6,$240\n",
        [("year", "b", EXPLAINED, "month_year")],
        "year a",
        "6 x 20 = 120; 240 are 12 months",
    ),
    case(
        "tiers in a price cell without a price of their own",
        'Item,GB,Price,Cost\na,20000,"first 10 TB at $0.09/GB, then $0.085/GB",$1750.00\n'
        'b,20000,"first 10 TB at $0.09/GB, then $0.085/GB",$1800.00\n',
        [("line", "b", EXPLAINED, "tier_for_all")],
        "line a",
        "10 000 x 0.09 + 10 000 x 0.085 = 1750",
    ),
]


# ---- further shapes that were found with tables of our own

FURTHER = [
    case(
        "minutes at a price an hour",
        "Job,Minutes,Price per hour,Cost\nbuild,600,$6.00,$60.00\ntest,300,$6.00,$1800.00\n",
        [("line", "test", DIFFERS, "")],
        "line build",
        "600 minutes are 10 h; 300 are 5 h for $30",
    ),
    case(
        "calculation in parentheses of a name",
        "Item,Monthly cost\nGPU (4 × $2.50/hr × 730 h),$7300.00\nNAT (2 × $0.045/hr × 730 h),$32.85\n",
        [("line", "NAT (2 × $0.045/hr × 730 h)", EXPLAINED, "count_left_out")],
        "line GPU (4 × $2.50/hr × 730 h)",
        "4 x 2.5 x 730 = 7300; 2 x 0.045 x 730 = 65.70",
    ),
    case(
        "sum of products",
        "Service,Calculation,Monthly\napi,2 × $30 + 3 × $10,$90.00\nweb,2 × $25 + 1 × $10,$62.00\n",
        [("line", "web", DIFFERS, "")],
        "line api",
        "60 + 30 = 90; 50 + 10 = 60",
    ),
    case(
        "years and their total",
        "Item,Year 1,Year 2,Year 3,3-Year Total\ncloud,$1000,$1200,$1440,$3460\nstaff,$5000,$5000,$5000,$15000\n",
        [("across", "cloud", EXPLAINED, "swapped_digits")],
        "across staff",
        "years that grow are added, not multiplied: 3640",
    ),
    case(
        "a price with one digit",
        "Model,Prompt tokens,Completion tokens,Prompt price,Completion price,Cost\n"
        "gpt,2000000,500000,$0.01/1K tokens,$0.03/1K tokens,$35.00\n"
        "got,2000000,500000,$0.01/1K tokens,$0.03/1K tokens,$25.00\n",
        [("line", "got", EXPLAINED, "other_price")],
        "line gpt",
        "20 + 15 = 35; 25 is everything at the price of prompts, not a price rounded by half",
    ),
    case(
        "an amount that only rounding by a fifth allows",
        "Item,Quantity,Price per 1K tokens,Cost\na,2000000 tokens,$0.02,$40.00\nb,2000000 tokens,$0.02,$47.50\n",
        [("line", "b", CANNOT, "")],
        "line a",
        "the price would have to be 0.02375: its digits are asked for",
    ),
    case(
        "tasks with cores and memory",
        "Service,Tasks,vCPU,Memory (GB),vCPU price/hr,GB price/hr,Monthly cost\n"
        "api,3,0.5,1,$0.04048,$0.004445,$54.06\nweb,3,0.5,1,$0.04048,$0.004445,$18.02\n",
        [("line", "web", EXPLAINED, "count_left_out")],
        "line api",
        "3 x (0.5 x 0.04048 + 0.004445) x 730 = 54.06",
    ),
    case(
        "a fee beside seats",
        "Tool,Base fee,Seats,Price per seat,Monthly cost\nchat,$50,10,$8,$130\nwiki,$20,30,$5,$150\n",
        [("line", "wiki", EXPLAINED, "fee_left_out")],
        "line chat",
        "50 + 10 x 8 = 130; 20 + 30 x 5 = 170",
    ),
    case(
        "a row of tax",
        "Item,Qty,Unit price,Amount\na,3,$100.00,$300.00\nb,2,$50.00,$100.00\nSubtotal,,,$400.00\n"
        "VAT 20%,,,$60.00\nTotal,,,$460.00\n",
        [("share_row", "VAT 20%", CANNOT, "")],
        "line a, line b, total Subtotal, total Total",
        "20 % of 400 is 80; what 60 are 20 % of is asked for",
    ),
    case(
        "savings",
        "Service,Before,After,Savings\nEC2,$500,$300,$200\nRDS,$400,$350,$150\nTotal,$900,$650,$350\n",
        [("across", "RDS", DIFFERS, ""), ("across", "Total", DIFFERS, "")],
        "across EC2, total Total",
        "400 − 350 = 50",
    ),
    case(
        "invocations, time and memory",
        "Function,Invocations/month,Duration (ms),Memory (MB),Price per GB-second,Compute cost\n"
        "f,3000000,200,512,$0.0000166667,$5.00\ng,3000000,200,512,$0.0000166667,$50.00\n",
        [("line", "g", EXPLAINED, "decimal_point")],
        "line f",
        "3 million x 0.2 s x 0.5 GB x 0.0000166667 = 5",
    ),
    case(
        "a discount for a year",
        "Plan,Monthly,Annual discount,Annual cost\npro,$20,20%,$192\nteam,$50,20%,$600\n",
        [("year", "team", EXPLAINED, "discount_left_out")],
        "year pro",
        "12 x 20 x 0.8 = 192; 12 x 50 x 0.8 = 480",
    ),
    case(
        "minutes that are not what is paid for",
        "Job,Minutes,Runs,Price per run,Cost\nci,10,30,$0.10,$3.00\ncd,5,40,$0.10,$40.00\n",
        [("line", "cd", EXPLAINED, "decimal_point")],
        "line ci",
        "30 x 0.10 = 3, 40 x 0.10 = 4; the minutes do not count",
    ),
    case(
        "tokens of all requests, or of each",
        "Model,Requests,Tokens,Price per 1M tokens,Cost\na,1000,5000000,$2.00,$10.00\nb,1000,5000,$2.00,$10.00\n",
        [],
        "line a, line b",
        "5M tokens in all, or 1000 times 5000: either may be meant, and what is assumed is said",
    ),
    case(
        "capital and running cost",
        'Option,Capex,Opex per year,5-year TCO\nBuy,"$200,000","$30,000","$150,000"\nRent,$0,"$80,000","$400,000"\n',
        [("year", "Buy", EXPLAINED, "one_time_left_out")],
        "year Rent",
        "200 000 + 5 x 30 000 = 350 000",
    ),
    case(
        "success as a share beside failures",
        "Endpoint,Requests,Avg (ms),P95 (ms),Errors,Success rate\n/a,1000,20,40,5,99.5%\n/b,500,30,80,10,99%\n",
        [("success_share", "/b", DIFFERS, "")],
        "success_share /a",
        "1 − 5/1000 = 99.5 %; 1 − 10/500 = 98 %",
    ),
]


def judged(text: str, file: str = "t.csv") -> list[Finding]:
    """Return the findings on every table of a text."""
    return [finding for table in audit_text(text, file).tables for finding in table.findings]


@pytest.mark.parametrize("one", PASSED + ACCUSED + FURTHER, ids=lambda one: one.name)
def test_what_is_said_of_a_reviewed_table(one: Case) -> None:
    """What is wrong is called so with its slip, what is right agrees, and nothing else is accused."""
    found = judged(one.text)
    wrong = sorted((f.check, f.row, f.verdict.value) for f in found if f.wrong)
    assert wrong == sorted((check, row, verdict.value) for check, row, verdict, _ in one.wrong), one.why
    for check, row, verdict, slip in one.wrong:
        explanations = [e.slip for f in found if f.wrong and (f.check, f.row) == (check, row) for e in f.explanations]
        assert (slip in explanations) if slip else verdict is not EXPLAINED, (one.why, explanations)
    agreeing = [(f.check, f.row) for f in found if not f.wrong]
    assert not [place for place in one.right if place not in agreeing], one.why


BRANCHES = """\
| Service | Monthly |
|---|---|
| Compute | $30.00 |
| &nbsp;&nbsp; └─ web | $10.00 |
| &nbsp;&nbsp; └─ worker | $20.00 |
| Data | $5.00 |
| &nbsp;&nbsp; └─ db | $5.00 |
| Total | $35.00 |
"""


def test_branches_that_are_indented_by_entities() -> None:
    """Rows drawn as branches behind HTML spaces are parts of the row above, as without the spaces."""
    found = judged(BRANCHES, "t.md")
    assert [f.verdict for f in found] == [AGREES] * 3
    assert [f.verdict for f in judged(BRANCHES.replace("$20.00", "$25.00"), "t.md")].count(DIFFERS) == 1


def test_figures_that_cannot_be_are_bad_input() -> None:
    """Negative rates and times and no users are named with line and column, all at once."""
    with pytest.raises(InputError) as caught:
        judged("users,req/s,mean (ms)\n10,-5,100\n10,5,-100\n0,5,100\n")
    assert [str(problem) for problem in caught.value.problems] == [
        "t.csv:4: users: found '0'; a number of users above 0 is expected",
        "t.csv:2: req/s: found '-5'; a time, rate or count of at least 0 is expected",
        "t.csv:3: mean (ms): found '-100'; a time, rate or count of at least 0 is expected",
    ]
    with pytest.raises(InputError, match="hours: found '-5'"):
        judged("item,hours,price/h,cost\na,-5,1.00,-5.00\n")


@pytest.mark.parametrize("role", ["think_time", "concurrency"])
def test_stated_figures_that_cannot_be_are_bad_input(role: str) -> None:
    """What the user states beside a load test is checked like its cells."""
    with pytest.raises(InputError, match=f"given {role} must be"):
        audit_text("users,req/s,mean (ms)\n10,100,100\n", "t.csv", Options(given={role: "-2"}))


def test_prices_alone_are_no_costs() -> None:
    """A price list has nothing to check, and none of its columns is taken for a time or for a cost."""
    with pytest.raises(InputError, match="no columns that are understood"):
        judged("Model,Input $/1M,Output $/1M,Avg $/1M\na,2.50,10.00,6.25\n")


@pytest.mark.parametrize("word", ["Configuration", "Calculation", "Notes", "Details", "Unit"])
def test_calculations_are_read_under_every_header(word: str) -> None:
    """Whatever the column of calculations is called, its wrong line is found and its right one agrees."""
    text = f"Service,{word},Monthly cost\nEC2,2 x t3.medium @ $0.0416/hr x 730h,$30.37\nS3,500 GB @ $0.023/GB,$11.50\n"
    assert [f.verdict for f in judged(text)] == [EXPLAINED, AGREES]


def test_a_swap_that_rests_on_rounding_is_none() -> None:
    """Two swapped digits must give the printed figure at the printed price, whatever the price may be rounded from."""
    for amount in range(4700, 4900, 10):
        (found,) = judged(f"Role,Hours,Rate,Cost\nQA,80,$60/hr,${amount}\n")
        swapped = [e.text for e in found.explanations if e.slip == "swapped_digits"]
        assert all("4800" in text for text in swapped)

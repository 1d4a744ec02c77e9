"""Bills whose totals others have published, priced with the prices of their time: to the last printed digit or 1 %.

Each case names where the example stands. The prices are written into the bill, so the catalog plays no part.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from advisor.billing.load import bill_from_text
from advisor.billing.price import price

Line = dict[str, Any]


@dataclass(frozen=True)
class Published:
    """A published bill.

    Attributes:
        lines: with the prices of the publication.
        total: what it says a month costs, USD.
        parts: line id -> what it says that line costs, USD.
        within: 0 for agreement to the last printed digit, else the share by which the published figure was rounded.
    """

    source: str
    lines: list[Line]
    total: float
    parts: dict[str, float] = field(default_factory=dict)
    within: float = 0.0
    hours_per_month: float = 730


def line(own: str, quantity: Any = None, **keys: Any) -> Line:
    """Return a line with a price of its own: ``price`` keys are usd, unit, free, tiers, minimum_usd, started_kb."""
    of_price = ("usd", "unit", "free", "tiers", "minimum_usd", "started_kb", "round_up_to", "volume")
    found: Line = {"id": own, "price": {name: keys.pop(name) for name in of_price if name in keys}, **keys}
    found["unit"] = found.pop("quantity_unit", None)
    found["quantity"] = quantity
    return {name: value for name, value in found.items() if value is not None}


def gb_seconds(calls: int, ms: float, mb: float, **more: float) -> Any:
    """Return the form of serverless memory time."""
    return {"gb_seconds": {"calls": calls, "duration_ms": ms, "memory_mb": mb, **more}}


TO_INTERNET = [{"up_to": 10_240, "usd": 0.09}, {"up_to": 51_200, "usd": 0.085}, {"up_to": None, "usd": 0.07}]

CASES = {
    "lambda": Published(
        "aws.amazon.com/lambda/pricing, stored copy of the 100 ms era, example 1",
        [
            line("compute", gb_seconds(3_000_000, 1_000, 512), usd=0.00001667, unit="GB-s", free=400_000),
            line("requests", 3_000_000, quantity_unit="requests", usd=0.20, unit="million requests", free=1),
        ],
        18.74,
        {"compute": 18.34, "requests": 0.40},
    ),
    "lambda within the free tier": Published(
        "leyaa.ai, AWS Lambda pricing model, step by step",
        [
            line("compute", gb_seconds(3_000_000, 200, 512), usd=0.0000166667, unit="GB-s", free=400_000),
            line("requests", 3, usd=0.20, unit="million requests", free=1),
        ],
        0.40,
        {"compute": 0.0},
    ),
    "lambda without a free tier": Published(
        "adhdecode, Lambda cost calculation breakdown: 1 million calls of 50 ms at 128 MB, duration only",
        [line("compute", gb_seconds(1_000_000, 50, 128), usd=0.0000166667, unit="GB-s")],
        0.104,
        within=0.002,
    ),
    "azure functions": Published(
        "modal.com/blog/azure-function-pricing-guide, consumption plan",
        [
            line("time", gb_seconds(3_000_000, 1_000, 1_536), usd=0.000016, unit="GB-s", free=400_000),
            line("executions", 3, usd=0.20, unit="million executions", free=1),
        ],
        66.00,
        {"time": 65.60, "executions": 0.40},
    ),
    "cloud run": Published(
        "cloudwebschool.com, Cloud Run cost calculator, 10 million requests of 200 ms",
        [
            line(
                "cpu",
                {"vcpu_seconds": {"calls": 10_000_000, "duration_ms": 200, "vcpus": 1}},
                usd=0.000024,
                unit="vCPU-s",
                free=360_000,
            ),
            line("memory", gb_seconds(10_000_000, 200, 512), usd=0.0000025, unit="GB-s", free=180_000),
            line("requests", 10, usd=0.40, unit="million requests", free=2),
            line("egress", 5, usd=0.12, unit="GB", free=1),
        ],
        45.09,
        {"cpu": 39.36, "memory": 2.05, "requests": 3.20, "egress": 0.48},
    ),
    "api gateway": Published(
        "awsforengineers.com, API Gateway pricing explained: 5 million REST calls with answers of 3 KB",
        [
            line("calls", 5, tiers=[{"up_to": 333, "usd": 3.5}, {"up_to": None, "usd": 2.8}], unit="million calls"),
            line("egress", 15_000_000, quantity_unit="KiB", usd=0.09, unit="GiB"),
        ],
        18.79,
    ),
    "sqs": Published(
        "adhdecode, SQS cost per million messages: batches of ten sent, single receives and deletes",
        [
            line(
                "requests", 300_000 + 3_000_000 + 3_000_000, quantity_unit="requests", usd=0.40, unit="million requests"
            )
        ],
        2.52,
    ),
    "dynamodb provisioned": Published(
        "Raheja, Amazon DynamoDB pricing explained (LinkedIn): 100 WCU and 100 RCU for 720 h",
        [
            line("writes", {"write_units": {"per_s": 100, "item_kb": 1}}, usd=0.00065, unit="WCU-h"),
            line("reads", {"read_units": {"per_s": 100, "item_kb": 4}}, usd=0.00013, unit="RCU-h"),
        ],
        56.16,
        {"writes": 46.80, "reads": 9.36},
        hours_per_month=720,
    ),
    "dynamodb on demand, before November 2024": Published(
        "zeonedge.com, DynamoDB cost optimisation: 1 000 writes/s and 10 000 reads/s for 730 h",
        [
            line("writes", {"write_units": {"count": 2_628_000_000, "item_kb": 1}}, usd=1.25, unit="million WRU"),
            line("reads", {"read_units": {"count": 26_280_000_000, "item_kb": 4}}, usd=0.25, unit="million RRU"),
        ],
        9_855.00,
        {"writes": 3_285.0, "reads": 6_570.0},
    ),
    "dynamodb provisioned, ten thousand reads": Published(
        "zeonedge.com, the same load with provisioned capacity",
        [
            line("writes", 1_000, quantity_unit="WCU", usd=0.00065, unit="WCU-h"),
            line("reads", 10_000, quantity_unit="RCU", usd=0.00013, unit="RCU-h"),
        ],
        1_423.50,
        {"writes": 474.50, "reads": 949.00},
    ),
    "dynamodb on demand, since November 2024": Published(
        "airbyte.com, DynamoDB pricing: 650 000 writes of 1 KB",
        [line("writes", {"write_units": {"count": 650_000, "item_kb": 1}}, usd=0.625, unit="million WRU")],
        0.41,
    ),
    "s3 express": Published(
        "Amazon S3 FAQ, S3 Express One Zone, example 1",
        [
            line("storage", 10, usd=0.11, unit="GB-month"),
            line("puts", 1_000_000, quantity_unit="requests", usd=0.00113, unit="thousand requests"),
            line("gets", 9_000_000, quantity_unit="requests", usd=0.00003, unit="thousand requests"),
            line("upload", 10_000_000, quantity_unit="KiB", usd=0.0032, unit="GiB"),
            line("retrieval", 90_000_000, quantity_unit="KiB", usd=0.0006, unit="GiB"),
        ],
        2.58,
        {"storage": 1.10, "puts": 1.13, "gets": 0.27, "upload": 0.03, "retrieval": 0.05},
    ),
    "s3 express, eight hours a day": Published(
        "Amazon S3 FAQ, S3 Express One Zone, example 2, storage: 10 TiB for 8 h on each of 30 days",
        [
            line(
                "storage",
                10,
                quantity_unit="TiB",
                schedule={"hours_per_day": 8, "days_per_month": 30},
                usd=0.11,
                unit="GiB-month",
            )
        ],
        363.41,
        within=0.001,
        hours_per_month=744,
    ),
    "s3 egress": Published(
        "devnotes.tech, S3 pricing: 15 TB out to the internet",
        [line("egress", 15, quantity_unit="TiB", tiers=TO_INTERNET, unit="GiB")],
        1_356.80,
    ),
    "egress with a free part": Published(
        "cloud-cost-557.pages.dev, data-transfer bill: 5 TB out, 500 GB across zones both ways",
        [
            line("egress", 5_120, tiers=TO_INTERNET, unit="GB", free=100),
            line("zones", 500, usd=0.01, unit="GB", units=2),
        ],
        462.0,
        {"zones": 10.0},
        within=0.002,
    ),
    "nat gateways": Published(
        "basavytix.com, AWS NAT gateway pricing, scenario 2: three gateways, 2 TB",
        [line("gateways", usd=0.045, unit="h", units=3), line("data", 2_048, usd=0.045, unit="GB")],
        190.71,
        {"gateways": 98.55, "data": 92.16},
    ),
    "nat gateways, much traffic": Published(
        "basavytix.com, scenario 3: three gateways, 20 TB",
        [line("gateways", usd=0.045, unit="h", units=3), line("data", 20_480, usd=0.045, unit="GB")],
        1_020.15,
    ),
    "cloudwatch metrics": Published(
        "signoz.io, CloudWatch pricing: 10 endpoints x 3 status codes x 3 regions",
        [line("metrics", {"product": {"endpoints": 10, "codes": 3, "regions": 3}}, usd=0.30, unit="metric-month")],
        27.00,
    ),
    "fargate and load balancer": Published(
        "Infracost golden files ecs_service_test (5 vCPU, 10 GB) and lb_test (one ALB, 1.3698 LCU)",
        [
            line("vcpu", 5, quantity_unit="vCPU", usd=0.04048, unit="vCPU-h"),
            line("memory", 10, quantity_unit="GB", usd=0.004445, unit="GB-h"),
            line("balancer", usd=0.0225, unit="h"),
            line("lcu", 1.3698, quantity_unit="LCU", usd=0.008, unit="LCU-h"),
        ],
        204.63,
        {"vcpu": 147.75, "memory": 32.45, "balancer": 16.43, "lcu": 8.00},
    ),
    "lambda beyond all tiers": Published(
        "Infracost golden file lambda_function_test, lambda_duration_15B",
        [
            line(
                "duration",
                61_440_000_000,
                unit="GB-s",
                tiers=[
                    {"up_to": 6_000_000_000, "usd": 0.0000166667},
                    {"up_to": 15_000_000_000, "usd": 0.000015},
                    {"up_to": None, "usd": 0.0000133334},
                ],
            ),
            line("requests", 15_000, usd=0.20, unit="million requests"),
        ],
        857_203.30,
        {"requests": 3_000.00},
    ),
    "public addresses": Published(
        "doit.com, AWS public IPv4 price increase: one address",
        [line("address", usd=0.005, unit="h")],
        3.65,
    ),
    "aurora serverless floor": Published(
        "c3x.dev, Aurora Serverless v2 cost: half an ACU all month, printed as about 44",
        [line("acu", {"capacity": {"need": 0.1, "step": 0.5, "least": 0.5, "unit": "ACU"}}, usd=0.12, unit="ACU-h")],
        44.0,
        within=0.01,
    ),
    "cached prompt": Published(
        "aipromptshub.co, Claude API cost: 2 000 tokens written once for an hour, read by 99 calls",
        [
            {
                "id": "write",
                "tokens": {"calls": 1, "input": 0, "cache_write": 2_000},
                "token_price": {"input": 3, "cache_write": 6, "cache_read": 0.3, "output": 15},
            },
            {
                "id": "reads",
                "tokens": {"calls": 99, "input": 0, "cache_read": 2_000},
                "token_price": {"input": 3, "cache_write": 6, "cache_read": 0.3, "output": 15},
            },
        ],
        0.0714,
        {"write": 0.012, "reads": 0.0594},
    ),
    "long documents": Published(
        "deploybase.ai, Gemini 2.5 pricing: 1 000 documents of 50 000 tokens a day, summaries of 2 000",
        [
            {
                "id": "summaries",
                "tokens": {"calls": 1_000, "input": 50_000, "output": 2_000},
                "token_price": {
                    "input": 1.25,
                    "output": 10,
                    "long_prompt": {"above": 200_000, "input": 2.5, "output": 15},
                },
            }
        ],
        82.50,
    ),
}


def digits(value: float) -> int:
    """Return how many decimals a published figure was printed with, at least two."""
    return max(2, len(str(value).partition(".")[2]))


@pytest.mark.parametrize("name", CASES)
def test_a_published_bill_is_reproduced(name: str) -> None:
    """Total and every printed part agree to the last digit, or within the rounding of the publication."""
    case = CASES[name]
    text = json.dumps({"title": name, "hours_per_month": case.hours_per_month, "lines": case.lines})
    bill = price(bill_from_text(text)).bill
    found = {line.line.id: line.usd for line in bill.lines}
    for own, usd in {**case.parts, "": case.total}.items():
        value = found[own] if own else bill.monthly_usd
        tolerance = usd * case.within if case.within else 0.5000001 * 10 ** -digits(usd)
        assert abs(value - usd) <= tolerance, (own, value, usd)


def test_enough_bills_are_published() -> None:
    """At least twelve publications stand behind these cases, and each says where it is."""
    assert len({case.source for case in CASES.values()}) >= 12


def test_a_wrong_price_would_be_noticed() -> None:
    """The comparison can fail: with 720 hours the NAT example misses its total."""
    case = CASES["nat gateways"]
    text = json.dumps({"title": "x", "hours_per_month": 720, "lines": case.lines})
    assert abs(price(bill_from_text(text)).bill.monthly_usd - case.total) > 1

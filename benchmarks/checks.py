"""Measure checks that run as a library: pandera, Great Expectations, Soda Core, whylogs, NannyML; basis ``measured``.

Processor time is read, as in ``components.py``. The advisor needs nothing of it:
``pip install "pandas<3" pyarrow pandera pydantic great-expectations soda-core-duckdb "whylogs[viz]"`` first, then
``python benchmarks/checks.py``; in an environment of its own ``pip install nannyml statsmodels``, then
``python benchmarks/checks.py nannyml``. The catalog cites the run of 2026-11-26 as ``advisor_checks``.

Every table has ten columns: five numbers in a range, three categories of a set, an identifier and a time. It lies in a
Parquet file, and reading it counts.
"""

from __future__ import annotations

import contextlib
import io
import logging
import sys
import tempfile
from typing import TYPE_CHECKING

from components import cpu_ms

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas

Times = tuple[float, float, float]
NUMBERS = [f"n{at}" for at in range(5)]
CATEGORIES = [f"c{at}" for at in range(3)]


def table(rows: int) -> pandas.DataFrame:
    """Return a table of ``rows`` records of which all are right."""
    import numpy
    import pandas as pd

    random = numpy.random.default_rng(7)
    columns = {name: random.uniform(0, 1, rows) for name in NUMBERS}
    columns |= {name: random.choice(["a", "b", "c"], rows) for name in CATEGORIES}
    return pd.DataFrame(columns | {"id": numpy.arange(rows), "at": numpy.arange(rows) * 1.5})


def file_of(rows: int) -> str:
    """Return the name of a Parquet file with the table."""
    name = f"{tempfile.mkdtemp()}/table.parquet"
    table(rows).to_parquet(name)
    return name


def pandera_batch(rows: int) -> Times:
    """Read the table and check it with a schema of a type and a rule for each column."""
    import pandas as pd
    import pandera.pandas as pa

    numbers = {name: pa.Column(float, pa.Check.in_range(0, 1)) for name in NUMBERS}
    categories = {name: pa.Column(str, pa.Check.isin(["a", "b", "c"])) for name in CATEGORIES}
    others = {"id": pa.Column(int, unique=True), "at": pa.Column(float, pa.Check.ge(0))}
    schema, name = pa.DataFrameSchema(numbers | categories | others), file_of(rows)
    return cpu_ms(lambda: schema.validate(pd.read_parquet(name), lazy=True), times=max(1, 100_000 // rows))


def typed_record() -> Times:
    """Check one record of ten fields with a typed model (pydantic), from the text of an event."""
    from typing import Annotated, Literal

    from pydantic import Field, create_model

    share, letter = Annotated[float, Field(ge=0, le=1)], Literal["a", "b", "c"]
    fields = dict.fromkeys(NUMBERS, (share, ...)) | dict.fromkeys(CATEGORIES, (letter, ...))
    record = create_model("Record", **fields, id=(int, ...), at=(Annotated[float, Field(ge=0)], ...))
    text = table(1).iloc[0].to_json()
    return cpu_ms(lambda: record.model_validate_json(text), times=20_000)


def great_expectations_batch(rows: int) -> Times:
    """Read the table and check it with ten expectations in a context that is already loaded."""
    import great_expectations as gx
    import pandas as pd

    logging.disable(logging.WARNING)
    context = gx.get_context(mode="ephemeral")
    asset = context.data_sources.add_pandas("tables").add_dataframe_asset("table")
    whole, name = asset.add_batch_definition_whole_dataframe("whole"), file_of(rows)
    e = gx.expectations
    rules = [e.ExpectColumnValuesToBeBetween(column=name, min_value=0, max_value=1) for name in NUMBERS]
    rules += [e.ExpectColumnValuesToBeInSet(column=name, value_set=["a", "b", "c"]) for name in CATEGORIES]
    rules += [e.ExpectColumnValuesToBeUnique(column="id"), e.ExpectColumnValuesToNotBeNull(column="at")]
    suite = gx.ExpectationSuite("rules", expectations=rules)

    def check() -> None:
        with contextlib.redirect_stderr(io.StringIO()):
            assert whole.get_batch({"dataframe": pd.read_parquet(name)}).validate(suite).success

    return cpu_ms(check, times=1, rounds=5)


def soda_scan(rows: int) -> Times:
    """Scan the table with ten checks as SQL, in DuckDB inside the process, which reads the file."""
    import duckdb
    from soda.scan import Scan

    logging.disable(logging.CRITICAL)
    line = duckdb.connect()
    line.execute("SET threads TO 1")
    line.execute(f"CREATE VIEW records AS SELECT * FROM '{file_of(rows)}'")
    ranges = [f"  - invalid_count({name}) = 0:\n      valid min: 0\n      valid max: 1" for name in NUMBERS]
    sets = [f"  - invalid_count({name}) = 0:\n      valid values: [a, b, c]" for name in CATEGORIES]
    there = [f"  - missing_count({name}) = 0" for name in ("id", "at")]
    checks = "\n".join(["checks for records:", *ranges, *sets, *there])

    def check() -> None:
        scan = Scan()
        scan.add_duckdb_connection(line)
        scan.set_data_source_name("duckdb")
        scan.add_sodacl_yaml_str(checks)
        assert scan.execute() == 0

    return cpu_ms(check, times=1, rounds=5)


def profile(rows: int) -> Times:
    """Condense records of 20 numeric columns into a profile (whylogs)."""
    import numpy
    import pandas as pd
    import whylogs

    data = pd.DataFrame(numpy.random.default_rng(7).normal(size=(rows, 20)))
    return cpu_ms(lambda: whylogs.log(data), times=1, rounds=5)


def profiles_compared(rows: int) -> Times:
    """Compare two profiles of 20 numeric columns (whylogs, Kolmogorov-Smirnov)."""
    import numpy
    import pandas as pd
    import whylogs
    from whylogs.viz.drift.column_drift_algorithms import calculate_drift_scores

    random = numpy.random.default_rng(7)
    views = [whylogs.log(pd.DataFrame(random.normal(mean, size=(rows, 20)))).view() for mean in (0, 0.05)]
    return cpu_ms(lambda: calculate_drift_scores(*views), times=1, rounds=5)


def performance_estimated(rows: int) -> Times:
    """Estimate a classifier's performance without labels (CBPE) and the drift of 20 columns of one window (NannyML)."""
    import nannyml
    import numpy
    import pandas as pd

    random = numpy.random.default_rng(7)

    def records(mean: float) -> pd.DataFrame:
        data = pd.DataFrame(random.normal(mean, size=(rows, 20)), columns=columns)
        score = 1 / (1 + numpy.exp(-data["x0"]))
        return data.assign(score=score, said=(score > 0.5).astype(int), true=(random.uniform(size=rows) < score) * 1)

    columns = [f"x{at}" for at in range(20)]
    reference, current = records(0), records(0.05)
    names = {"y_pred_proba": "score", "y_pred": "said", "y_true": "true", "problem_type": "classification"}
    estimator = nannyml.CBPE(metrics=["roc_auc"], chunk_number=1, **names).fit(reference)
    drift = nannyml.UnivariateDriftCalculator(column_names=columns, chunk_number=1).fit(reference)
    return cpu_ms(lambda: (estimator.estimate(current), drift.calculate(current)), times=1, rounds=5)


def show(work: Callable[[int], Times], *sizes: int) -> None:
    """Print processor milliseconds for each number of rows: least, median, most."""
    for rows in sizes:
        print(f"{work.__name__:26} {rows:9,} rows", *(f"{ms:10.3f}" for ms in work(rows)), flush=True)


def main() -> None:
    """Measure everything that goes into one environment."""
    show(pandera_batch, 10_000, 1_000_000)
    show(great_expectations_batch, 10_000, 1_000_000)
    show(soda_scan, 10_000, 1_000_000)
    show(profile, 10_000, 100_000)
    show(profiles_compared, 10_000, 100_000)
    print(f"{'typed_record':26} {1:9} row ", *(f"{ms:10.5f}" for ms in typed_record()))


if __name__ == "__main__":
    show(performance_estimated, 10_000, 100_000) if sys.argv[1:] == ["nannyml"] else main()

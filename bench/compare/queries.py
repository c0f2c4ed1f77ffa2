"""The workload as a query of each SQL engine: one grouping by user with an aggregate for each question, shared where two segments
ask the same, and for a sequence (ClickHouse has a function for it) two running maxima over the user's events.
"""

from datetime import timedelta

from workload import (NOW, Abandoned, Categories, Count, CountWithout, FirstEver, HoursAverage, Inactive, LastCategory, Sequence, Spent)


def words(values):
    return "(" + ", ".join(f"'{value}'" for value in values) + ")"


class DuckDB:
    hour = "hour(ts)"

    def instant(self, at):
        return f"TIMESTAMP '{at:%Y-%m-%d %H:%M:%S}'"

    def count(self, where):
        return f"count(*) FILTER (WHERE {where})"

    def aggregate(self, function, value, where):
        return f"{function}({value}) FILTER (WHERE {where})"

    def distinct(self, value, where):
        return f"count(DISTINCT {value}) FILTER (WHERE {where})"

    def last(self, value, where):
        return f"arg_max({value}, ts) FILTER (WHERE {where})"


class DataFusion(DuckDB):
    hour = "date_part('hour', ts)"

    def last(self, value, where):
        return f"last_value({value} ORDER BY ts) FILTER (WHERE {where})"


class ClickHouse:
    hour = "toHour(ts)"

    def instant(self, at):
        return f"toDateTime64('{at:%Y-%m-%d %H:%M:%S}', 3, 'UTC')"

    def count(self, where):
        return f"countIf({where})"

    def aggregate(self, function, value, where):
        # Nothing is null, and not the least instant there is.
        function = {"min": "minOrNullIf", "max": "maxOrNullIf", "sum": "sumIf", "avg": "avgIf"}[function]
        return f"{function}({value}, {where})"

    def distinct(self, value, where):
        return f"uniqExactIf({value}, {where})"

    def last(self, value, where):
        return f"argMaxIf({value}, ts, {where})"


class Query:
    """A query under construction: aggregates by user (`columns`), a condition for each segment, and further tables to join."""

    def __init__(self, dialect, source):
        self.dialect, self.source = dialect, source
        self.columns, self.joined, self.conditions = {}, {}, {}

    def column(self, expression):
        return self.columns.setdefault(expression, f"a{len(self.columns)}")

    def back(self, days):
        return self.dialect.instant(NOW - timedelta(days=days))

    def within(self, event, days):
        return f"event = '{event}' AND ts > {self.back(days)}"

    def counted(self, where):
        return self.column(self.dialect.count(where))

    def aggregated(self, function, value, where):
        return self.column(self.dialect.aggregate(function, value, where))

    def joined_hit(self, table):
        name = self.joined.setdefault(table, f"j{len(self.joined)}")
        return f"{name}.hit"

    def condition(self, segment):
        match segment:
            case Count(event, days, least):
                return f"{self.counted(self.within(event, days))} >= {least}"
            case CountWithout(event, days, least, cities, without, without_days):
                some = self.counted(f"{self.within(event, days)} AND city IN {words(cities)}")
                return f"{some} >= {least} AND {self.counted(self.within(without, without_days))} = 0"
            case Spent(event, days, least):
                return f"coalesce({self.aggregated('sum', 'price * qty', self.within(event, days))}, 0) >= {least}"
            case Categories(event, days, least):
                if isinstance(self.dialect, DataFusion):  # beside other aggregates a distinct count costs it several times as much
                    pairs = f"SELECT DISTINCT user_id, category FROM {self.source} WHERE {self.within(event, days)} AND category IS NOT NULL"
                    return f"{self.joined_hit(f'SELECT user_id, count(*) AS hit FROM ({pairs}) GROUP BY user_id')} >= {least}"
                return f"{self.column(self.dialect.distinct('category', self.within(event, days)))} >= {least}"
            case Inactive(idle_days, event, days, least):
                return f"{self.column('max(ts)')} <= {self.back(idle_days)} AND {self.counted(self.within(event, days))} >= {least}"
            case FirstEver(event, days):
                first = self.aggregated("min", "ts", f"event = '{event}'")
                return f"{first} > {self.back(days)}"
            case LastCategory(event, category):
                return f"{self.column(self.dialect.last('category', f'''event = '{event}' '''.strip()))} = '{category}'"
            case Abandoned(event, days, without):
                last = self.aggregated("max", "ts", self.within(event, days))
                other = self.aggregated("max", "ts", f"event = '{without}'")
                return f"({last} > {other} OR ({last} IS NOT NULL AND {other} IS NULL))"
            case HoursAverage(event, days, (begin, end), categories, least, above):
                hour = self.dialect.hour
                where = f"{self.within(event, days)} AND {hour} >= {begin} AND {hour} < {end} AND category IN {words(categories)}"
                return f"{self.counted(where)} >= {least} AND {self.aggregated('avg', 'price', where)} > {above}"
            case Sequence():
                return self.sequence(segment)
        raise TypeError(segment)

    def sequence(self, segment):
        # All steps are in a window that begins at midnight, in. Events of one user have instants of their own.
        inside = f"ts >= {self.dialect.instant(segment.since)}"
        first, second, third = segment.steps
        if isinstance(self.dialect, ClickHouse):
            steps = ", ".join(f"event = '{step}' AND {inside}" for step in segment.steps)
            # It takes the far edge of its window in: an hour less a millisecond.
            return self.column(f"windowFunnel(3599999)(toUInt64(toUnixTimestamp64Milli(ts)), {steps})") + " >= 3"
        # The latest first step before each event; of that, at second steps, the latest so far; which must be within the hour at a third.
        so_far = "OVER (PARTITION BY user_id ORDER BY ts ROWS UNBOUNDED PRECEDING)"
        begun = f"max(CASE WHEN event = '{first}' THEN ts END) {so_far}"
        seconds = (f"SELECT user_id, ts, event, CASE WHEN event = '{second}' THEN {begun} END AS begun "
                   f"FROM {self.source} WHERE event IN {words(segment.steps)} AND {inside}")
        chains = f"SELECT user_id, ts, event, max(begun) {so_far} AS begun FROM ({seconds})"
        hits = f"SELECT DISTINCT user_id, 1 AS hit FROM ({chains}) WHERE event = '{third}' AND begun > ts - INTERVAL '1 hour'"
        return f"{self.joined_hit(hits)} = 1"

    def add(self, name, segment):
        self.conditions[name] = self.condition(segment)

    def users(self):
        """The tables to select from, and what stands before them."""
        columns = ", ".join(["user_id"] + [f"{expression} AS {name}" for expression, name in self.columns.items()])
        grouped = f"SELECT {columns} FROM {self.source} GROUP BY user_id"
        if not self.joined:
            return "", f"({grouped}) AS u"
        tables = [f"u AS ({grouped})"] + [f"{name} AS ({table})" for table, name in self.joined.items()]
        joins = "".join(f" LEFT JOIN {name} ON u.user_id = {name}.user_id" for name in self.joined.values())
        return f"WITH {', '.join(tables)} ", f"u{joins}"

    def counts(self):
        """One row: how many users each segment has."""
        before, users = self.users()
        columns = ", ".join(f"{self.dialect.count(condition)} AS {name}" for name, condition in self.conditions.items())
        limits = " SETTINGS max_ast_elements = 1000000, max_expanded_ast_elements = 1000000" if isinstance(self.dialect, ClickHouse) else ""
        return f"{before}SELECT {columns} FROM {users}{limits}"

    def members(self):
        """A row for each user: whether it is in each segment."""
        before, users = self.users()
        columns = ", ".join(f"coalesce({condition}, false) AS {name}" for name, condition in self.conditions.items())
        return f"{before}SELECT u.user_id, {columns} FROM {users}"


def query(dialect, source, segments):
    made = Query(dialect, source)
    for name, segment in segments.items():
        made.add(name, segment)
    return made

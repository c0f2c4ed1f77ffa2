//! The providers of the file, and the portfolios that they share.

use toml::de::{DeTable, DeValue};

use super::codes;
use super::table::{Entry, Known, Reader};
use super::values::plain;
use crate::calendar::Zone;
use crate::language::{Diagnostic, FileId, Sources, Span, suggest};
use crate::model::{Duration, PairLimit, Portfolio, Provider, Providers, Rate, Text, WarmUp};

const FILE: Known =
    Known { what: "this file", keys: "tables of this file", names: &["provider", "portfolio"] };
const PORTFOLIO: Known =
    Known { what: "a portfolio", keys: "keys of a portfolio", names: &["users_per_day"] };
const PROVIDER: Known = Known {
    what: "a provider",
    keys: "keys of a provider",
    names: &["portfolio", "messages_per_second", "rate", "warm_up", "pair", "refusal"],
};
const WARM_UP: Known =
    Known { what: "a warm-up", keys: "keys of a warm-up", names: &["from", "start", "double_every"] };
const PAIR: Known = Known { what: "a pair", keys: "keys of a pair", names: &["every", "burst"] };

const TIERS: &str =
    "the tiers are 250, 1000, 2000, 10000, 100000 and `\"unlimited\"`; other numbers are taken too";
const UNLIMITED: &str = "for no limit write `users_per_day = \"unlimited\"`";
const A_WARM_UP: &str = "warm_up = { from = \"2026-11-01\", start = 5, double_every = \"1 day\" }";
const A_PAIR: &str = "pair = { every = \"6 seconds\", burst = 3 }";

/// Reads a file of the sources; days and wall clocks are those of the account's zone. `None`, with what is wrong, when
/// anything is.
pub(crate) fn read(
    sources: &Sources,
    file: FileId,
    zone: &Zone,
    findings: &mut Vec<Diagnostic>,
) -> Option<Providers> {
    let (table, mut errors) = DeTable::parse_recoverable(sources.text(file));
    errors.sort_by_key(|error| error.span().map(|span| span.start));
    let before = findings.len();
    let mut reader = Reader { sources, file, zone, findings };
    let mut line = 0;
    for error in &errors {
        let at = reader.span(error.span().unwrap_or_default());
        // What comes after a mistake on its line mostly follows from it.
        let of_line = sources.position(at).line;
        if of_line != line {
            reader.not_toml(error, at);
        }
        line = of_line;
    }
    if !errors.is_empty() {
        // What could not be read may hold anything: of the rest nothing can be said.
        return None;
    }
    let providers = reader.file(table.get_ref());
    (reader.findings.len() == before).then_some(providers)
}

/// Keys that were read, by name.
struct Keys<'t>(Vec<Entry<'t>>);

impl<'t> Keys<'t> {
    fn get(&self, key: &str) -> Option<Entry<'t>> {
        self.0.iter().find(|entry| entry.key == key).copied()
    }
}

impl Reader<'_> {
    fn not_toml(&mut self, error: &toml::de::Error, at: Span) {
        let message = error.message().trim().trim_end_matches('.').to_lowercase();
        let help = match &*message {
            "duplicate key" => "keep one of them",
            _ => {
                "the file is TOML: `key = value`, each on a line of its own, texts in quotes, below a head such as `[provider.meta_main]`"
            }
        };
        self.error(codes::UNREADABLE, at, message, help);
    }

    fn file(&mut self, table: &DeTable<'_>) -> Providers {
        let mut providers = Providers::default();
        let top = Keys(self.known(table, &FILE));
        let mut all_portfolios = Vec::new();
        for entry in self.tables(top.get("portfolio"), "[portfolio.main]") {
            all_portfolios.push(entry.key);
            if let Some(portfolio) = self.portfolio(entry) {
                providers.portfolios.insert(entry.key.into(), portfolio);
            }
        }
        for entry in self.tables(top.get("provider"), "[provider.meta_main]") {
            if let Some(provider) = self.provider(entry, &all_portfolios) {
                providers.providers.insert(entry.key.into(), provider);
            }
        }
        providers
    }

    /// The tables within `provider` or `portfolio`, each with a name that campaigns can write.
    fn tables<'t>(&mut self, entry: Option<Entry<'t>>, head: &str) -> Vec<Entry<'t>> {
        let Some(entry) = entry else { return Vec::new() };
        let help = format!("write `{head}` on a line of its own, and the keys below it");
        let Some(table) = self.table(entry, &help) else { return Vec::new() };
        let what = if entry.key == "provider" { "a provider" } else { "a portfolio" };
        let entries = self.entries(table);
        let mut good = Vec::new();
        for inner in entries {
            if !matches!(inner.value, DeValue::Table(_)) {
                // `[provider]` with the keys of one at once: said once, not of each key.
                let text = format!("{what} has a name, and here is none");
                self.error(codes::NO_BUDGET, inner.key_at, text, help);
                return good;
            }
            if self.name(what, inner) {
                good.push(inner);
            }
        }
        good
    }

    fn portfolio(&mut self, entry: Entry<'_>) -> Option<Portfolio> {
        let DeValue::Table(table) = entry.value else { return None };
        let keys = Keys(self.known(table, &PORTFOLIO));
        let Some(users) = keys.get("users_per_day") else {
            if keys.0.len() == table.len() {
                let text = format!("portfolio `{}` does not say how many users a day", entry.key);
                self.error(
                    codes::NO_BUDGET,
                    entry.key_at,
                    text,
                    format!("add `users_per_day = 2000`: {TIERS}"),
                );
            }
            return None;
        };
        let users_per_day = match users.value {
            DeValue::String(text) if *text == "unlimited" => None,
            DeValue::String(text) => {
                let help = match plain(text) {
                    Some(digits) => format!("write `{digits}`, without quotes"),
                    None if text.trim().eq_ignore_ascii_case("unlimited") => {
                        "write `\"unlimited\"`".to_owned()
                    }
                    None => TIERS.to_owned(),
                };
                let text = format!("`{}` is no number of users", text.trim());
                self.error(codes::NO_BUDGET, users.at, text, help);
                return None;
            }
            _ => Some(self.count(users, UNLIMITED)?),
        };
        Some(Portfolio { users_per_day })
    }

    fn provider(&mut self, entry: Entry<'_>, portfolios: &[&str]) -> Option<Provider> {
        let DeValue::Table(table) = entry.value else { return None };
        let keys = Keys(self.known(table, &PROVIDER));
        let default = Provider::default();
        let portfolio = keys.get("portfolio").map(|key| self.portfolio_name(key, portfolios));
        let rate = self.rate_of(&keys);
        let warm_up = keys.get("warm_up").map(|key| self.warm_up(key, rate));
        let pair = keys.get("pair").map(|key| self.pair(key));
        let refusal = keys.get("refusal").map(|key| self.length(key, "24 hours"));
        Some(Provider {
            portfolio: portfolio.flatten(),
            rate: rate.ok().flatten(),
            warm_up: warm_up.flatten(),
            pair: pair.flatten(),
            refusal: refusal.flatten().unwrap_or(default.refusal),
        })
    }

    fn portfolio_name(&mut self, entry: Entry<'_>, known: &[&str]) -> Option<Text> {
        let DeValue::String(name) = entry.value else {
            let text = "`portfolio` is the name of a portfolio, a text";
            self.error(codes::NO_BUDGET, entry.at, text, "write `portfolio = \"main\"`");
            return None;
        };
        if known.iter().any(|portfolio| *portfolio == name.as_ref()) {
            return Some(name.as_ref().into());
        }
        let text = format!("there is no portfolio `{name}`");
        let help = suggest(name, "portfolios", known.iter().copied()).unwrap_or_else(|| {
            format!("declare it: `[portfolio.{name}]`, and below it `users_per_day = 2000`")
        });
        self.error(codes::UNKNOWN_NAME, entry.at, text, help);
        None
    }

    /// The rate, under either of its names; the error is that it cannot be told.
    fn rate_of(&mut self, keys: &Keys<'_>) -> Result<Option<Rate>, ()> {
        match (keys.get("messages_per_second"), keys.get("rate")) {
            (Some(first), Some(second)) => {
                let (first, second) =
                    if first.key_at.start < second.key_at.start { (first, second) } else { (second, first) };
                self.findings.push(
                    Diagnostic::error(
                        codes::NO_BUDGET,
                        second.key_at,
                        format!("`{}` and `{}` say the same thing twice", first.key, second.key),
                    )
                    .with_secondary(first.key_at, "the first is here")
                    .with_help("keep one of them"),
                );
                Err(())
            }
            (Some(entry), None) => {
                let count = match entry.value {
                    DeValue::Float(float) => {
                        self.slower_than_one(entry, float.as_str());
                        None
                    }
                    _ => self.count(entry, "without the key the provider has no rate"),
                };
                count.map(|count| Some(Rate { count, per: Duration::from_seconds(1) })).ok_or(())
            }
            (None, Some(entry)) => self.rate(entry).map(Some).ok_or(()),
            (None, None) => Ok(None),
        }
    }

    /// Half a message a second is one in two: what is meant can be said.
    fn slower_than_one(&mut self, entry: Entry<'_>, written: &str) {
        let minute = written.parse::<f64>().unwrap_or(0.0) * 60.0;
        let help = if minute >= 1.0 && minute.fract() == 0.0 {
            format!("write `rate = \"{minute} per 1 minute\"`")
        } else {
            "write a whole number, or a longer stretch: `rate = \"500 per 5 minutes\"`".to_owned()
        };
        self.error(codes::NO_BUDGET, entry.at, "`messages_per_second` is a whole number", help);
    }

    fn warm_up(&mut self, entry: Entry<'_>, rate: Result<Option<Rate>, ()>) -> Option<WarmUp> {
        let table = self.table(entry, &format!("write `{A_WARM_UP}`"))?;
        let keys = Keys(self.known(table, &WARM_UP));
        let (from, start, every) = self.all_of(entry, table, &keys, &WARM_UP, A_WARM_UP)?;
        let (from, start_at) = (self.instant(from), start.at);
        let start = self.count(start, "without a warm-up the rate holds from the beginning");
        let every = self.length(every, "1 day");
        let warm_up = WarmUp { from: from?, start: start?, every: every? };
        match rate {
            Ok(Some(rate)) if warm_up.start >= rate.count => {
                let text = format!("this warm-up begins with {}, which is the rate itself", warm_up.start);
                let text = if warm_up.start > rate.count {
                    format!("this warm-up begins with {}, and the rate is {}", warm_up.start, rate.count)
                } else {
                    text
                };
                self.error(codes::NO_BUDGET, start_at, text, "begin with fewer, or leave the warm-up out");
                None
            }
            Ok(None) => {
                let text = "a warm-up leads to a rate, and this provider has none";
                self.error(codes::NO_BUDGET, entry.key_at, text, "add `messages_per_second = 80`");
                None
            }
            _ => Some(warm_up),
        }
    }

    fn pair(&mut self, entry: Entry<'_>) -> Option<PairLimit> {
        let table = self.table(entry, &format!("write `{A_PAIR}`"))?;
        let keys = Keys(self.known(table, &PAIR));
        let (every, burst) = (keys.get("every"), keys.get("burst"));
        if keys.0.len() < PAIR.names.len() {
            self.incomplete(entry, table, &keys, &PAIR, A_PAIR);
        }
        let every = every.map(|every| self.length(every, "6 seconds"));
        let burst = burst.map(|burst| self.count(burst, "1 is no burst at all"));
        Some(PairLimit { every: every??, burst: burst?? })
    }

    /// The three keys of a warm-up.
    fn all_of<'t>(
        &mut self,
        entry: Entry<'_>,
        table: &DeTable<'_>,
        keys: &Keys<'t>,
        known: &Known,
        example: &str,
    ) -> Option<(Entry<'t>, Entry<'t>, Entry<'t>)> {
        match (keys.get("from"), keys.get("start"), keys.get("double_every")) {
            (Some(from), Some(start), Some(every)) => Some((from, start, every)),
            _ => {
                self.incomplete(entry, table, keys, known, example);
                None
            }
        }
    }

    /// Says what a table lacks; not when it has keys that are unknown, one of which may be the one that is missing.
    fn incomplete(
        &mut self,
        entry: Entry<'_>,
        table: &DeTable<'_>,
        keys: &Keys<'_>,
        known: &Known,
        example: &str,
    ) {
        if keys.0.len() < table.len() {
            return;
        }
        let missing: Vec<String> = known
            .names
            .iter()
            .filter(|name| keys.get(name).is_none())
            .map(|name| format!("`{name}`"))
            .collect();
        let text = format!("{} needs {}", known.what, missing.join(" and "));
        let at = Span { end: entry.key_at.end, ..entry.key_at };
        self.error(codes::NO_BUDGET, at, text, format!("write `{example}`"));
    }
}

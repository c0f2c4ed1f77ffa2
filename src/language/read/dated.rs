use chrono::NaiveTime;

use super::Reader;
use super::values::Unit;
use crate::language::ast::{
    EventDate, EventName, EventPattern, Offset, OffsetLength, ProfileDate, TimeBase, Trigger,
};
use crate::language::grammar::{Node, Rule, child, children, has};
use crate::language::{Span, Spanned, codes};

/// `at 09:00 user time`: a time of day if it is said, in whose time, and where it stands.
struct Clock {
    at: Option<(NaiveTime, Span)>,
    base: TimeBase,
}

impl Reader<'_, '_> {
    /// `enters segment s, including current members`
    pub(super) fn membership(&mut self, node: &Node<'_>) -> Option<Trigger> {
        let segment = self.name(&child(node, Rule::name)?)?;
        let including = child(node, Rule::including);
        if has(node, Rule::kw_enters) {
            return Some(Trigger::Enters { segment, including_current: including.is_some() });
        }
        if let Some(including) = including {
            let span = self.span(&including);
            return self.refuse_with(
                codes::UNEXPECTED,
                span,
                "who is a member now has not left the segment",
                "leave it out: `including current members` goes with `when enters segment …`",
            );
        }
        Some(Trigger::Leaves(segment))
    }

    /// `3 hours before "Booking".flight_time …`, `on profile.birthday yearly …`
    pub(super) fn dated(&mut self, clause: &Node<'_>) -> Option<Trigger> {
        let date = child(clause, Rule::event_date).or_else(|| child(clause, Rule::profile_date))?;
        let clock = self.clock(&date)?;
        let offset = match child(clause, Rule::distance) {
            Some(distance) => Some(self.offset(&distance, &clock)?),
            None => None,
        };
        let Clock { at, base } = clock;
        let at = at.map(|(at, _)| at);
        if let Some(path) = child(&date, Rule::profile_path) {
            let property = self.path(&path)?;
            let yearly = has(&date, Rule::kw_yearly);
            return Some(Trigger::ProfileDate(Box::new(ProfileDate { property, offset, yearly, at, base })));
        }
        let path = child(&date, Rule::event_path)?;
        let name = self.visible_text(&child(&path, Rule::string)?)?;
        if name.node.is_empty() {
            return self.empty_event(name.span);
        }
        let mut property = self.path(&path)?;
        let parts = children(&path, Rule::property).map(|part| self.span(&part));
        if let Some(place) = parts.reduce(Span::to) {
            property.span = place;
        }
        let filter = match child(&date, Rule::where_part) {
            Some(part) => Some(self.where_part(&part)?),
            None => None,
        };
        let by = match child(&date, Rule::by_part) {
            Some(by) => Some(self.path(&child(&by, Rule::path)?)?),
            None => None,
        };
        let span = self.span(&date);
        let event = Spanned::new(EventName::Named(name.node), name.span);
        let pattern = EventPattern { event, filter, span };
        Some(Trigger::EventDate(Box::new(EventDate { pattern, property, offset, at, base, by })))
    }

    fn clock(&mut self, date: &Node<'_>) -> Option<Clock> {
        let Some(node) = child(date, Rule::clock) else {
            return Some(Clock { at: None, base: TimeBase::Account });
        };
        let at = match child(&node, Rule::time) {
            Some(time) => Some((self.time(&time)?, self.span(&time))),
            None => None,
        };
        Some(Clock { at, base: self.account_by_default(&node)? })
    }

    /// `3 hours before`. With a time of day, days and weeks are whole days.
    fn offset(&mut self, node: &Node<'_>, clock: &Clock) -> Option<Offset> {
        let before = has(node, Rule::kw_before);
        let number = child(node, Rule::number)?;
        let unit = self.unit(node)?;
        let span = self.span(&number).to(unit.span);
        let days = match unit.node {
            Unit::Day => 1,
            Unit::Week => 7,
            _ => 0,
        };
        let by_days = has(node, Rule::kw_calendar) || clock.at.is_some();
        if by_days && days > 0 {
            let count = self.whole(&number, "number of days", 1, 3_660)?.node;
            let length = OffsetLength::CalendarDays(count.saturating_mul(days));
            return Some(Offset { before, length });
        }
        if has(node, Rule::kw_calendar) {
            return self.refuse_with(
                codes::LENGTH,
                unit.span,
                format!("calendar {} are no distance from a date", unit.node.word(2)),
                "calendar days keep the time of day: `when 30 calendar days after …`; any other length is exact",
            );
        }
        let length = self.length(&number, unit.node, span, 1)?;
        if let Some((_, at)) = clock.at {
            let word = if before { "before" } else { "after" };
            return self.refuse_with(
                codes::LENGTH,
                at,
                "a time of day goes with whole days",
                format!("leave `at …` out, or write `when 1 day {word} …`"),
            );
        }
        Some(Offset { before, length: OffsetLength::Exact(length.node) })
    }
}

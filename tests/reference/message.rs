//! One message's way from qualification until it is due (5.1 to 5.5): nobody but its user matters to it.

use campanile::language::ast::{ControlChoice, Hours, Otherwise, Trigger, Wait};
use campanile::model::{Budget, Duration, Instant, OutcomeKind, chance, draw};
use chrono::Days;

use super::clock::{next_minute, within};
use super::condition::tied;
use super::person::{Half, Moment, Person, Step};
use super::trigger::Firing;

/// 5.5
const LONGEST_HOLD: Duration = Duration::from_seconds(400 * 24 * 60 * 60);

/// A message on its way.
pub struct Message<'a, 'p> {
    pub person: &'p Person<'a>,
    pub firing: Firing<'a>,
    /// How many of the user's firings qualified before this one.
    pub qualification: usize,
    pub priority: i32,
    pub arrival: Instant,
    /// When it is asked again after a closing, or at its turn.
    pub asked: Option<Instant>,
    /// Whether it has stood in line.
    pub stood: bool,
    /// What it waits for, in line or not (8.10), and since when.
    pub waits: Option<(Budget, Instant)>,
    /// 5.12
    pub draw: Option<u64>,
}

/// Where a message's way ends before anything but its own hours and events are asked.
pub enum Way {
    Ends(Moment, OutcomeKind),
    IsDue(Instant),
}

impl<'a> Person<'a> {
    /// The messages of the firings that qualify, in their order.
    pub fn messages<'p>(&'p self, firings: Vec<Firing<'a>>) -> Vec<Message<'a, 'p>> {
        // 4.7
        let qualifies = |firing: &Firing| match &firing.campaign.syntax.audience {
            Some(audience) => self.holds(&audience.condition, firing.moment),
            None => true,
        };
        let qualified = firings.into_iter().filter(qualifies).enumerate();
        qualified
            .map(|(qualification, firing)| {
                let campaign = &firing.campaign.syntax;
                let priority = campaign.priority.as_ref().map_or(0, |priority| priority.node);
                let drawn = of_schedule(&firing.campaign.trigger)
                    && (!campaign.limits.is_empty() || campaign.message.as_ref().is_some_and(is_test));
                let purpose = format!("limit/{}/{}", firing.campaign.name, firing.occurrence);
                let arrival = self.arrival(&firing);
                let draw = drawn.then(|| draw(&purpose, self.user));
                Message {
                    person: self,
                    firing,
                    qualification,
                    priority,
                    arrival,
                    asked: None,
                    stood: false,
                    waits: None,
                    draw,
                }
            })
            .collect()
    }

    /// 5.3
    fn arrival(&self, firing: &Firing) -> Instant {
        let qualified_at = firing.moment.at;
        match firing.campaign.syntax.wait.as_ref().map(|wait| wait.node) {
            None => qualified_at,
            Some(Wait::Exact(length)) => qualified_at + length,
            Some(Wait::CalendarDays(days)) => {
                let zone = &self.zone(firing.moment).zone;
                zone.instant(zone.wall(qualified_at) + Days::new(days.into()))
            }
        }
    }
}

/// True for `at`, `every` and `cron`.
pub fn of_schedule(trigger: &Trigger) -> bool {
    matches!(trigger, Trigger::At { .. } | Trigger::Every { .. } | Trigger::Cron { .. })
}

fn is_test(delivery: &campanile::language::ast::Delivery) -> bool {
    matches!(delivery, campanile::language::ast::Delivery::Test(_))
}

impl Message<'_, '_> {
    /// 5.1, 5.2: what keeps a user from messages altogether.
    pub fn spared(&self) -> Option<OutcomeKind> {
        let (campaign, user) = (self.firing.campaign, self.person.user);
        let settings = self.person.world.rulebook.settings();
        let named = match &campaign.syntax.control {
            Some(ControlChoice::Named(name)) => {
                chance(&format!("control/{}", name.node), user, settings.control_groups[&name.node])
            }
            Some(ControlChoice::None(_)) | None => false,
        };
        let none = matches!(campaign.syntax.control, Some(ControlChoice::None(_)));
        if !none && chance("control", user, settings.control_group) || named {
            return Some(OutcomeKind::Control);
        }
        let share = campaign.syntax.holdout.as_ref()?;
        let purpose = format!("holdout/{}", campaign.name);
        chance(&purpose, user, share.node).then_some(OutcomeKind::Holdout)
    }

    /// 5.4, 5.5: what becomes of it after its arrival.
    pub fn way(&self) -> Way {
        let way = self.hours();
        let decided = match &way {
            Way::Ends(moment, _) => *moment,
            Way::IsDue(at) => Moment { at: *at, step: Step::Due },
        };
        match self.cancelled() {
            Some(cancelled) if cancelled < decided => Way::Ends(cancelled, OutcomeKind::Cancelled),
            _ => way,
        }
    }

    /// 5.4: when the first event after the qualification comes that an `unless` means.
    pub fn cancelled(&self) -> Option<Moment> {
        let person = self.person;
        let seen = person.seen(self.firing.moment);
        let trigger = self.firing.event.map(|place| person.event(place));
        let in_run = |at: Instant| at < person.world.to;
        let mut later = person.events().filter(|(place, event)| *place >= seen && in_run(event.at));
        let first = later.find(|(place, event)| {
            self.firing.campaign.syntax.unless.iter().any(|unless| {
                let tied = match trigger {
                    Some(trigger) => tied(unless.matching.as_ref(), trigger, event),
                    None => unless.matching.is_none(),
                };
                tied && person.matches(&unless.pattern, *place)
            })
        });
        first.map(|(place, event)| Moment { at: event.at, step: Step::Record(place, Half::Cancels) })
    }

    /// 5.5, 5.13: when delivery hours and quiet hours first let the message through, if nothing else happens to it.
    fn hours(&self) -> Way {
        let person = self.person;
        let deliver = self.firing.campaign.syntax.deliver.as_ref();
        let quiet = person.world.rulebook.settings().quiet_hours.as_ref();
        let mut asked = self.asked.unwrap_or(self.arrival);
        loop {
            if asked >= person.world.to {
                return Way::Ends(Moment { at: person.world.to, step: Step::End }, OutcomeKind::Pending);
            }
            let moment = Moment { at: asked, step: Step::Hours };
            let zone_of = |hours: Option<&Hours>| hours.map(|hours| person.zone_of(&hours.base, moment));
            let (deliver_zone, quiet_zone) = (zone_of(deliver), zone_of(quiet));
            let delivers = |at: Instant| {
                deliver.is_none_or(|hours| within(&hours.windows, deliver_zone.as_ref().unwrap().wall(at)))
            };
            let is_quiet = |at: Instant| {
                quiet.is_some_and(|hours| within(&hours.windows, quiet_zone.as_ref().unwrap().wall(at)))
            };

            let closed = if !delivers(asked) {
                deliver
            } else if is_quiet(asked) {
                quiet
            } else {
                return Way::IsDue(asked);
            };
            let until = asked + LONGEST_HOLD;
            let drops = closed.is_some_and(|hours| hours.otherwise == Otherwise::Drop);
            if drops || next_minute(asked, until, |at| delivers(at) && !is_quiet(at)).is_none() {
                return Way::Ends(moment, OutcomeKind::OutsideWindow);
            }
            let next = if delivers(asked) {
                next_minute(asked, until, |at| !is_quiet(at))
            } else {
                next_minute(asked, until, delivers)
            };
            asked = next.unwrap();
        }
    }
}

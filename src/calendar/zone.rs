use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::OnceLock;

use chrono::{NaiveDate, NaiveDateTime};

use super::database::{self, Shift};
use super::names;
use super::timeline::Timeline;
use super::unknown::UnknownZone;
use super::wall;
use crate::model::Instant;
use crate::saved::{Damage, Restorer, Saved, Saver};

/// A time zone: what its clocks show at each instant, and at which instant they show something.
///
/// As small as a pointer, and equal to another by name. A zone's table is built when it is first named, and then shared; every question is a
/// binary search on it.
///
/// # Example
/// ```
/// use campanile::calendar::Zone;
/// use campanile::model::Instant;
///
/// let zone = Zone::named("asia/kolkata")?;
/// assert_eq!(zone.name(), "Asia/Kolkata");
/// let at = Instant::parse("2026-11-03T04:30:00Z").unwrap();
/// assert_eq!(zone.to_local(at).to_string(), "2026-11-03 10:00:00");
/// # Ok::<(), campanile::calendar::UnknownZone>(())
/// ```
///
/// # Example: a time that does not exist, and one that occurs twice
/// ```
/// use campanile::calendar::Zone;
/// use chrono::NaiveDate;
///
/// let zone = Zone::named("America/New_York")?;
/// let spring = NaiveDate::from_ymd_opt(2026, 3, 8).and_then(|day| day.and_hms_opt(2, 30, 0)).unwrap();
/// assert_eq!(zone.resolve(spring).to_string(), "2026-03-08T07:00:00Z"); // 03:00, where the gap ends
/// let autumn = NaiveDate::from_ymd_opt(2026, 11, 1).and_then(|day| day.and_hms_opt(1, 30, 0)).unwrap();
/// assert_eq!(zone.resolve(autumn).to_string(), "2026-11-01T05:30:00Z"); // the first of the two
/// # Ok::<(), campanile::calendar::UnknownZone>(())
/// ```
#[derive(Clone, Copy)]
pub struct Zone(&'static Clock);

/// By its name, which the database must know.
impl Saved for Zone {
    fn save(&self, to: &mut Saver<'_>) {
        to.name(self.name());
    }

    fn restore(from: &mut Restorer<'_>) -> Result<Zone, Damage> {
        let find = |name: &str| {
            let zone = match name {
                "UTC" => Some(Zone::utc()),
                _ if name.starts_with(['+', '-']) => names::minutes_east(name).and_then(Zone::at_offset),
                _ => Zone::in_database(name, false),
            };
            zone.map(|zone| zone.0)
        };
        from.named(find).map(Zone)
    }
}

/// What a zone's clocks have shown and will show.
struct Clock {
    name: Cow<'static, str>,
    timeline: Timeline,
}

/// The place of a zone of the database; its clock is built when it is first named.
struct Slot {
    name: &'static str,
    clock: OnceLock<Clock>,
}

impl Slot {
    /// `None` when the database cannot be read, of which a test says that it does not happen.
    fn clock(&'static self) -> Option<&'static Clock> {
        if let Some(clock) = self.clock.get() {
            return Some(clock);
        }
        let shifts = database::shifts(self.name)?;
        Some(self.clock.get_or_init(|| Clock { name: self.name.into(), timeline: Timeline::new(&shifts) }))
    }
}

fn slots() -> &'static [Slot] {
    static SLOTS: OnceLock<Box<[Slot]>> = OnceLock::new();
    SLOTS.get_or_init(|| {
        database::names().into_iter().map(|name| Slot { name, clock: OnceLock::new() }).collect()
    })
}

/// An instant at which a zone's clocks are put forward or back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockChange {
    /// The first instant after it.
    pub at: Instant,
    /// The seconds east of UTC before it.
    pub before: i32,
    /// And from it on.
    pub after: i32,
}

impl Zone {
    /// Coordinated universal time.
    pub fn utc() -> Zone {
        static UTC: OnceLock<Clock> = OnceLock::new();
        Zone(UTC.get_or_init(|| Clock { name: "UTC".into(), timeline: Timeline::new(&[]) }))
    }

    /// The zone of an IANA name in any case, such as `Asia/Kolkata`. Links such as `Asia/Calcutta` are zones of their own.
    ///
    /// # Errors
    /// When there is no such zone. Abbreviations such as `IST`, names of other systems and offsets such as `+05:30` are none; the error
    /// suggests what [`Zone::find`] reads them as.
    pub fn named(name: &str) -> Result<Zone, UnknownZone> {
        let known = || slots().iter().map(|slot| slot.name);
        Zone::in_database(name, false).ok_or_else(|| UnknownZone::new(name, Zone::find(name), known()))
    }

    /// The zone of a name as users' data hold it: an IANA name, one of Windows or of Ruby on Rails, a long one such as `Eastern Time`, an
    /// abbreviation with its stated meaning, or an offset. `docs/zones.md` lists them. `None` for what is none of these.
    ///
    /// Case and signs between words make no difference; the offset in brackets that menus put in front is left away.
    ///
    /// # Example
    /// ```
    /// use campanile::calendar::Zone;
    ///
    /// let read = |name: &str| Zone::find(name).map(|zone| zone.name());
    /// assert_eq!(read("Eastern Standard Time"), Some("America/New_York"));
    /// assert_eq!(read("(GMT+05:30) New Delhi"), Some("Asia/Kolkata"));
    /// assert_eq!(read("IST"), Some("Asia/Kolkata"));
    /// assert_eq!(read("GMT-3"), Some("-03:00"));
    /// assert_eq!(read("Mars/Olympus"), None);
    /// ```
    ///
    /// # Example: `EST` is a place
    /// ```
    /// use campanile::calendar::Zone;
    ///
    /// // The database has an `EST` whose clocks are never changed; whoever is said to live in it has summer time.
    /// assert_eq!(Zone::named("EST").unwrap().name(), "EST");
    /// assert_eq!(Zone::find("EST").unwrap().name(), "America/New_York");
    /// ```
    pub fn find(name: &str) -> Option<Zone> {
        let name = names::without_menu(name);
        // No name of the tables has a stroke, and nearly all names of records have one.
        let listed = if name.contains('/') { None } else { names::meaning(name) };
        match listed {
            Some(listed) => Zone::in_database(listed, false),
            None => {
                Zone::in_database(name, true).or_else(|| names::minutes_east(name).and_then(Zone::at_offset))
            }
        }
    }

    /// The zone of the database's name; `blanks` may stand where the database has low lines.
    fn in_database(name: &str, blanks: bool) -> Option<Zone> {
        let slots = slots();
        let compare = if blanks { database::compare_names_with_blanks } else { database::compare_names };
        let place = slots.binary_search_by(|slot| compare(slot.name, name)).ok()?;
        slots.get(place)?.clock().map(Zone)
    }

    /// The zone whose clocks are so many minutes before those of UTC, always: one of those that places have, else `None`.
    fn at_offset(minutes: i64) -> Option<Zone> {
        /// From -12:00 to +14:00, by quarters of an hour.
        static OFFSETS: [OnceLock<Clock>; 105] = [const { OnceLock::new() }; 105];
        if minutes == 0 {
            return Some(Zone::utc());
        }
        let slot = OFFSETS.get(usize::try_from(minutes + 12 * 60).ok()? / 15)?;
        Some(Zone(slot.get_or_init(|| {
            let (sign, ahead) = if minutes < 0 { ('-', -minutes) } else { ('+', minutes) };
            let shift = Shift { at: i64::MIN, offset: minutes * 60_000 };
            let name = format!("{sign}{:02}:{:02}", ahead / 60, ahead % 60).into();
            Clock { name, timeline: Timeline::new(&[shift]) }
        })))
    }

    /// True when rules mean another zone by a name than users' data: `EST` and `MST`.
    pub(crate) fn means_another(name: &str) -> bool {
        names::is_taken(name)
    }

    /// The IANA name as the database spells it; of an offset, `+05:30`.
    pub fn name(&self) -> &'static str {
        &self.0.name
    }

    /// True for an offset, which is no place of the database and knows no changes of clocks.
    pub(super) fn is_offset(&self) -> bool {
        self.name().starts_with(['+', '-'])
    }

    /// The seconds east of UTC at an instant.
    pub fn offset_at(&self, at: Instant) -> i32 {
        i32::try_from(self.timeline().at(at.millis()).offset / 1_000).unwrap_or(0)
    }

    /// What the zone's clocks show at an instant.
    pub fn to_local(&self, at: Instant) -> NaiveDateTime {
        wall::to_date_time(self.wall(at.millis()))
    }

    /// The instant of a wall clock: the earliest at which the zone's clocks show at least that. So a local time that does not exist is the first
    /// instant after the gap, and one that occurs twice is the first of the two. Digits finer than milliseconds are cut.
    pub fn resolve(&self, wall: NaiveDateTime) -> Instant {
        Instant::from_millis(self.timeline().resolve(wall::from_date_time(wall)).instant)
    }

    /// The first instant of a day. That is not midnight where clocks go forward at midnight, and the next day's where they skip the whole day.
    pub fn day_start(&self, date: NaiveDate) -> Instant {
        self.start_of(wall::from_date(date))
    }

    /// The instants of a day: its first, and the first one after it. They are the same for a day that the zone's clocks skipped.
    pub fn day(&self, date: NaiveDate) -> (Instant, Instant) {
        let day = wall::from_date(date);
        (self.start_of(day), self.start_of(day.saturating_add(1)))
    }

    /// The instant at which clocks show, so many days after an instant, what they show at it. Beyond the years that there are, the nearest instant.
    ///
    /// # Example
    /// ```
    /// use campanile::calendar::Zone;
    /// use campanile::model::Instant;
    /// let zone = Zone::named("Europe/London")?;
    /// let at = Instant::parse("2026-10-24T12:00:00Z").unwrap(); // 13:00 in summer time, which ends in the night
    /// assert_eq!(zone.days_after(at, 1).to_string(), "2026-10-25T13:00:00Z");
    /// # Ok::<(), campanile::calendar::UnknownZone>(())
    /// ```
    pub fn days_after(&self, at: Instant, days: i64) -> Instant {
        let wall = self.wall(at.millis()).saturating_add(days.saturating_mul(wall::DAY));
        Instant::from_millis(self.timeline().resolve(wall).instant)
    }

    /// The first change of the zone's offset after an instant; `None` when there is none.
    ///
    /// # Example
    /// ```
    /// use campanile::calendar::Zone;
    /// use campanile::model::Instant;
    /// let zone = Zone::named("Europe/London")?;
    /// let change = zone.next_change(Instant::parse("2026-07-01T00:00:00Z").unwrap()).unwrap();
    /// assert_eq!(change.at.to_string(), "2026-10-25T01:00:00Z");
    /// assert_eq!((change.before, change.after), (3_600, 0));
    /// # Ok::<(), campanile::calendar::UnknownZone>(())
    /// ```
    pub fn next_change(&self, after: Instant) -> Option<ClockChange> {
        let mut stretch = self.timeline().at(after.millis());
        while stretch.end != i64::MAX {
            let at = Instant::from_millis(stretch.end);
            let before = Instant::from_millis(stretch.end.saturating_sub(1));
            let change = ClockChange { at, before: self.offset_at(before), after: self.offset_at(at) };
            if change.before != change.after {
                return Some(change);
            }
            stretch = self.timeline().at(stretch.end);
        }
        None
    }

    /// The first instant after one at which clocks are set back to a day that was over already; `Instant::MAX` for none.
    pub(crate) fn day_again(&self, after: Instant) -> Instant {
        Instant::from_millis(self.timeline().day_again(after.millis())).min(Instant::MAX)
    }

    /// The wall clock at an instant, in milliseconds.
    pub(super) fn wall(&self, at: i64) -> i64 {
        self.timeline().at(at).wall(at)
    }

    /// The number of the day at an instant.
    pub(super) fn today(&self, at: Instant) -> i64 {
        self.wall(at.millis()).div_euclid(wall::DAY)
    }

    /// The first instant of a day, by its number.
    pub(super) fn start_of(&self, day: i64) -> Instant {
        Instant::from_millis(self.timeline().resolve(day.saturating_mul(wall::DAY)).instant)
    }

    pub(super) fn timeline(&self) -> &'static Timeline {
        &self.0.timeline
    }
}

impl From<chrono_tz::Tz> for Zone {
    /// The zone of the same name. A test sees to it that the database has every name of `chrono-tz`.
    fn from(zone: chrono_tz::Tz) -> Zone {
        Zone::named(zone.name()).unwrap_or(Zone::utc())
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Zone) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Zone {}

impl Hash for Zone {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Zone").field(&self.name()).finish()
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

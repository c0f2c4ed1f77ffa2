//! A user as bytes. A mask says which parts there are: most users have few.

use super::User;
use crate::model::Instant;
use crate::saved::{Damage, Restorer, Saved, Saver};

/// The bits of the parts that a user may have.
mod part {
    pub(super) const PROFILE: u64 = 1;
    /// The address is the profile's number, as it stands there.
    pub(super) const ADDRESS_AS_WRITTEN: u64 = 1 << 1;
    pub(super) const MEMORY: u64 = 1 << 2;
    pub(super) const NEXT: u64 = 1 << 3;
    pub(super) const ORDER: u64 = 1 << 4;
    pub(super) const SENT: u64 = 1 << 5;
    pub(super) const ADDRESS: u64 = 1 << 6;
    pub(super) const TIMERS: u64 = 1 << 7;
    pub(super) const PENDING: u64 = 1 << 8;
    pub(super) const SCHEDULE: u64 = 1 << 9;
    pub(super) const EXPECTED: u64 = 1 << 10;
    pub(super) const DATES: u64 = 1 << 11;
    pub(super) const PROFILE_DATES: u64 = 1 << 12;
    pub(super) const MEMBERSHIPS: u64 = 1 << 13;
    pub(super) const FIRSTS: u64 = 1 << 14;
    pub(super) const EVE: u64 = 1 << 15;
    pub(super) const LEDGER: u64 = 1 << 16;
    pub(super) const LEDGERS: u64 = 1 << 17;
    pub(super) const ALIKE: u64 = 1 << 18;
    /// Behind all of them.
    pub(super) const NONE: u64 = 1 << 19;
}

impl Saved for User {
    fn save(&self, to: &mut Saver<'_>) {
        let User {
            id,
            profile,
            zone,
            zone_source,
            address,
            memory,
            timers,
            pending,
            schedule,
            // It follows from the schedules.
            upcoming: _,
            expected,
            dates,
            profile_dates,
            memberships,
            firsts,
            eve,
            ledger,
            ledgers,
            alike,
            alike_at,
            sent,
            order,
            next,
        } = self;
        let as_written = matches!(address, Some(Ok(address)) if profile.phone() == Some(&**address));
        let parts = [
            (part::PROFILE, !profile.properties().is_empty()),
            (part::ADDRESS_AS_WRITTEN, as_written),
            (part::ADDRESS, address.is_some() && !as_written),
            (part::MEMORY, !memory.is_empty()),
            (part::NEXT, *next != Instant::MAX),
            (part::ORDER, *order != 0),
            (part::SENT, !sent.is_empty()),
            (part::TIMERS, !timers.is_empty()),
            (part::PENDING, !pending.is_empty()),
            (part::SCHEDULE, !schedule.is_empty()),
            (part::EXPECTED, !expected.is_empty()),
            (part::DATES, !dates.is_empty()),
            (part::PROFILE_DATES, !profile_dates.is_empty()),
            (part::MEMBERSHIPS, !memberships.is_empty()),
            (part::FIRSTS, !firsts.is_empty()),
            (part::EVE, eve.is_some()),
            (part::LEDGER, !ledger.is_empty()),
            (part::LEDGERS, !ledgers.is_empty()),
            (part::ALIKE, !alike.is_empty() || *alike_at != Instant::MIN),
        ];
        let mask = parts.into_iter().fold(0, |mask, (part, there)| if there { mask | part } else { mask });
        id.save(to);
        to.number(mask);
        zone.save(to);
        zone_source.save(to);
        let mut parts = Parts { to, mask };
        parts.save(part::PROFILE, profile);
        match address.as_ref().filter(|_| !as_written) {
            Some(Ok(number)) => {
                parts.to.byte(1);
                number.save(parts.to);
            }
            Some(Err(problem)) => {
                parts.to.byte(0);
                parts.to.name(problem);
            }
            None => {}
        }
        parts.save(part::MEMORY, memory);
        parts.save(part::NEXT, next);
        parts.save(part::ORDER, order);
        parts.save(part::SENT, sent);
        parts.save(part::TIMERS, timers);
        parts.save(part::PENDING, pending);
        parts.save(part::SCHEDULE, schedule);
        parts.save(part::EXPECTED, expected);
        parts.save(part::DATES, dates);
        parts.save(part::PROFILE_DATES, profile_dates);
        parts.save(part::MEMBERSHIPS, memberships);
        parts.save(part::FIRSTS, firsts);
        parts.save(part::EVE, eve);
        parts.save(part::LEDGER, ledger);
        parts.save(part::LEDGERS, ledgers);
        parts.save(part::ALIKE, alike);
        parts.save(part::ALIKE, alike_at);
    }

    fn restore(from: &mut Restorer<'_>) -> Result<User, Damage> {
        let id = Saved::restore(from)?;
        let mask = from.number()?;
        if mask >= part::NONE {
            return Err(Damage::Wrong("no user has such parts"));
        }
        let mut user = User::living_in(id, Saved::restore(from)?);
        user.zone_source = Saved::restore(from)?;
        restore(from, mask, part::PROFILE, &mut user.profile)?;
        if mask & part::ADDRESS_AS_WRITTEN != 0 {
            user.address = user.profile.phone().map(|number| Ok(number.into()));
        }
        if mask & part::ADDRESS != 0 {
            user.address = Some(match from.byte()? {
                1 => Ok(Saved::restore(from)?),
                0 => Err(from.name()?),
                _ => return Err(Damage::Wrong("an address is of no kind")),
            });
        }
        restore(from, mask, part::MEMORY, &mut user.memory)?;
        restore(from, mask, part::NEXT, &mut user.next)?;
        restore(from, mask, part::ORDER, &mut user.order)?;
        restore(from, mask, part::SENT, &mut user.sent)?;
        restore(from, mask, part::TIMERS, &mut user.timers)?;
        restore(from, mask, part::PENDING, &mut user.pending)?;
        restore(from, mask, part::SCHEDULE, &mut user.schedule)?;
        user.list_upcoming();
        restore(from, mask, part::EXPECTED, &mut user.expected)?;
        restore(from, mask, part::DATES, &mut user.dates)?;
        restore(from, mask, part::PROFILE_DATES, &mut user.profile_dates)?;
        restore(from, mask, part::MEMBERSHIPS, &mut user.memberships)?;
        restore(from, mask, part::FIRSTS, &mut user.firsts)?;
        restore(from, mask, part::EVE, &mut user.eve)?;
        restore(from, mask, part::LEDGER, &mut user.ledger)?;
        restore(from, mask, part::LEDGERS, &mut user.ledgers)?;
        restore(from, mask, part::ALIKE, &mut user.alike)?;
        restore(from, mask, part::ALIKE, &mut user.alike_at)?;
        Ok(user)
    }
}

/// Writes what the mask says.
struct Parts<'a, 'w> {
    to: &'a mut Saver<'w>,
    mask: u64,
}

impl Parts<'_, '_> {
    fn save(&mut self, part: u64, value: &impl Saved) {
        if self.mask & part != 0 {
            value.save(self.to);
        }
    }
}

/// Reads a part, if the mask says that it is there.
fn restore<T: Saved>(from: &mut Restorer<'_>, mask: u64, part: u64, value: &mut T) -> Result<(), Damage> {
    if mask & part != 0 {
        *value = T::restore(from)?;
    }
    Ok(())
}

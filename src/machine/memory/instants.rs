use crate::program::Keep;

/// Keeps what suffices, in order, and at most about as much again: what is too old goes half of it at a time, so that
/// what stays is not moved for each event. Almost always the new instant is the latest.
pub(super) fn keep(kept: &mut Vec<i64>, at: i64, keep: Keep) {
    let place = match kept.last() {
        Some(last) if *last > at => kept.partition_point(|known| *known <= at),
        _ => kept.len(),
    };
    // Most of the many that there are never have a second.
    if kept.capacity() == 0 && !matches!(keep, Keep::Between { .. }) {
        kept.reserve_exact(1);
    }
    match keep {
        Keep::Latest(most) => {
            if kept.len() < most {
                kept.insert(place, at);
            } else if place > 0 {
                kept.insert(place, at);
                if kept.len() / 2 >= most {
                    kept.drain(..kept.len() - most);
                }
            }
        }
        Keep::Earliest(most) => {
            if kept.len() < most || place < kept.len() {
                kept.insert(place, at);
                kept.truncate(most);
            }
        }
        Keep::Within(horizon) => {
            kept.insert(place, at);
            let latest = kept.last().copied().unwrap_or(at);
            let expired = kept.partition_point(|known| *known <= latest.saturating_sub(horizon.millis()));
            if expired > kept.len() / 2 {
                kept.drain(..expired);
            }
        }
        Keep::Between { from, to, most } => {
            if (from..to).contains(&at) && kept.len() < most {
                kept.insert(place, at);
            }
        }
    }
}

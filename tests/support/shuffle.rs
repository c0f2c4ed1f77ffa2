//! Another order of the same records that must be of no consequence.

use campanile::model::Record;

/// The records in another order, by chance. What follows one another at one instant, of a user or of what is said about
/// numbers (users may share one), keeps its order; so do events with one id, of which the first counts (1.2, 1.3, 8.1).
pub fn shuffled(records: &[Record], chance: u64) -> Vec<Record> {
    let mut chance = chance;
    let mut left: Vec<&Record> = records.iter().collect();
    let mut shuffled = Vec::new();
    while !left.is_empty() {
        let free =
            |place: &usize| !left[..*place].iter().any(|earlier| keep_their_order(earlier, left[*place]));
        let free: Vec<usize> = (0..left.len()).filter(free).collect();
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let next = free[(chance >> 33) as usize % free.len()];
        shuffled.push(left.remove(next).clone());
    }
    shuffled
}

/// Whether the first of two records must come first, as it does.
pub fn keep_their_order(one: &Record, other: &Record) -> bool {
    let user = one.user().is_some() && one.user() == other.user();
    let statements = !matches!(one, Record::Event(_)) && !matches!(other, Record::Event(_));
    let id = |record: &Record| match record {
        Record::Event(event) => event.id.clone(),
        _ => None,
    };
    let again = user && id(one).is_some() && id(one) == id(other);
    one.at() == other.at() && (user || statements) || again
}

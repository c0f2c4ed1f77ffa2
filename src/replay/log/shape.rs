//! What the filters of a plan ask, sorted by what their answers hang on: one property, the clock, or more than that.

use crate::model::{NameMap, Value};
use crate::program::{Atom, Classifier, ClockTest, EventPlan, Predicate, Seen, Tables};

/// A plan's filters, taken apart; and what has been found of them so far.
pub(super) struct Shape<'p> {
    /// The plan's number.
    pub(super) plan: usize,
    pub(super) of: &'p EventPlan,
    pub(super) parts: Vec<Part<'p>>,
    /// For each filter where its answers are: of each atom, or of itself.
    filters: Vec<Source>,
    /// The slots from which something is kept of an event.
    pub(super) kept: Vec<usize>,
    /// By the classes of all parts, what such an event does.
    known: NameMap<Box<[u32]>, Option<u32>>,
}

/// So many combinations of classes are kept in mind: logs have a handful.
const MOST: usize = 1 << 16;

/// What one part of an event settles.
pub(super) enum Part<'p> {
    /// The value of a property.
    Slot(SlotPart<'p>),
    /// The instant, on the account's clock.
    Clock(Vec<&'p ClockTest>, Classes),
    /// Filters that ask for several things at once, by their numbers.
    Filters(Vec<usize>, Classes),
}

/// What is asked of one property.
pub(super) struct SlotPart<'p> {
    pub(super) slot: usize,
    atoms: Vec<&'p Predicate>,
    /// Where nothing is asked of a number but how it compares with these: between two neighbours all are of one class.
    pub(super) thresholds: Option<Vec<f64>>,
    classes: Classes,
}

/// The answers that came together so far: each different row of them is a class.
#[derive(Default)]
pub(super) struct Classes {
    answers: Vec<Box<[u64]>>,
    numbers: NameMap<Box<[u64]>, u32>,
}

/// Where the answers of a filter are: by part and place in it.
enum Source {
    Atoms(Vec<(usize, usize)>),
    Whole(usize, usize),
}

impl Classes {
    fn class(&mut self, answers: Vec<u64>) -> u32 {
        if let Some(class) = self.numbers.get(answers.as_slice()) {
            return *class;
        }
        let class = u32::try_from(self.answers.len()).unwrap_or(u32::MAX);
        self.answers.push(answers.clone().into());
        self.numbers.insert(answers.into(), class);
        class
    }

    fn answer(&self, class: u32, place: usize) -> bool {
        let answers = self.answers.get(class as usize);
        answers.and_then(|answers| answers.get(place / 64)).is_some_and(|word| word >> (place % 64) & 1 == 1)
    }
}

/// Asks several things, and sets a bit for each that holds.
fn asked(count: usize, holds: impl Fn(usize) -> bool) -> Vec<u64> {
    let mut answers = vec![0_u64; count.div_ceil(64)];
    for place in (0..count).filter(|place| holds(*place)) {
        if let Some(word) = answers.get_mut(place / 64) {
            *word |= 1 << (place % 64);
        }
    }
    answers
}

impl<'p> Shape<'p> {
    /// Takes a plan's filters apart.
    pub(super) fn new(plan: usize, tables: &'p Tables) -> Shape<'p> {
        let of = tables.plan(plan);
        let mut shape = Shape {
            plan,
            of,
            parts: Vec::new(),
            filters: Vec::new(),
            kept: of.slots_kept(),
            known: NameMap::default(),
        };
        for (number, filter) in of.filters.iter().enumerate() {
            let mut atoms = Vec::new();
            filter.atoms(&mut |atom| atoms.push(atom));
            let source = if atoms.iter().any(|atom| matches!(atom, Atom::Whole)) {
                let (part, place) = shape.whole(number);
                Source::Whole(part, place)
            } else {
                Source::Atoms(atoms.into_iter().filter_map(|atom| shape.atom(atom)).collect())
            };
            shape.filters.push(source);
        }
        for part in &mut shape.parts {
            if let Part::Slot(part) = part {
                let thresholds: Option<Vec<Vec<f64>>> =
                    part.atoms.iter().map(|atom| atom.thresholds()).collect();
                part.thresholds = thresholds.map(|thresholds| {
                    let mut all = thresholds.concat();
                    all.sort_by(f64::total_cmp);
                    all.dedup();
                    all
                });
            }
        }
        shape
    }

    fn atom(&mut self, atom: Atom<'p>) -> Option<(usize, usize)> {
        match atom {
            Atom::Slot(slot, predicate) => {
                let known =
                    self.parts.iter().position(|part| matches!(part, Part::Slot(part) if part.slot == slot));
                let part = known.unwrap_or_else(|| {
                    let part =
                        SlotPart { slot, atoms: Vec::new(), thresholds: None, classes: Classes::default() };
                    self.add(Part::Slot(part))
                });
                match self.parts.get_mut(part) {
                    Some(Part::Slot(of_slot)) => {
                        of_slot.atoms.push(predicate);
                        Some((part, of_slot.atoms.len() - 1))
                    }
                    _ => None,
                }
            }
            Atom::Clock(test) => {
                let known = self.parts.iter().position(|part| matches!(part, Part::Clock(..)));
                let part = known.unwrap_or_else(|| self.add(Part::Clock(Vec::new(), Classes::default())));
                match self.parts.get_mut(part) {
                    Some(Part::Clock(tests, _)) => {
                        tests.push(test);
                        Some((part, tests.len() - 1))
                    }
                    _ => None,
                }
            }
            Atom::Whole => None,
        }
    }

    fn whole(&mut self, filter: usize) -> (usize, usize) {
        let known = self.parts.iter().position(|part| matches!(part, Part::Filters(..)));
        let part = known.unwrap_or_else(|| self.add(Part::Filters(Vec::new(), Classes::default())));
        match self.parts.get_mut(part) {
            Some(Part::Filters(filters, _)) => {
                filters.push(filter);
                (part, filters.len() - 1)
            }
            _ => (part, 0),
        }
    }

    fn add(&mut self, part: Part<'p>) -> usize {
        self.parts.push(part);
        self.parts.len() - 1
    }

    /// The class of a property's value.
    pub(super) fn class_of(&mut self, part: usize, value: Option<&Value>, seen: &Seen<'_>) -> u32 {
        let Some(Part::Slot(SlotPart { atoms, classes, .. })) = self.parts.get_mut(part) else { return 0 };
        let holds = |place: usize| atoms.get(place).is_some_and(|atom| atom.holds_of(value, seen));
        classes.class(asked(atoms.len(), holds))
    }

    /// The class of an instant.
    pub(super) fn class_of_instant(&mut self, part: usize, seen: &Seen<'_>) -> u32 {
        let Some(Part::Clock(tests, classes)) = self.parts.get_mut(part) else { return 0 };
        let holds = |place: usize| tests.get(place).is_some_and(|test| test.holds(seen));
        classes.class(asked(tests.len(), holds))
    }

    /// The class of all values together.
    pub(super) fn class_of_all(&mut self, part: usize, filled: &[Option<&Value>], seen: &Seen<'_>) -> u32 {
        let Some(Part::Filters(filters, classes)) = self.parts.get_mut(part) else { return 0 };
        let filter = |place: usize| self.of.filters.get(*filters.get(place)?);
        let holds = |place: usize| filter(place).is_some_and(|filter| filter.holds(filled, seen));
        classes.class(asked(filters.len(), holds))
    }

    /// What an event does whose parts are of these classes, by its number among the classifier's.
    pub(super) fn reaction(
        &mut self,
        classes: &[u32],
        tables: &Tables,
        classifier: &mut Classifier,
    ) -> Option<u32> {
        if let Some(known) = self.known.get(classes) {
            return *known;
        }
        let answer = |part: usize, place: usize| {
            let class = classes.get(part).copied().unwrap_or(u32::MAX);
            match self.parts.get(part) {
                Some(
                    Part::Slot(SlotPart { classes, .. })
                    | Part::Clock(_, classes)
                    | Part::Filters(_, classes),
                ) => classes.answer(class, place),
                None => false,
            }
        };
        let holds = |number: usize| match (self.filters.get(number), self.of.filters.get(number)) {
            (Some(Source::Whole(part, place)), _) => answer(*part, *place),
            (Some(Source::Atoms(atoms)), Some(filter)) => {
                let mut atoms = atoms.iter();
                filter.given(&mut || atoms.next().is_some_and(|(part, place)| answer(*part, *place)))
            }
            _ => false,
        };
        let bits = asked(self.filters.len(), holds);
        let reaction = classifier.number(tables, self.plan, &bits);
        if self.known.len() < MOST {
            self.known.insert(classes.into(), reaction);
        }
        reaction
    }
}

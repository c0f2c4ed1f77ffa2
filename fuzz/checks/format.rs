//! A sound text has one form: the same rules, stable.

use campanile::language::{Sources, Unformatted, format};

fn formatted(text: &str) -> Option<String> {
    let mut sources = Sources::new();
    let file = sources.add("fuzz.camp", text);
    match format(&sources, file) {
        Ok(form) => Some(form),
        Err(Unformatted::Errors(_)) => None,
        Err(Unformatted::Fault(finding)) => panic!("{}", finding.render(&sources)),
    }
}

/// Panics where the target is not met.
pub fn check(text: &str) {
    if let Some(form) = formatted(text) {
        assert_eq!(formatted(&form).as_deref(), Some(form.as_str()));
    }
}

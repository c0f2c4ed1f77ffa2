//! What the provider says of templates: which are paused, which disabled.

use crate::model::{Instant, NameMap, TemplateStatement, TemplateStatus, Text};
use crate::saved::saved;

/// Statements about templates, each from its instant on until the next one that concerns the same.
///
/// A replay knows all of a run's from the beginning, so that a message that waits for the next one knows when it comes;
/// an engine learns of them as it goes, and wakes who waits.
#[derive(Debug, Clone, Default)]
pub(crate) struct TemplateStatements {
    /// By the template's name; of each in the order in which they hold.
    said: NameMap<Text, Vec<(Instant, TemplateStatement)>>,
}

saved!(struct TemplateStatements { said });

/// What holds of a template in one language at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Approved,
    Disabled,
    /// It is paused until then: not at it.
    Paused {
        until: Instant,
        /// When the next statement about it comes, if any is known.
        next: Option<Instant>,
    },
}

impl TemplateStatements {
    /// Takes in a statement that holds from an instant on; those before it were about no later one.
    pub(crate) fn say(&mut self, statement: TemplateStatement, at: Instant) {
        self.said.entry(statement.template.clone()).or_default().push((at, statement));
    }

    /// True when nothing was ever said.
    pub(super) fn is_empty(&self) -> bool {
        self.said.is_empty()
    }

    /// What holds of a template in a language at an instant, all of whose statements are in.
    pub(super) fn ask(&self, template: &Text, language: &str, now: Instant) -> Standing {
        let said = self.said.get(template).map_or(&[][..], Vec::as_slice);
        let (so_far, to_come) = said.split_at(said.partition_point(|(at, _)| *at <= now));
        let concerns = |(_, said): &&(Instant, TemplateStatement)| said.is_about(template, language);
        match so_far.iter().rfind(concerns).map(|(_, said)| said.status) {
            None | Some(TemplateStatus::Approved) => Standing::Approved,
            Some(TemplateStatus::Disabled) => Standing::Disabled,
            Some(TemplateStatus::Paused { until: Some(until) }) if until <= now => Standing::Approved,
            Some(TemplateStatus::Paused { until }) => Standing::Paused {
                until: until.unwrap_or(Instant::MAX),
                next: to_come.iter().find(concerns).map(|(at, _)| *at),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Instant {
        Instant::from_seconds(seconds)
    }

    #[test]
    fn the_last_statement_that_concerns_the_language_holds() {
        let mut known = TemplateStatements::default();
        let mut say = |seconds, language: Option<&str>, status| {
            let statement = TemplateStatement {
                template: "diwali".into(),
                language: language.map(Into::into),
                at: Some(at(seconds)),
                status,
            };
            known.say(statement, at(seconds));
        };
        say(10, Some("pt-br"), TemplateStatus::Paused { until: Some(at(20)) });
        say(30, None, TemplateStatus::Paused { until: None });
        say(40, Some("EN"), TemplateStatus::Approved);
        say(40, Some("en"), TemplateStatus::Disabled);
        let ask = |language: &str, seconds| known.ask(&"diwali".into(), language, at(seconds));
        let paused = |until, next: Option<i64>| Standing::Paused { until, next: next.map(at) };
        assert_eq!(ask("pt_BR", 9), Standing::Approved);
        assert_eq!(ask("pt_BR", 10), paused(at(20), Some(30)));
        assert_eq!(ask("pt_BR", 20), Standing::Approved);
        assert_eq!(ask("pt_BR", 30), paused(Instant::MAX, None));
        assert_eq!(ask("en", 10), Standing::Approved);
        assert_eq!(ask("en", 30), paused(Instant::MAX, Some(40)));
        assert_eq!(ask("en", 40), Standing::Disabled);
    }
}

//! What people and programs read of a run: findings drawn on their sources, the table, the summary.
//!
//! Everything here makes text of plain data; the command room decides where it goes.

mod agenda;
mod budgets;
mod comparison;
mod describe;
mod diagnostics;
mod difference;
mod explanation;
mod grid;
mod junit;
mod page;
mod plan;
mod run;
mod schema;
mod table;
mod tests;
mod text;

pub use agenda::{Agenda, AgendaEntry, AgendaOptions, AgendaSchedule, ClockNote, ZoneOf};
pub use budgets::{BudgetCounts, WaitCounts};
pub use comparison::comparison;
pub use describe::{CampaignDescription, Description, Section, Tree};
pub use diagnostics::{MessageFormat, draw};
pub use difference::difference;
pub use explanation::explanation;
pub use junit::junit;
pub use page::plan_page;
pub use plan::plan_table;
pub use run::{
    CampaignCounts, CampaignResults, Counts, Files, InputCounts, Phases, RunReport, UnknownTimeZone,
    UnknownTimeZones, seconds,
};
pub use schema::declarations;
pub use table::{TABLE_WIDTH, table};
pub use tests::{coverage, test_results};
pub use text::{counted, grouped, harmless};

/// Whether text may carry ANSI colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    /// For a terminal.
    On,
    /// For files, pipes, and people who asked for none.
    Off,
}

impl Colours {
    /// The text in bold, where there are colours.
    pub fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// The text in bold red, where there are colours.
    pub fn red(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    /// The text in green, where there are colours.
    pub fn green(self, text: &str) -> String {
        self.paint("32", text)
    }

    /// The text in bold yellow, where there are colours.
    pub fn yellow(self, text: &str) -> String {
        self.paint("1;33", text)
    }

    /// The text in grey, where there are colours.
    pub fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    fn paint(self, style: &str, text: &str) -> String {
        match self {
            Colours::On => format!("\u{1b}[{style}m{text}\u{1b}[0m"),
            Colours::Off => text.to_owned(),
        }
    }
}

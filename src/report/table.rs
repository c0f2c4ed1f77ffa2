use std::collections::BTreeSet;

use super::{Colours, Counts, RunReport, grouped, harmless};
use crate::model::OutcomeKind;

/// How wide a table may be before its last columns go to a block of their own.
pub const TABLE_WIDTH: usize = 100;

/// Between two columns.
const GAP: &str = "  ";

/// One column of numbers.
#[derive(Clone, Copy)]
enum Column {
    Past,
    Triggered,
    Qualified,
    Outcome(OutcomeKind),
}

impl Column {
    fn title(self) -> &'static str {
        match self {
            Column::Past => "past",
            Column::Triggered => "triggered",
            Column::Qualified => "qualified",
            Column::Outcome(kind) => kind.name(),
        }
    }

    fn cell(self, counts: &Counts) -> String {
        grouped(match self {
            Column::Past => counts.past,
            Column::Triggered => counts.triggered,
            Column::Qualified => counts.qualified,
            Column::Outcome(kind) => counts.outcomes.get(kind),
        })
    }

    /// As wide as its title and its widest cell; the total is among the cells, and no cell is wider than it.
    fn width(self, report: &RunReport) -> usize {
        self.title().len().max(self.cell(&report.total).len())
    }
}

/// The table of a run: a row for each campaign in rulebook order and one for their sums; columns for times that were past
/// (where there are any), triggered, qualified, sent, and the other outcomes that came, in the order of decisions. Qualified is the sum of all columns to its right.
///
/// Columns that do not fit into `width` characters go to a further block, which names the campaigns again.
pub fn table(report: &RunReport, width: usize, colours: Colours) -> String {
    let names: Vec<_> = report.campaigns.iter().map(|row| harmless(&row.campaign)).collect();
    let name_width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max("campaign".len());

    let mut text = String::new();
    for block in blocks(columns(report), report, width.saturating_sub(name_width)) {
        if !text.is_empty() {
            text.push('\n');
        }
        let widths: Vec<usize> = block.iter().map(|column| column.width(report)).collect();
        let line = |name: &str, cells: Vec<String>| {
            let mut line = format!("{name:name_width$}");
            for (cell, width) in cells.iter().zip(&widths) {
                line.push_str(&format!("{GAP}{cell:>width$}"));
            }
            line
        };
        let head = line("campaign", block.iter().map(|column| column.title().to_owned()).collect());
        text.push_str(&colours.bold(&head));
        text.push('\n');
        for (row, name) in report.campaigns.iter().zip(&names) {
            text.push_str(&line(name, block.iter().map(|column| column.cell(&row.counts)).collect()));
            text.push('\n');
        }
        text.push_str(&"─".repeat(head.chars().count()));
        text.push('\n');
        let total = line("total", block.iter().map(|column| column.cell(&report.total)).collect());
        text.push_str(&colours.bold(&total));
        text.push('\n');
    }
    text
}

/// Sent is always there: a run that sent nothing is to say so.
fn columns(report: &RunReport) -> Vec<Column> {
    let mut outcomes: BTreeSet<OutcomeKind> =
        report.total.outcomes.occurring().map(|(kind, _)| kind).collect();
    outcomes.insert(OutcomeKind::Sent);
    let outcomes = OutcomeKind::ALL.into_iter().filter(|kind| outcomes.contains(kind));
    let past = (report.total.past > 0).then_some(Column::Past);
    let counted = past.into_iter().chain([Column::Triggered, Column::Qualified]);
    counted.chain(outcomes.map(Column::Outcome)).collect()
}

fn blocks(columns: Vec<Column>, report: &RunReport, width: usize) -> Vec<Vec<Column>> {
    let mut blocks: Vec<Vec<Column>> = Vec::new();
    let mut used = 0;
    for column in columns {
        let needed = GAP.len() + column.width(report);
        match blocks.last_mut() {
            Some(block) if used + needed <= width => {
                block.push(column);
                used += needed;
            }
            _ => {
                blocks.push(vec![column]);
                used = needed;
            }
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::{CampaignCounts, InputCounts};

    fn campaign(name: &str, triggered: u64, outcomes: &[(OutcomeKind, u64)]) -> CampaignCounts {
        let mut counts = Counts { triggered, ..Counts::default() };
        for (kind, count) in outcomes {
            counts.outcomes.add(*kind, *count);
            counts.qualified += count;
        }
        CampaignCounts { campaign: name.into(), title: None, counts, results: None }
    }

    fn report(campaigns: Vec<CampaignCounts>) -> RunReport {
        RunReport::new(campaigns, InputCounts::default())
    }

    #[test]
    fn only_the_outcomes_that_came_have_columns() {
        let report = report(vec![
            campaign("cart_rescue", 12_345, &[(OutcomeKind::Sent, 1_200), (OutcomeKind::Gap, 4)]),
            campaign("diwali", 9, &[(OutcomeKind::Holdout, 2)]),
        ]);
        let expected = "\
campaign     triggered  qualified   sent  holdout  gap
cart_rescue     12,345      1,204  1,200        0    4
diwali               9          2      0        2    0
──────────────────────────────────────────────────────
total           12,354      1,206  1,200        2    4
";
        assert_eq!(table(&report, TABLE_WIDTH, Colours::Off), expected);
    }

    #[test]
    fn what_is_too_wide_goes_to_a_block_of_its_own() {
        let report =
            report(vec![campaign("diwali", 9, &[(OutcomeKind::Holdout, 2), (OutcomeKind::RenderError, 1)])]);
        let expected = "\
campaign  triggered  qualified  sent
diwali            9          3     0
────────────────────────────────────
total             9          3     0

campaign  holdout  render_error
diwali          2             1
───────────────────────────────
total           2             1
";
        assert_eq!(table(&report, 40, Colours::Off), expected);
    }

    #[test]
    fn a_run_without_campaigns_has_a_table_too() {
        let expected = "\
campaign  triggered  qualified  sent
────────────────────────────────────
total             0          0     0
";
        assert_eq!(table(&report(Vec::new()), TABLE_WIDTH, Colours::Off), expected);
    }

    #[test]
    fn colours_are_a_matter_of_the_terminal() {
        let report = report(vec![campaign("diwali", 9, &[])]);
        assert!(table(&report, TABLE_WIDTH, Colours::On).contains("\u{1b}[1mcampaign"));
        assert!(!table(&report, TABLE_WIDTH, Colours::Off).contains('\u{1b}'));
    }

    fn any_campaign() -> impl Strategy<Value = CampaignCounts> {
        let counts =
            proptest::collection::vec(prop_oneof![Just(0), 1..2_000_000_u64], OutcomeKind::ALL.len());
        ("[a-z][a-z0-9_]{0,60}", counts, 0..10_000_u64).prop_map(|(name, counts, more)| {
            let outcomes: Vec<_> = OutcomeKind::ALL.into_iter().zip(counts).collect();
            let mut row = campaign(&name, 0, &outcomes);
            row.counts.triggered = row.counts.qualified + more;
            row
        })
    }

    /// Reads a drawn table back: for each row its numbers by column, over all blocks.
    fn read_back(text: &str) -> Vec<Vec<(String, u64)>> {
        let mut rows: Vec<Vec<(String, u64)>> = Vec::new();
        for block in text.split("\n\n") {
            let mut lines = block.lines().filter(|line| !line.starts_with('─'));
            let titles: Vec<_> = lines.next().unwrap().split_whitespace().skip(1).collect();
            for (place, line) in lines.enumerate() {
                let cells = line.split_whitespace().skip(1);
                let cells = titles
                    .iter()
                    .zip(cells)
                    .map(|(t, c)| ((*t).to_owned(), c.replace(',', "").parse().unwrap()));
                if place == rows.len() {
                    rows.push(Vec::new());
                }
                rows[place].extend(cells);
            }
        }
        rows
    }

    proptest! {
        #[test]
        fn every_row_adds_up_across_and_every_column_down(
            campaigns in proptest::collection::vec(any_campaign(), 1..8),
            width in 20..200_usize,
        ) {
            let report = report(campaigns);
            prop_assert_eq!(report.out_of_balance().count(), 0);
            let text = table(&report, width, Colours::Off);
            let rows = read_back(&text);
            prop_assert_eq!(rows.len(), report.campaigns.len() + 1);
            for row in &rows {
                let qualified = row.iter().find(|(title, _)| title == "qualified").unwrap().1;
                let outcomes = row.iter().filter(|(title, _)| title != "qualified" && title != "triggered");
                prop_assert_eq!(qualified, outcomes.map(|(_, count)| count).sum::<u64>());
            }
            let (total, campaigns) = rows.split_last().unwrap();
            for (place, (title, sum)) in total.iter().enumerate() {
                prop_assert!(campaigns.iter().all(|row| row[place].0 == *title));
                prop_assert_eq!(*sum, campaigns.iter().map(|row| row[place].1).sum::<u64>());
            }
        }

        #[test]
        fn no_line_is_wider_than_asked_unless_one_column_needs_it(
            campaigns in proptest::collection::vec(any_campaign(), 1..4),
            width in 90..160_usize,
        ) {
            let report = report(campaigns);
            for line in table(&report, width, Colours::Off).lines() {
                prop_assert!(line.chars().count() <= width, "{} > {}: {}", line.chars().count(), width, line);
            }
        }
    }
}

//! A table of names and numbers that wraps its last columns into blocks of their own.

use super::Colours;

/// Between two columns.
const GAP: &str = "  ";

/// Rows of cells under titles; the first column is names, the others stand to the right.
#[derive(Debug, Default)]
pub(super) struct Grid {
    pub titles: Vec<String>,
    pub rows: Vec<Vec<String>>,
    /// A last row below a line.
    pub total: Option<Vec<String>>,
}

impl Grid {
    pub(super) fn new(titles: &[&str]) -> Grid {
        Grid { titles: titles.iter().map(|title| (*title).to_owned()).collect(), ..Grid::default() }
    }

    /// Leaves out the columns, but for the first `kept`, in which every cell says as much as this.
    pub(super) fn without(mut self, kept: usize, nothing: &str) -> Grid {
        let cell = |row: &[String], column: usize| row.get(column).is_none_or(|cell| cell == nothing);
        let all = || self.rows.iter().chain(&self.total);
        let empty: Vec<bool> = (0..self.titles.len())
            .map(|column| column >= kept && all().all(|row| cell(row, column)))
            .collect();
        let stays = |row: Vec<String>| -> Vec<String> {
            row.into_iter().zip(&empty).filter(|(_, empty)| !**empty).map(|(cell, _)| cell).collect()
        };
        self.rows = std::iter::once(self.titles).chain(self.rows).map(stays).collect();
        self.titles = self.rows.remove(0);
        self.total = self.total.map(stays);
        self
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().chain(&self.total).chain([&self.titles]);
        cells.filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    }

    /// The columns of each block, the names left out.
    fn blocks(&self, width: usize) -> Vec<Vec<usize>> {
        let mut blocks: Vec<Vec<usize>> = Vec::new();
        let mut used = 0;
        for column in 1..self.titles.len() {
            let needed = GAP.len() + self.width(column);
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

    pub(super) fn draw(&self, width: usize, colours: Colours) -> String {
        let names = self.width(0);
        let mut text = String::new();
        for block in self.blocks(width.saturating_sub(names)) {
            if !text.is_empty() {
                text.push('\n');
            }
            let line = |row: &[String]| {
                let mut line = format!("{:names$}", row.first().map_or("", String::as_str));
                for column in &block {
                    let cell = row.get(*column).map_or("", String::as_str);
                    line.push_str(&format!("{GAP}{cell:>width$}", width = self.width(*column)));
                }
                line
            };
            let head = line(&self.titles);
            text.push_str(&colours.bold(&head));
            text.push('\n');
            for row in &self.rows {
                text.push_str(&line(row));
                text.push('\n');
            }
            if let Some(total) = &self.total {
                text.push_str(&"─".repeat(head.chars().count()));
                text.push('\n');
                text.push_str(&colours.bold(&line(total)));
                text.push('\n');
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_columns_go_and_wide_tables_wrap() {
        let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        let mut grid = Grid::new(&["campaign", "sent", "held", "expired"]);
        grid.rows = vec![row(&["a", "1", "–", "2"]), row(&["béta", "20", "–", "–"])];
        grid.total = Some(row(&["total", "21", "–", "2"]));
        let grid = grid.without(1, "–");
        assert_eq!(
            grid.draw(15, Colours::Off),
            "campaign  sent\na            1\nbéta        20\n──────────────\ntotal       21\n\n\
             campaign  expired\na               2\nbéta            –\n─────────────────\ntotal           2\n"
        );
    }
}

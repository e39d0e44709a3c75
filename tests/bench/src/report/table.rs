//! Tables: for a terminal, and for a page.

use std::fmt::Write as _;

/// Rows below named columns; the first columns hold words, the others numbers.
#[derive(Debug)]
pub struct Table {
    words: usize,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty one.
    pub fn new(words: usize, columns: &[&str]) -> Self {
        Self { words, rows: vec![columns.iter().map(|&name| name.to_owned()).collect()] }
    }

    /// Adds a row.
    pub fn add(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    /// Whether it has no row.
    pub const fn is_empty(&self) -> bool {
        self.rows.len() < 2
    }

    /// For a terminal. What the row above has said first is not repeated.
    pub fn text(&self) -> String {
        let width = |column: usize| {
            // A reason stands where numbers would, and may be longer.
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).filter(|width| *width <= WIDEST).max().unwrap_or_default()
        };
        let columns = self.rows.first().map_or(0, Vec::len);
        let widths: Vec<_> = (0..columns).map(width).collect();
        let mut text = String::new();
        let mut above = "";
        for row in &self.rows {
            let mut line = String::new();
            for (place, (cell, &width)) in row.iter().zip(&widths).enumerate() {
                let cell = if place == 0 && self.words > 1 && cell == above { "" } else { cell };
                // Writing to memory cannot fail.
                let _ = match place < self.words {
                    true => write!(line, "{cell:<width$}  "),
                    false => write!(line, "{cell:>width$}  "),
                };
            }
            above = row.first().map_or("", String::as_str);
            let _ = writeln!(text, "{}", line.trim_end());
        }
        text
    }

    /// For a page.
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        for (place, row) in self.rows.iter().enumerate() {
            let cells = row.iter().map(|cell| cell.replace('|', "\\|"));
            let _ = writeln!(text, "|{}", cells.map(|cell| format!(" {cell} |")).collect::<String>());
            if place == 0 {
                let rules = (0..row.len()).map(|column| if column < self.words { "---|" } else { "---:|" });
                let _ = writeln!(text, "|{}", rules.collect::<String>());
            }
        }
        text
    }
}

const WIDEST: usize = 34;

/// A number, or that there is none.
pub fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.digits$}"))
}

/// A count that is of interest when there is one.
pub fn count(count: usize) -> String {
    if count == 0 { String::new() } else { count.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_written_both_ways() {
        let mut table = Table::new(2, &["case", "subject", "us"]);
        table.add(vec!["a|b".to_owned(), "plain".to_owned(), number(Some(1.25), 1)]);
        table.add(vec!["a|b".to_owned(), "x".to_owned(), number(None, 1)]);
        assert_eq!(table.text(), "case  subject   us\na|b   plain    1.2\n      x          –\n");
        let want = "| case | subject | us |\n|---|---|---:|\n| a\\|b | plain | 1.2 |\n| a\\|b | x | – |\n";
        assert_eq!(table.markdown(), want);
    }
}

use std::fmt::Write;

/// Which edge the cells of a column share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// Rows of text in columns that stand below each other.
#[derive(Debug)]
pub struct Table {
    aligns: Vec<Align>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with a head.
    pub fn new<const N: usize>(columns: [(&str, Align); N]) -> Self {
        let (head, aligns) = columns.iter().map(|(title, align)| ((*title).to_owned(), *align)).unzip();
        Self { aligns, rows: vec![head] }
    }

    /// A table without one.
    pub fn bare<const N: usize>(aligns: [Align; N]) -> Self {
        Self { aligns: aligns.into(), rows: Vec::new() }
    }

    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }

    /// Whether it has nothing but its head.
    pub fn is_empty(&self) -> bool {
        self.rows.len() == 1
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let widest = |column: usize| self.rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell)).max();
        let widths: Vec<_> = (0..self.aligns.len()).map(|column| widest(column).unwrap_or(0)).collect();
        for row in &self.rows {
            let mut line = String::new();
            for ((cell, align), room) in row.iter().zip(&self.aligns).zip(&widths) {
                let blank = " ".repeat(room - width(cell).min(*room));
                let separator = if line.is_empty() { "" } else { "  " };
                match align {
                    Align::Left => write!(line, "{separator}{cell}{blank}")?,
                    Align::Right => write!(line, "{separator}{blank}{cell}")?,
                }
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// Columns that a terminal uses: two for each Chinese, Japanese or Korean character and for what comes with them.
pub fn width(cell: &str) -> usize {
    cell.chars().map(columns).sum()
}

fn columns(letter: char) -> usize {
    match letter {
        '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{303e}' | '\u{3041}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' => 2,
        '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff01}'..='\u{ff60}' | '\u{1f300}'..='\u{1faff}' => 2,
        '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

/// A text of a stranger's for a cell: one line, without a terminal's commands, no wider than so many columns.
pub fn cut(text: &str, widest: usize) -> String {
    let mut letters = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).peekable();
    let (mut cut, mut used) = (String::new(), 0);
    while let Some(letter) = letters.next() {
        used += columns(letter);
        // The last column is the ellipsis's, unless nothing comes after it.
        if used > widest || used == widest && letters.peek().is_some() {
            cut.push('…');
            break;
        }
        cut.push(letter);
    }
    cut
}

/// A number for people: at most six decimals, no zeros at the end.
pub fn number(value: f64) -> String {
    let text = format!("{value:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// `1 frame`, `2 frames`.
pub fn counted(count: u64, word: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {word}{s}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other() {
        let mut table = Table::new([("bus", Align::Left), ("frames", Align::Right), ("unit", Align::Left)]);
        table.row(["can0".into(), "12".into(), "°C".into()]);
        table.row(["vcan10".into(), "1234567".into(), String::new()]);
        insta::assert_snapshot!(table.to_string(), @r"
        bus      frames  unit
        can0         12  °C
        vcan10  1234567
        ");
    }

    #[test]
    fn a_text_is_cut_by_the_columns_that_it_takes() {
        let cases = [
            ("Night drive", 11, "Night drive"),
            ("Night drive", 10, "Night dri…"),
            ("湖上的月光", 10, "湖上的月光"),
            ("湖上的月光", 9, "湖上的月…"),
            ("湖上的月光", 8, "湖上的…"),
            ("🌙🌙🌙", 5, "🌙🌙…"),
            ("a\nb\u{1b}[31m", 20, "a b [31m"),
            ("", 5, ""),
        ];
        for (text, widest, wanted) in cases {
            let cut = cut(text, widest);
            assert!(cut == wanted && width(&cut) <= widest, "{text}: {cut}");
        }
    }

    #[test]
    fn numbers_are_for_people() {
        let shown: Vec<_> = [0.1 + 0.2, -0.000_000_1, 12.0, 45.299_999_237, 48.123_456_7].map(number).into();
        assert_eq!(shown, ["0.3", "0", "12", "45.299999", "48.123457"]);
    }
}

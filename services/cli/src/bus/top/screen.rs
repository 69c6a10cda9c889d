use super::Sort;
use super::board::{Board, Row};
use crate::bus::rates::Rates;
use crate::dictionary::Dictionary;
use crate::labels::{Labels, Paint};
use crate::table::{counted, width};
use crate::values::WITHHELD;

/// How the board looks.
pub struct Screen {
    pub dictionary: Dictionary,
    /// By book and message.
    pub labels: Vec<Vec<Labels>>,
    pub rates: Rates,
    pub sort: Sort,
    pub paint: Paint,
    /// Rows that are above the first one.
    pub scroll: usize,
}

impl Screen {
    /// The board as lines, each no wider and all no more than there is room.
    pub fn picture(&mut self, board: &Board, columns: usize, rows: Option<usize>) -> String {
        let now = board.now().unwrap_or(0);
        let mut lines: Vec<String> = board
            .tally
            .buses
            .iter()
            .map(|bus| {
                let (rates, assumed) = self.rates.of(&self.dictionary, &bus.name);
                let mut line = format!(
                    "{}: {}, {:.1} frames/s, load {:.1} % of {} kbit/s",
                    bus.name,
                    counted(bus.counts.frames, "frame"),
                    bus.counts.rate(),
                    bus.counts.recent_load(rates, now),
                    rates.nominal / 1000
                );
                if assumed {
                    line += " (assumed, say --bitrate)";
                }
                if bus.errors > 0 {
                    line += &format!(", {}", counted(bus.errors, "error frame"));
                }
                if bus.lost > 0 {
                    line += &format!(", {} lost", bus.lost);
                }
                if !bus.state.is_empty() {
                    line += &format!(", {}", bus.state);
                }
                line
            })
            .collect();
        if board.tally.uncounted > 0 {
            lines.push(format!("{} of still more ids are not shown", counted(board.tally.uncounted, "frame")));
        }
        let found = board.sorted(self.sort);
        let names =
            found.iter().map(|row| self.meaning(board, row).map_or(0, |(_, _, labels)| width(labels.message())));
        let name = names.max().unwrap_or(0).clamp(7, 28);
        let bus = board.tally.buses.iter().map(|bus| width(&bus.name)).max().unwrap_or(0).max(3);
        lines.push(format!("{:bus$}  {:8}  {:name$}  {:>8}  {:>7}  data", "bus", "id", "message", "count", "per s"));
        let room = rows.map_or(usize::MAX, |rows| rows.saturating_sub(lines.len() + 1).max(1));
        self.scroll = self.scroll.min(found.len().saturating_sub(room));
        let below = found.len().saturating_sub(self.scroll.saturating_add(room));
        lines = lines.into_iter().map(|line| fit(&line, columns)).collect();
        for row in found.iter().skip(self.scroll).take(room) {
            lines.push(fit(&self.row(board, row, now, bus, name), columns));
        }
        if rows.is_some() {
            let more = if below > 0 { format!("{below} more below; ") } else { String::new() };
            let end = if board.is_over { "at its end; " } else { "" };
            lines.push(fit(
                &self.paint.faint(&format!("{more}{end}q quits; sort by i id, r rate, c count; arrows scroll")),
                columns,
            ));
        }
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    fn meaning(&self, board: &Board, row: &Row) -> Option<(usize, usize, &Labels)> {
        let name = board.tally.buses.get(usize::from(row.frame.bus.0)).map_or("", |bus| bus.name.as_str());
        let at = self.dictionary.index(name)?;
        let index = self.dictionary.books.get(at)?.codec.index(row.frame.id)?;
        Some((at, index, self.labels.get(at)?.get(index)?))
    }

    fn row(&self, board: &Board, row: &Row, now: u64, bus: usize, name: usize) -> String {
        let bus_name = board.tally.buses.get(usize::from(row.frame.bus.0)).map_or("", |bus| bus.name.as_str());
        let meaning = self.meaning(board, row);
        let message = crate::table::cut(meaning.map_or("", |(_, _, labels)| labels.message()), name);
        let id = row.frame.id.to_string();
        let mut line = format!("{bus_name:bus$}  {id:8}  ");
        line += &self.paint.name(&format!("{message:name$}"));
        line += &format!("  {:>8}  {:>7.1}  ", row.count, row.rate(now));
        if row.frame.flags.remote {
            line += "remote";
        }
        let withheld = meaning.is_some_and(|(_, _, labels)| labels.withholds());
        if withheld && !row.frame.data().is_empty() {
            line += &format!("{} ", self.paint.faint(WITHHELD));
        }
        for (at, byte) in row.frame.data().iter().enumerate().filter(|_| !withheld) {
            let byte = format!("{byte:02X}");
            line += &if row.is_fresh(at, now) { self.paint.fresh(&byte) } else { byte };
            line.push(' ');
        }
        let mut signals = Vec::new();
        if let Some((at, index, labels)) = meaning
            && let Some(book) = self.dictionary.books.get(at)
            && labels.signals(&book.codec, index, row.frame.data(), &mut signals).is_ok()
        {
            line.push(' ');
            line += &String::from_utf8_lossy(&signals);
        }
        line.trim_end().to_owned()
    }
}

/// A line no wider than so many columns; colours take none, and end where it is cut.
fn fit(line: &str, columns: usize) -> String {
    let (mut fitted, mut used) = (String::new(), 0);
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        if letter == '\x1b' {
            fitted.push(letter);
            for letter in letters.by_ref() {
                fitted.push(letter);
                if letter.is_ascii_alphabetic() {
                    break;
                }
            }
            continue;
        }
        let letter = if letter.is_control() { ' ' } else { letter };
        let wide = width(letter.encode_utf8(&mut [0; 4]));
        if used + wide > columns {
            fitted.push_str(if line.contains('\x1b') { "\x1b[0m" } else { "" });
            break;
        }
        used += wide;
        fitted.push(letter);
    }
    fitted
}

#[cfg(test)]
mod tests {
    use tandem_dbc::{Codec, Database};
    use tandem_frame::{BusIndex, CanId, Frame};

    use super::*;
    use crate::dictionary::Book;
    use crate::labels::Form;
    use crate::values::Privacy;

    fn screen(paint: Paint) -> Screen {
        let text = "BO_ 291 Motion: 2 X\n SG_ Speed : 0|8@1+ (0.5,0) [0|0] \"km/h\" X\n SG_ Gear : 8|8@1+ (1,0) [0|0] \"\" X\n";
        let database = Database::parse(text.as_bytes()).unwrap();
        let codec = Codec::compile(&database);
        let dictionary = Dictionary { books: vec![Book { bus: None, bitrates: None, database, codec }], car: None };
        let labels = Labels::all(&dictionary, Form::Brief, paint, Privacy::Kept);
        Screen { dictionary, labels, rates: Rates::default(), sort: Sort::Id, paint, scroll: 0 }
    }

    fn board() -> Board {
        let mut board = Board::default();
        for at in 0..100_u64 {
            for id in [0x123, 0x700, 0x7FF] {
                let data = [(at / 60) as u8, 7, 1];
                let frame = Frame::new(BusIndex(0), CanId::standard(id).unwrap(), at * 10_000_000, &data);
                board.hear(&frame.unwrap(), "can0");
            }
        }
        board
    }

    #[test]
    fn ids_are_told_with_their_rates_bytes_and_signals() {
        insta::assert_snapshot!(screen(Paint::Never).picture(&board(), usize::MAX, None), @r"
        can0: 300 frames, 303.0 frames/s, load 4.1 % of 500 kbit/s (assumed, say --bitrate)
        bus   id        message     count    per s  data
        can0  123       Motion        100    100.0  01 07 01  Speed=0.5 km/h, Gear=7
        can0  700                     100    100.0  01 07 01
        can0  7FF                     100    100.0  01 07 01
        ");
    }

    #[test]
    fn nothing_is_wider_or_longer_than_the_terminal() {
        let board = board();
        for paint in [Paint::Never, Paint::Always] {
            for (columns, rows) in [(80, 24), (20, 4), (1, 1), (0, 3), (61, 3)] {
                let picture = screen(paint).picture(&board, columns, Some(rows));
                assert!(picture.lines().count() <= rows.max(4), "{columns}x{rows}: {picture}");
                for line in picture.lines() {
                    let plain = fit(line, usize::MAX).replace("\x1b[0m", "").replace("\x1b[2m", "");
                    let plain = plain.replace("\x1b[1;36m", "").replace("\x1b[1;33m", "");
                    assert!(width(&plain) <= columns, "{columns}: {line:?}");
                }
            }
        }
    }

    #[test]
    fn the_list_scrolls_to_its_end_and_no_further() {
        let mut screen = screen(Paint::Never);
        screen.scroll = 99;
        let picture = screen.picture(&board(), 80, Some(4));
        assert_eq!(screen.scroll, 2);
        assert!(picture.contains("7FF") && !picture.contains("123 "));
    }

    #[test]
    fn frames_of_ids_that_are_too_many_are_told() {
        let mut board = Board::default();
        for id in 0..65_540 {
            board.hear(&Frame::new(BusIndex(0), CanId::extended(id).unwrap(), 0, &[]).unwrap(), "can0");
        }
        let picture = screen(Paint::Never).picture(&board, 80, Some(5));
        assert!(picture.contains("4 frames of still more ids are not shown"), "{picture}");
    }

    #[test]
    fn bytes_that_changed_are_marked() {
        let picture = screen(Paint::Always).picture(&board(), 200, None);
        assert!(picture.contains("\x1b[1;33m01\x1b[0m 07 01"), "{picture:?}");
    }
}

//! A list that is read in parts, as its rows come into sight.

use std::any::Any;
use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use slint::{Model, ModelNotify, ModelTracker};

use super::{Denied, List, Part, Row, Rows};

/// Rows that are asked for at once.
pub const PAGE_ROWS: u32 = 100;
/// Parts that are kept: those that were seen last.
const MAX_PAGES: usize = 20;
/// Parts that may be asked for at once, and that may wait for it: whoever scrolls past thousands of rows wants the last ones.
const MAX_ASKED: usize = 2;
const MAX_WANTED: usize = 4;

/// What is known of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// It was asked for.
    Nothing,
    /// So many rows.
    Total(u32),
    /// It cannot be had.
    Failed(Denied),
}

/// Asks for the rows of a list from a place on, and says whether the question is under way.
type Ask = dyn Fn(&List, u32) -> bool;

/// A model of any length that holds [`PAGE_ROWS`] times 20 rows at most. A row that is not there yet is drawn as nothing, and told when it comes.
pub struct Pages<T> {
    state: RefCell<State>,
    notify: ModelNotify,
    draw: Box<dyn Fn(&Row) -> T>,
    nothing: T,
    ask: Box<Ask>,
}

struct State {
    list: List,
    known: Known,
    left_out: u32,
    generation: u64,
    pages: HashMap<u32, Page>,
    /// The pages, the one that was seen last at the end.
    seen: VecDeque<u32>,
    asked: VecDeque<u32>,
    /// The newest at the end.
    wanted: VecDeque<u32>,
}

struct Page {
    generation: u64,
    rows: Arc<[Row]>,
}

impl State {
    fn new(list: List) -> Self {
        Self {
            list,
            known: Known::Nothing,
            left_out: 0,
            generation: 0,
            pages: HashMap::new(),
            seen: VecDeque::new(),
            asked: VecDeque::new(),
            wanted: VecDeque::new(),
        }
    }

    fn total(&self) -> u32 {
        if let Known::Total(total) = self.known { total } else { 0 }
    }

    fn want(&mut self, page: u32) {
        if self.asked.contains(&page) {
            return;
        }
        self.wanted.retain(|wanted| *wanted != page);
        self.wanted.push_back(page);
        if self.wanted.len() > MAX_WANTED {
            self.wanted.pop_front();
        }
    }

    fn see(&mut self, page: u32) {
        if self.seen.back() != Some(&page) {
            self.seen.retain(|seen| *seen != page);
            self.seen.push_back(page);
        }
    }

    fn keep(&mut self, page: u32, kept: Page) {
        self.pages.insert(page, kept);
        if !self.seen.contains(&page) {
            self.seen.push_back(page);
        }
        while self.pages.len() > MAX_PAGES {
            let Some(oldest) = self.seen.pop_front() else { return };
            self.pages.remove(&oldest);
        }
    }
}

impl<T: Clone + 'static> Pages<T> {
    /// A model of `list`. `draw` makes what the screen shows of a row, `nothing` stands for a row that is not there yet, and `ask` asks for rows from
    /// a place on; it says whether the question is under way.
    pub fn new(
        list: List,
        draw: impl Fn(&Row) -> T + 'static,
        nothing: T,
        ask: impl Fn(&List, u32) -> bool + 'static,
    ) -> Self {
        let pages = Self {
            state: RefCell::new(State::new(list)),
            notify: ModelNotify::default(),
            draw: Box::new(draw),
            nothing,
            ask: Box::new(ask),
        };
        pages.reload();
        pages
    }

    pub fn list(&self) -> List {
        self.state.borrow().list.clone()
    }

    pub fn known(&self) -> Known {
        self.state.borrow().known.clone()
    }

    /// Rows that may not be shown while the car moves.
    pub fn left_out(&self) -> u32 {
        self.state.borrow().left_out
    }

    /// The rows that are held: for the bound on memory.
    pub fn held(&self) -> usize {
        self.state.borrow().pages.values().map(|page| page.rows.len()).sum()
    }

    /// A row, if it is here.
    pub fn row(&self, place: u32) -> Option<Row> {
        let state = self.state.borrow();
        state.pages.get(&(place / PAGE_ROWS))?.rows.get((place % PAGE_ROWS) as usize).cloned()
    }

    /// The place of the first row of which this is true, among those that are here.
    pub fn find(&self, of: impl Fn(&Row) -> bool) -> Option<u32> {
        let state = self.state.borrow();
        let places = state.pages.iter().flat_map(|(page, held)| held.rows.iter().zip(page * PAGE_ROWS..));
        places.filter(|(row, _)| of(row)).map(|(_, place)| place).min()
    }

    /// Forgets all and shows another list.
    pub fn show(&self, list: List) {
        *self.state.borrow_mut() = State::new(list);
        self.notify.reset();
        self.reload();
    }

    /// The list has changed: what is in sight is read again, the rest when it comes into sight.
    pub fn reload(&self) {
        {
            let state = &mut *self.state.borrow_mut();
            // An answer that is on its way is older than the change.
            state.asked.clear();
            state.generation = state.generation.wrapping_add(1);
            let in_sight: Vec<_> = state.seen.iter().rev().take(MAX_ASKED).copied().collect();
            state.wanted.clear();
            if in_sight.is_empty() {
                state.want(0);
            }
            for page in in_sight {
                state.want(page);
            }
        }
        self.ask_next();
    }

    /// Takes in an answer, if it is one to this list.
    pub fn hear(&self, rows: &Rows) {
        let page = rows.offset / PAGE_ROWS;
        let (before, after) = {
            let state = &mut *self.state.borrow_mut();
            if state.list != rows.list {
                return;
            }
            state.asked.retain(|asked| *asked != page);
            let before = state.total();
            match &rows.answer {
                Ok(Part { total, rows, left_out, .. }) => {
                    state.known = Known::Total(*total);
                    state.left_out = *left_out;
                    state.keep(page, Page { generation: state.generation, rows: Arc::clone(rows) });
                    let last = total.div_ceil(PAGE_ROWS);
                    state.pages.retain(|page, _| *page < last);
                    state.seen.retain(|page| *page < last);
                }
                Err(denied) if matches!(state.known, Known::Nothing | Known::Failed(_)) => {
                    state.known = Known::Failed(denied.clone());
                }
                // What is there stays.
                Err(_) => {}
            }
            (before as usize, state.total() as usize)
        };
        if after < before {
            self.notify.row_removed(after, before - after);
        }
        if rows.answer.is_ok() {
            let first = rows.offset as usize;
            for row in first..(first + PAGE_ROWS as usize).min(after.min(before)) {
                self.notify.row_changed(row);
            }
        }
        if after > before {
            self.notify.row_added(before, after - before);
        }
        self.ask_next();
    }

    /// Draws those rows again of which this is true, among those that were seen last.
    pub fn redraw(&self, of: impl Fn(&Row) -> bool) {
        let places: Vec<_> = {
            let state = self.state.borrow();
            let near = state.seen.iter().rev().take(2 * MAX_ASKED);
            near.filter_map(|page| Some((page, state.pages.get(page)?)))
                .flat_map(|(page, held)| held.rows.iter().zip(page * PAGE_ROWS..))
                .filter(|(row, _)| of(row))
                .map(|(_, place)| place as usize)
                .collect()
        };
        for place in places {
            self.notify.row_changed(place);
        }
    }

    fn ask_next(&self) {
        loop {
            let (list, page) = {
                let state = &mut *self.state.borrow_mut();
                if state.asked.len() >= MAX_ASKED {
                    return;
                }
                let Some(page) = state.wanted.pop_back() else { return };
                state.asked.push_back(page);
                (state.list.clone(), page)
            };
            if !(self.ask)(&list, page * PAGE_ROWS) {
                let state = &mut *self.state.borrow_mut();
                state.asked.retain(|asked| *asked != page);
                return;
            }
        }
    }
}

impl<T: Clone + 'static> Model for Pages<T> {
    type Data = T;

    fn row_count(&self) -> usize {
        self.state.borrow().total() as usize
    }

    fn row_data(&self, row: usize) -> Option<T> {
        let place = u32::try_from(row).ok()?;
        let page = place / PAGE_ROWS;
        let (found, is_old) = {
            let state = &mut *self.state.borrow_mut();
            if place >= state.total() {
                return None;
            }
            state.see(page);
            let held = state.pages.get(&page);
            let found = held.and_then(|held| held.rows.get((place % PAGE_ROWS) as usize).cloned());
            let is_old = held.is_none_or(|held| held.generation != state.generation);
            if is_old {
                state.want(page);
            }
            (found, is_old)
        };
        if is_old {
            self.ask_next();
        }
        Some(found.map_or_else(|| self.nothing.clone(), |row| (self.draw)(&row)))
    }

    fn model_tracker(&self) -> &dyn ModelTracker {
        &self.notify
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[cfg(test)]
mod tests;

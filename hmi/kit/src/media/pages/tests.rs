use std::cell::RefCell;
use std::rc::Rc;

use super::*;
use crate::media::Cause;
use tandem_contracts::media::Item;

type Asked = Rc<RefCell<Vec<u32>>>;

fn titled(place: u32) -> Row {
    Row { entry: 0, item: Item { title: format!("song {place}"), ..Item::default() } }
}

fn tracks() -> List {
    List::View { view: "tracks".to_owned(), parent: String::new() }
}

fn part(total: u32, offset: u32) -> Rows {
    let rows = (offset..total.min(offset + PAGE_ROWS)).map(titled).collect();
    Rows { list: tracks(), offset, answer: Ok(Part { generation: 1, total, rows, left_out: 0 }) }
}

fn pages() -> (Pages<String>, Asked) {
    let asked = Asked::default();
    let place = Rc::clone(&asked);
    let ask = move |_: &List, offset| {
        place.borrow_mut().push(offset);
        true
    };
    (Pages::new(tracks(), |row| row.item.title.clone(), "…".to_owned(), ask), asked)
}

fn answer(pages: &Pages<String>, asked: &Asked, total: u32) {
    for offset in asked.take() {
        pages.hear(&part(total, offset));
    }
}

#[test]
fn rows_are_read_as_they_come_into_sight() {
    let (pages, asked) = pages();
    assert_eq!((pages.row_count(), pages.known(), &*asked.borrow()), (0, Known::Nothing, &vec![0]));
    answer(&pages, &asked, 100_000);
    assert_eq!((pages.row_count(), pages.row_data(7)), (100_000, Some("song 7".to_owned())));
    assert_eq!(pages.row_data(54_321), Some("…".to_owned()));
    assert_eq!((pages.row_data(54_322), &*asked.borrow()), (Some("…".to_owned()), &vec![54_300]));
    answer(&pages, &asked, 100_000);
    assert_eq!(pages.row_data(54_321), Some("song 54321".to_owned()));
    assert_eq!((pages.row_data(100_000), pages.row(54_399)), (None, Some(titled(54_399))));
}

#[test]
fn whoever_scrolls_far_is_given_the_last_and_memory_is_bounded() {
    let (pages, asked) = pages();
    answer(&pages, &asked, 100_000);
    let mut questions = 0;
    for start in (0..100_000).step_by(50) {
        for row in start..start + 10 {
            pages.row_data(row);
        }
        assert!(asked.borrow().len() <= MAX_ASKED);
        // The service answers every tenth frame.
        if start % 500 == 0 {
            questions += asked.borrow().len();
            answer(&pages, &asked, 100_000);
        }
        assert!(pages.held() <= MAX_PAGES * PAGE_ROWS as usize);
    }
    while !asked.borrow().is_empty() {
        questions += asked.borrow().len();
        answer(&pages, &asked, 100_000);
    }
    assert!((200..=1_000).contains(&questions), "{questions}");
    assert_eq!(pages.row_data(99_955), Some("song 99955".to_owned()), "what is in sight at the end came");
}

#[test]
fn a_change_reads_what_is_in_sight_again_and_keeps_what_is_shown_meanwhile() {
    let (pages, asked) = pages();
    answer(&pages, &asked, 1_000);
    pages.row_data(555);
    answer(&pages, &asked, 1_000);
    pages.row_data(556);
    pages.reload();
    assert_eq!(*asked.borrow(), [0, 500]);
    assert_eq!(pages.row_data(556), Some("song 556".to_owned()));
    answer(&pages, &asked, 530);
    assert_eq!((pages.row_count(), pages.row_data(556), pages.row_data(529)), (530, None, Some("song 529".to_owned())));
}

#[test]
fn an_answer_to_another_list_or_a_failure_changes_nothing_that_is_shown() {
    let (pages, asked) = pages();
    let denied = Denied { cause: Cause::Busy, sentence: "Too much at once.".to_owned() };
    let failed = Rows { list: tracks(), offset: 0, answer: Err(denied.clone()) };
    pages.hear(&failed);
    assert_eq!(pages.known(), Known::Failed(denied));
    asked.take();
    pages.reload();
    answer(&pages, &asked, 50);
    pages.hear(&failed);
    pages.hear(&Rows { list: List::Queue, ..part(9, 0) });
    assert_eq!((pages.known(), pages.row_count()), (Known::Total(50), 50));
    pages.show(List::Queue);
    assert_eq!((pages.known(), pages.row_count(), pages.held()), (Known::Nothing, 0, 0));
    pages.hear(&part(50, 0));
    assert_eq!(pages.row_count(), 0);
}

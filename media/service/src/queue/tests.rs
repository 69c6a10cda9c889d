use proptest::prelude::*;

use super::{MAX_ENTRIES, Queue, QueueError, Slot};
use crate::state::{Playable, Repeat};

impl Queue {
    /// What holds whatever happened, or the sentence that does not.
    pub(crate) fn check_invariants(&self) -> Result<(), String> {
        let mut entries: Vec<_> = self.slots.iter().map(|slot| slot.entry).collect();
        entries.sort_unstable();
        entries.dedup();
        let mut ranks: Vec<_> = self.slots.iter().map(|slot| slot.rank).collect();
        ranks.sort_unstable();
        let whole = ranks.iter().copied().eq(0..self.slots.len() as u32);
        let in_order = self.shuffle || self.slots.iter().map(|slot| slot.rank).eq(0..self.slots.len() as u32);
        for (holds, sentence) in [
            (entries.len() == self.slots.len(), "entries are given once"),
            (entries.first() != Some(&0), "no entry is 0"),
            (entries.last().is_none_or(|last| *last <= self.last_entry), "no entry is from the future"),
            (whole, "ranks are whole"),
            (in_order, "without shuffle the ranks are the order"),
            (self.current.is_some() != self.slots.is_empty(), "something is current if there is anything"),
            (self.current.is_none_or(|place| place < self.slots.len()), "the current place exists"),
            (self.slots.len() <= MAX_ENTRIES, "the bound is kept"),
        ] {
            if !holds {
                return Err(format!("{sentence}: {self:?}"));
            }
        }
        Ok(())
    }
}

fn songs(count: usize) -> Vec<Playable> {
    (1..=count).map(|number| Playable::Address(format!("song {number}"))).collect()
}

fn queue(count: usize) -> Queue {
    let mut queue = Queue::new(7);
    queue.replace(songs(count), 0);
    queue
}

fn order(queue: &Queue) -> Vec<u64> {
    queue.slots().iter().map(|slot| slot.entry).collect()
}

/// What is heard from here on, at most so much of it.
fn heard(queue: &mut Queue, most: usize) -> Vec<u64> {
    let mut heard: Vec<u64> = queue.current().into_iter().collect();
    while let Some(next) = heard.last().and_then(|last| queue.following(*last, |_| true)).filter(|_| heard.len() < most)
    {
        queue.set_current(next).unwrap();
        heard.push(next);
    }
    heard
}

#[test]
fn it_plays_in_order_and_ends() {
    assert_eq!(heard(&mut queue(3), 9), [1, 2, 3]);
}

#[test]
fn it_repeats_all_or_one() {
    let mut all = queue(2);
    all.repeat = Repeat::Playlist;
    assert_eq!(heard(&mut all, 5), [1, 2, 1, 2, 1]);
    let mut one = queue(2);
    one.repeat = Repeat::Track;
    assert_eq!(heard(&mut one, 3), [1, 1, 1]);
    // Who asks for the next one gets another one all the same.
    assert_eq!(one.next(1, |_| true), Some(2));
    assert_eq!(one.next(2, |_| true), Some(1));
    assert_eq!(one.previous(1, |_| true), Some(2));
}

#[test]
fn what_does_not_play_is_passed_over_and_ends_it_if_nothing_does() {
    let mut queue = queue(3);
    queue.repeat = Repeat::Playlist;
    assert_eq!(queue.following(1, |entry| entry != 2), Some(3));
    assert_eq!(queue.following(1, |entry| entry == 1), Some(1));
    assert_eq!(queue.following(1, |_| false), None);
    queue.repeat = Repeat::Track;
    assert_eq!(queue.following(2, |entry| entry != 2), Some(3));
    assert_eq!(queue.following(2, |_| false), None);
}

#[test]
fn shuffle_plays_each_once_and_its_end_finds_the_old_order() {
    let mut queue = queue(50);
    queue.set_current(20).unwrap();
    queue.set_shuffle(true);
    let mut all = heard(&mut queue, 99);
    assert_eq!((all.len(), all[0]), (50, 20));
    assert_ne!(all[1..], (1..=50).filter(|entry| *entry != 20).collect::<Vec<_>>());
    // Previous goes back over just that.
    let last = all[49];
    assert_eq!(queue.previous(last, |_| true), Some(all[48]));
    all.sort_unstable();
    assert_eq!(all, (1..=50).collect::<Vec<_>>());
    queue.set_shuffle(false);
    assert_eq!(order(&queue), all);
    assert_eq!(queue.current(), Some(last));
}

#[test]
fn shuffle_is_even() {
    let mut first = [0u32; 4];
    for seed in 0..4000 {
        let mut queue = Queue::new(seed);
        queue.set_shuffle(true);
        queue.replace(songs(5), 2);
        assert_eq!(order(&queue)[0], 3, "the chosen one comes first");
        let place = [1, 2, 4, 5].iter().position(|entry| *entry == order(&queue)[1]).unwrap();
        first[place] += 1;
    }
    assert!(first.iter().all(|count| (850..1150).contains(count)), "{first:?}");
}

#[test]
fn next_goes_behind_what_plays_in_both_orders() {
    let mut queue = queue(4);
    queue.set_shuffle(true);
    queue.set_current(3).unwrap();
    let first = queue.insert_next(songs(2)).unwrap();
    assert_eq!(first, Some(5));
    let at = queue.current_place().unwrap();
    assert_eq!(order(&queue)[at..at + 3], [3, 5, 6]);
    queue.set_shuffle(false);
    assert_eq!(order(&queue), [1, 2, 3, 5, 6, 4]);
    assert_eq!(queue.insert_last(songs(1)).unwrap(), Some(7));
    assert_eq!(order(&queue), [1, 2, 3, 5, 6, 4, 7]);
}

#[test]
fn moving_and_removing_keep_what_plays() {
    let mut queue = queue(4);
    queue.set_current(2).unwrap();
    queue.move_to(4, 0).unwrap();
    assert_eq!((order(&queue), queue.current()), (vec![4, 1, 2, 3], Some(2)));
    queue.move_to(2, 99).unwrap();
    assert_eq!((order(&queue), queue.current_place()), (vec![4, 1, 3, 2], Some(3)));
    queue.remove(1).unwrap();
    assert_eq!(queue.current(), Some(2));
    queue.remove(2).unwrap();
    assert_eq!(queue.current(), Some(4), "behind the last comes the first");
    assert_eq!(queue.remove(2), Err(QueueError::NoSuchEntry(2)));
}

#[test]
fn bounds_are_kept_and_the_chosen_one_too() {
    let mut queue = Queue::new(1);
    queue.replace(songs(MAX_ENTRIES + 10), MAX_ENTRIES + 5);
    assert_eq!(queue.len(), MAX_ENTRIES);
    let current = queue.get(queue.current().unwrap()).unwrap();
    assert_eq!(current.what, Playable::Address(format!("song {}", MAX_ENTRIES + 6)));
    let before = queue.generation();
    assert_eq!(queue.insert_next(songs(11)), Err(QueueError::Full));
    assert_eq!(queue.generation(), before);
}

#[test]
fn a_saved_queue_comes_back() {
    let mut queue = queue(6);
    queue.set_shuffle(true);
    let next = order(&queue)[1];
    queue.set_current(next).unwrap();
    let mut back = Queue::restored(9, queue.slots().to_vec(), queue.current(), true, Repeat::Playlist);
    assert_eq!((order(&back), back.current()), (order(&queue), queue.current()));
    back.set_shuffle(false);
    assert_eq!(order(&back), [1, 2, 3, 4, 5, 6]);
    back.insert_last(songs(1)).unwrap();
    assert_eq!(order(&back)[6], 7, "entries are never given twice");

    let twice = Slot { entry: 5, rank: 0, what: Playable::Address(String::new()) };
    let odd = Queue::restored(
        9,
        vec![twice.clone(), twice, Slot { entry: 0, rank: 3, what: Playable::Address(String::new()) }],
        Some(8),
        false,
        Repeat::None,
    );
    odd.check_invariants().unwrap();
    assert_eq!((odd.len(), odd.current()), (1, Some(5)));
}

#[derive(Clone, Debug)]
enum Wish {
    Replace(usize, usize),
    Next(usize),
    Last(usize),
    Move(u64, usize),
    Remove(u64),
    Current(u64),
    Shuffle(bool),
    Repeat(Repeat),
    Clear,
    Restore,
}

fn wishes() -> impl Strategy<Value = Wish> {
    let entry = 0..30u64;
    prop_oneof![
        (0..9usize, 0..12usize).prop_map(|(count, index)| Wish::Replace(count, index)),
        (0..4usize).prop_map(Wish::Next),
        (0..4usize).prop_map(Wish::Last),
        (entry.clone(), 0..12usize).prop_map(|(entry, to)| Wish::Move(entry, to)),
        entry.clone().prop_map(Wish::Remove),
        entry.prop_map(Wish::Current),
        any::<bool>().prop_map(Wish::Shuffle),
        prop_oneof![Just(Repeat::None), Just(Repeat::Track), Just(Repeat::Playlist)].prop_map(Wish::Repeat),
        Just(Wish::Clear),
        Just(Wish::Restore),
    ]
}

proptest! {
    #[test]
    fn whatever_is_wished(seed in any::<u64>(), wishes in proptest::collection::vec(wishes(), 1..60)) {
        let mut queue = Queue::new(seed);
        for wish in wishes {
            let (before, generation) = (order(&queue), queue.generation());
            let _ = match wish.clone() {
                Wish::Replace(count, index) => Ok(queue.replace(songs(count), index)),
                Wish::Next(count) => queue.insert_next(songs(count)),
                Wish::Last(count) => queue.insert_last(songs(count)),
                Wish::Move(entry, to) => queue.move_to(entry, to).map(|()| None),
                Wish::Remove(entry) => queue.remove(entry).map(|()| None),
                Wish::Current(entry) => queue.set_current(entry).map(|()| None),
                Wish::Shuffle(shuffle) => { queue.set_shuffle(shuffle); Ok(None) }
                Wish::Repeat(repeat) => { queue.repeat = repeat; Ok(None) }
                Wish::Clear => { queue.clear(); Ok(None) }
                Wish::Restore => {
                    queue = Queue::restored(seed, queue.slots.clone(), queue.current(), queue.shuffle, queue.repeat);
                    Ok(None)
                }
            };
            prop_assert_eq!(queue.check_invariants(), Ok(()), "after {:?}", wish);
            let is_other = before != order(&queue) && !matches!(wish, Wish::Restore);
            prop_assert!(!is_other || queue.generation() > generation, "{wish:?} was not told");
            // Without repeat it ends, and everything from the current one on is heard once.
            if queue.repeat == Repeat::None {
                let rest = queue.current_place().map_or(0, |place| queue.len() - place);
                prop_assert_eq!(heard(&mut queue.clone(), 1000).len(), rest);
            }
        }
    }
}

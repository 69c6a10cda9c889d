use super::*;

fn ms(ms: u64) -> Nanoseconds {
    Nanoseconds::from_millis(ms)
}

/// How many leave one after the other at a point in time.
fn drain(bucket: &mut Bucket, now: Nanoseconds) -> usize {
    (0..100)
        .take_while(|_| {
            let may = bucket.wait(now) == Nanoseconds::ZERO;
            if may {
                bucket.take(now);
            }
            may
        })
        .count()
}

#[test]
fn a_burst_leaves_at_once_and_then_one_each_period() {
    let mut bucket = Bucket::new(ms(100), 4);
    assert_eq!(drain(&mut bucket, ms(1000)), 4);
    assert_eq!(bucket.wait(ms(1000)), ms(100));
    let left: Vec<_> = [1099, 1100, 1150, 1200, 1499].map(|at| drain(&mut bucket, ms(at))).into();
    assert_eq!(left, [0, 1, 0, 1, 2]);
    assert_eq!(drain(&mut bucket, ms(99_000)), 4, "no more than a burst is saved up");
}

#[test]
fn a_burst_of_one_or_none_is_one_a_period() {
    for burst in [0, 1] {
        let mut bucket = Bucket::new(ms(100), burst);
        let left: Vec<_> = [0, 0, 99, 100, 500, 501].map(|at| drain(&mut bucket, ms(at))).into();
        assert_eq!(left, [1, 0, 0, 1, 1, 0]);
    }
}

#[test]
fn the_end_of_the_clock_opens_nothing() {
    let last = Nanoseconds(u64::MAX);
    let mut bucket = Bucket::new(ms(100), 2);
    assert_eq!(drain(&mut bucket, last), 2);
    assert_eq!(bucket.wait(last), ms(100));
    let mut slow = Bucket::new(last, 3);
    assert_eq!(drain(&mut slow, last), 3);
    assert_eq!((slow.wait(last), slow.wait(ms(0))), (last, last));
}

#[test]
fn another_clock_finds_it_empty_if_it_was_ever_used() {
    let mut bucket = Bucket::new(ms(100), 3);
    bucket.begin_clock(ms(50));
    assert_eq!(drain(&mut bucket, ms(50)), 3, "never used, so full");
    for at in [9_000, 0] {
        bucket.begin_clock(ms(at));
        assert_eq!(bucket.wait(ms(at)), ms(100));
    }
}

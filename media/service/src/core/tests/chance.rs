//! Whatever is wished and whatever is heard, in any order.

use std::time::Duration;

use proptest::prelude::*;
use tandem_player::protocol::{Cause, Event};

use super::story::Story;
use crate::core::{Core, Stage, Wait};
use crate::state::{Place, Repeat, Status};

impl Core {
    /// What holds whatever happened, or the sentence that does not.
    pub(crate) fn check_invariants(&self) -> Result<(), String> {
        self.queue.check_invariants()?;
        let sounds = matches!(self.stage, Stage::Opening { .. } | Stage::Loaded);
        let current = self.queue.current();
        let plays = |entry| self.plays(entry);
        let in_order =
            self.chain.windows(2).all(|pair| self.queue.following(pair[0].entry, plays) == Some(pair[1].entry));
        for (holds, sentence) in [
            (sounds != self.chain.is_empty(), "what is loaded is in the chain, and nothing else"),
            (self.chain.first().is_none_or(|first| Some(first.entry) == current), "what is heard is the current entry"),
            (in_order, "what the player was told to follow is what follows"),
            (self.chain.iter().all(|hearing| self.facts.contains_key(&hearing.entry)), "all that sounds is known"),
            (current.is_some() || matches!(self.stage, Stage::Idle(_)), "an empty queue does nothing"),
            (current.is_some() || self.wish == Status::Stopped, "an empty queue is stopped"),
            (!sounds || self.wish != Status::Stopped, "what is stopped is not loaded"),
            (!self.anchor.moves || self.stage == Stage::Loaded, "only what is loaded moves"),
            (!self.anchor.moves || self.wish == Status::Playing, "only what plays moves"),
            (self.anchor.micros >= 0, "no position is before the start"),
            (
                (0.0..=1.0).contains(&self.volume) && (0.5..=2.0).contains(&self.rate),
                "volume and rate are in their ranges",
            ),
            (self.facts.len() <= self.chain.len() + 3, "little is remembered"),
            (
                matches!(self.stage, Stage::Waiting(Wait::Stick, None))
                    || !matches!(self.stage, Stage::Waiting(_, None)),
                "only a stick is waited for without a time",
            ),
        ] {
            if !holds {
                return Err(format!("{sentence}: {:?} {:?} {:?} {:?}", self.stage, self.wish, self.chain, self.queue));
            }
        }
        Ok(())
    }
}

#[derive(Clone, Debug)]
enum Step {
    Play,
    Pause,
    PlayPause,
    Stop,
    Next,
    Previous,
    SeekBy(i64),
    SeekTo(u64, i64),
    Volume(f64),
    Rate(f64),
    Shuffle(bool),
    Repeat(Repeat),
    Queue(Vec<usize>, Place),
    JumpTo(u64),
    Move(u64, u32),
    Remove(u64),
    Clear,
    Hear(u64),
    Die,
    Hang,
    Fail(Cause),
    Pull,
    PutBack,
    Spoil(usize, Cause),
    Says(Event),
}

const NAMES: [&str; 7] = ["one", "two", "usb/one", "usb/two", "radio/wave", "radio/talk", "episode/one"];

fn causes() -> impl Strategy<Value = Cause> {
    proptest::sample::select(vec![
        Cause::NotFound,
        Cause::NotAllowed,
        Cause::Unsupported,
        Cause::Damaged,
        Cause::Slow,
        Cause::Network,
        Cause::Device,
    ])
}

/// What no player should say, or says too late.
fn words() -> impl Strategy<Value = Event> {
    let id = 0..20u64;
    let micros = prop_oneof![any::<i64>(), 0..200_000_000i64];
    prop_oneof![
        (id.clone(), proptest::option::of(micros.clone()), any::<bool>())
            .prop_map(|(id, duration_us, seekable)| Event::Loaded { id, duration_us, seekable }),
        (id.clone(), proptest::option::of(micros.clone()), any::<bool>())
            .prop_map(|(id, duration_us, seekable)| Event::Started { id, duration_us, seekable }),
        (id.clone(), any::<bool>()).prop_map(|(id, playing)| Event::Sounding { id, playing }),
        (id.clone(), micros.clone()).prop_map(|(id, position_us)| Event::Position { id, position_us }),
        (id.clone(), micros).prop_map(|(id, position_us)| Event::Seeked { id, position_us }),
        (id.clone(), any::<u8>()).prop_map(|(id, percent)| Event::Buffering { id, percent }),
        id.clone().prop_map(|id| Event::Ended { id }),
        id.prop_map(|id| Event::WantsNext { id }),
        any::<u64>().prop_map(|number| Event::Alive { number }),
    ]
}

fn steps() -> impl Strategy<Value = Step> {
    let entry = 0..20u64;
    let names = proptest::collection::vec(0..NAMES.len(), 0..5);
    let places = prop_oneof![
        (0..6usize, prop_oneof![Just(-1), Just(0), any::<i64>()])
            .prop_map(|(index, position_us)| Place::Instead { index, position_us }),
        Just(Place::Next),
        Just(Place::Last),
    ];
    let numbers = prop_oneof![any::<f64>(), 0.0..3.0f64];
    let micros = prop_oneof![any::<i64>(), -50_000_000..120_000_000i64];
    prop_oneof![
        2 => Just(Step::Play),
        1 => Just(Step::Pause),
        1 => Just(Step::PlayPause),
        1 => Just(Step::Stop),
        2 => Just(Step::Next),
        2 => Just(Step::Previous),
        1 => micros.clone().prop_map(Step::SeekBy),
        1 => (entry.clone(), micros).prop_map(|(entry, micros)| Step::SeekTo(entry, micros)),
        1 => numbers.clone().prop_map(Step::Volume),
        1 => numbers.prop_map(Step::Rate),
        1 => any::<bool>().prop_map(Step::Shuffle),
        1 => proptest::sample::select(vec![Repeat::None, Repeat::Track, Repeat::Playlist]).prop_map(Step::Repeat),
        4 => (names, places).prop_map(|(names, place)| Step::Queue(names, place)),
        1 => entry.clone().prop_map(Step::JumpTo),
        1 => (entry.clone(), 0..9u32).prop_map(|(entry, to)| Step::Move(entry, to)),
        1 => entry.prop_map(Step::Remove),
        1 => Just(Step::Clear),
        4 => (1..130u64).prop_map(Step::Hear),
        1 => Just(Step::Die),
        1 => Just(Step::Hang),
        1 => causes().prop_map(Step::Fail),
        1 => Just(Step::Pull),
        1 => Just(Step::PutBack),
        1 => ((0..NAMES.len()), causes()).prop_map(|(at, cause)| Step::Spoil(at, cause)),
        2 => words().prop_map(Step::Says),
    ]
}

fn take(story: &mut Story, step: Step) {
    match step {
        Step::Play => story.wish("", |core, now| core.play(now)),
        Step::Pause => story.wish("", |core, now| core.pause(now)),
        Step::PlayPause => story.wish("", |core, now| core.play_or_pause(now)),
        Step::Stop => story.wish("", |core, now| core.stop(now)),
        Step::Next => story.wish("", |core, now| core.next(now)),
        Step::Previous => story.wish("", |core, now| core.previous(now)),
        Step::SeekBy(micros) => story.wish("", |core, now| core.seek_by(now, micros)),
        Step::SeekTo(entry, micros) => story.wish("", |core, now| core.seek_to(now, entry, micros)),
        Step::Volume(volume) => story.wish("", |core, _| core.set_volume(volume)),
        Step::Rate(rate) => story.wish("", |core, now| core.set_rate(now, rate)),
        Step::Shuffle(shuffle) => story.wish("", |core, _| core.set_shuffle(shuffle)),
        Step::Repeat(repeat) => story.wish("", |core, _| core.set_repeat(repeat)),
        Step::Queue(names, place) => {
            let names: Vec<_> = names.into_iter().map(|at| NAMES[at]).collect();
            story.wish("", |core, now| {
                let _ = core.enqueue(now, Story::playables(&names), place);
            });
        }
        Step::JumpTo(entry) => story.wish("", |core, now| {
            let _ = core.jump_to(now, entry);
        }),
        Step::Move(entry, to) => story.wish("", |core, _| {
            let _ = core.move_entry(entry, to);
        }),
        Step::Remove(entry) => story.wish("", |core, now| {
            let _ = core.remove(now, entry);
        }),
        Step::Clear => story.wish("", |core, now| core.clear(now)),
        Step::Hear(seconds) => story.hear(Duration::from_secs(seconds)),
        Step::Die => story.die(),
        Step::Hang => story.hang(),
        Step::Fail(cause) => story.fail(cause, "it fails"),
        Step::Pull => story.pull(),
        Step::PutBack => story.put_back(),
        Step::Spoil(at, cause) => story.spoil(NAMES[at], cause),
        Step::Says(event) => story.hears(event),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    /// The stage checks what must hold after every step, and that nothing spins.
    #[test]
    fn whatever_happens(steps in proptest::collection::vec(steps(), 1..40)) {
        let mut story = Story::quiet();
        for step in steps {
            take(&mut story, step);
        }
    }

    /// And after all of it, a good song plays.
    #[test]
    fn whatever_happened_a_song_plays(steps in proptest::collection::vec(steps(), 1..40)) {
        let mut story = Story::quiet();
        for step in steps {
            take(&mut story, step);
        }
        story.mend("one");
        story.wish("", |core, now| { core.enqueue(now, Story::playables(&["one"]), Place::Instead { index: 0, position_us: 0 }).unwrap(); });
        story.hear(Duration::from_secs(40));
        let position = story.core.position(story.now);
        prop_assert!(position > 0 || story.core.wish == Status::Stopped, "it stands at {position}, {:?}", story.core.stage);
    }
}

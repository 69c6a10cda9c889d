//! Whatever is said in whatever order, these hold.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Said {
    Frame { id: u32, data: Vec<u8>, after_ms: u64 },
    Advance { by_ms: u64 },
    Subscribe { client: &'static str, window: u32 },
    Acknowledge { client: &'static str, id: u32, sequence: u64 },
    Unsubscribe { client: &'static str, id: u32 },
    Leave { client: &'static str },
    Wish { celsius: f64 },
    Lose,
    Meet { clock_ms: u64 },
    Heartbeat,
}

fn said() -> impl Strategy<Value = Said> {
    let client = || prop::sample::select(vec![":1.1", ":1.2"]);
    let id = || 1..6u32;
    prop_oneof![
        4 => (prop::sample::select(vec![100, 801, 999]), prop::collection::vec(any::<u8>(), 0..4), 0..50u64)
            .prop_map(|(id, data, after_ms)| Said::Frame { id, data, after_ms }),
        4 => (0..500u64).prop_map(|by_ms| Said::Advance { by_ms }),
        2 => (client(), 0..4u32).prop_map(|(client, window)| Said::Subscribe { client, window }),
        3 => (client(), id(), 0..20u64).prop_map(|(client, id, sequence)| Said::Acknowledge { client, id, sequence }),
        1 => (client(), id()).prop_map(|(client, id)| Said::Unsubscribe { client, id }),
        1 => client().prop_map(|client| Said::Leave { client }),
        3 => (26..62u32).prop_map(|half| Said::Wish { celsius: f64::from(half) / 2.0 }),
        1 => Just(Said::Lose),
        1 => (0..2000u64).prop_map(|clock_ms| Said::Meet { clock_ms }),
        1 => Just(Said::Heartbeat),
    ]
}

/// What an onlooker may rely on.
#[derive(Default)]
struct Onlooker {
    connected: bool,
    clock_ms: u64,
    generation: u64,
    now: Nanoseconds,
    told_at: Nanoseconds,
    /// By subscription: window, last sequence, last acknowledged.
    windows: BTreeMap<u32, (u32, u64, u64)>,
    last_sent: Option<Nanoseconds>,
}

impl Onlooker {
    fn tells(&mut self, car: &mut Bench, said: Said) -> Vec<Effect> {
        match said {
            Said::Frame { id, data, after_ms } if self.connected => {
                self.clock_ms += after_ms;
                car.hears(id, &data, self.clock_ms)
            }
            Said::Advance { by_ms } if self.connected => {
                self.clock_ms += by_ms;
                car.advances(self.clock_ms)
            }
            Said::Subscribe { client, window } => {
                let opened =
                    car.0.subscribe(client, &[SPEED.to_owned(), TEMPERATURE.to_owned()], Nanoseconds::ZERO, window);
                let Ok(opened) = opened else { return Vec::new() };
                self.windows.insert(opened.id, (window, 0, 0));
                opened.first.map(Effect::Tell).into_iter().collect()
            }
            Said::Acknowledge { client, id, sequence } => {
                car.0.acknowledge(client, id, sequence);
                if let Some((_, sent, acknowledged)) = self.windows.get_mut(&id) {
                    // A stranger's word may be taken here and not there: the window is then only wider here.
                    *acknowledged = (*acknowledged).max(sequence.min(*sent));
                }
                Vec::new()
            }
            Said::Unsubscribe { client, id } => {
                if car.0.unsubscribe(client, id) {
                    self.windows.remove(&id);
                }
                Vec::new()
            }
            Said::Leave { client } => {
                let effects = car.0.forget_client(client);
                assert!(car.0.subscriptions().waited_for().all(|(_, waited)| waited != client));
                effects
            }
            Said::Wish { celsius } => match car.wishes(celsius) {
                Ok((_, effects)) => {
                    assert!(self.connected && (16.0..=28.0).contains(&celsius), "{celsius}");
                    effects
                }
                Err(_) => Vec::new(),
            },
            Said::Lose => {
                self.connected = false;
                car.0.disconnect()
            }
            Said::Meet { clock_ms } if !self.connected => {
                (self.connected, self.clock_ms) = (true, clock_ms);
                car.0.connect(&Hello { pace: Pace::Live, interfaces: vec!["can0".into(), "can1".into()] });
                car.advances(clock_ms)
            }
            Said::Heartbeat if !self.connected => car.0.heartbeat(),
            _ => Vec::new(),
        }
    }

    fn check_invariants(&mut self, car: &Bench, effects: &[Effect]) {
        if car.0.generation() != self.generation {
            assert!(car.0.generation() > self.generation, "generations are counted up");
            (self.generation, self.now, self.last_sent) = (car.0.generation(), Nanoseconds::ZERO, None);
            self.told_at = Nanoseconds::ZERO;
        }
        assert!(car.0.now() >= self.now, "time goes back only with a new generation");
        self.now = car.0.now();
        for batch in batches(effects) {
            let (window, sent, acknowledged) = self.windows.get_mut(&batch.id).expect("nobody else is told");
            assert_eq!(batch.sequence, *sent + 1, "no number is left out");
            *sent = batch.sequence;
            assert!(batch.now >= self.told_at, "no batch is older than one before it: {batch:?}");
            self.told_at = batch.now;
            assert!(*window == LOCKSTEP || *sent - *acknowledged <= u64::from(*window), "{batch:?}");
            for (_, reading) in &batch.changes {
                assert_eq!(reading.value.is_some(), reading.quality.has_value());
                assert!(reading.heard <= batch.now + crate::core::TICK, "heard in the future: {batch:?}");
            }
        }
        for effect in effects {
            let Effect::Send(frame) = effect else { continue };
            assert_eq!((frame.id, frame.bus), (CanId::standard(800).unwrap(), BusIndex(1)), "what the list lacks");
            assert!((32..=56).contains(&frame.data()[0]));
            let period = Nanoseconds::from_millis(100);
            let now = Nanoseconds(frame.t_ns);
            assert!(self.last_sent.is_none_or(|last| now.since(last) >= period), "too soon");
            self.last_sent = Some(now);
        }
        if !self.connected {
            assert_eq!(car.0.reading(SPEED).unwrap().quality, Quality::Absent, "nothing looks alive without a car");
        }
    }
}

proptest! {
    #[test]
    fn invariants_hold_whatever_is_said(story in prop::collection::vec(said(), 1..80), immediate in any::<bool>()) {
        let mut car = if immediate { Bench::immediate() } else { Bench::new() };
        let mut onlooker = Onlooker { connected: true, generation: car.0.generation(), ..Onlooker::default() };
        for said in story {
            let effects = onlooker.tells(&mut car, said);
            onlooker.check_invariants(&car, &effects);
        }
    }
}

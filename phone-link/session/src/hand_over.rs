//! One player of a phone, and whether the phone or the car has what it plays.
//!
//! Phones acknowledge nothing. So an order is given at most once, it counts as done when its effect is seen, and every step is written down before it is taken.
//! After a crash nothing is believed but what both sides say then: until they have, nothing is ordered. Silence is safe: where both could sound, the car pauses.

use std::time::Duration;

/// The phone is silent within this, or the claim is given up.
const PHONE_PAUSES: Duration = Duration::from_millis(1_500);
/// What a phone was asked it answers within this, or never.
const PHONE_ANSWERS: Duration = Duration::from_secs(10);
/// The car sounds within this, or the phone has it back.
const CAR_STARTS: Duration = Duration::from_secs(3);
/// Where it is found in the car, and whether it is silent, is known within this.
const CAR_ANSWERS: Duration = Duration::from_secs(3);
/// A car that was told to pause says within this what it does, or never. Its player may have other orders before this one; whoever gets out waits for it.
const CAR_PAUSES: Duration = Duration::from_secs(8);
/// How long something may be owed to a phone that is away.
const OWED_FOR: Duration = Duration::from_secs(12 * 3600);

/// A step that is about to be taken, as the journal holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub epoch: u64,
    /// What it is in the car.
    pub item: String,
    pub step: Step,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The phone is about to be paused.
    Claiming,
    /// The phone is silent, and the car is about to play.
    Moved { position_ms: i64 },
    /// The car is about to be paused, for the phone to go on.
    Releasing,
    /// The car is silent, and the phone does not know where it stopped.
    Owed { position_ms: i64 },
    /// The phone has it, or was told where it stopped.
    Settled,
}

/// What is to be done, in this order: what comes after a [`Effect::Write`] waits until that is on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    Write(Record),
    /// Tell the phone's player to pause; then ask the phone something whose answer is known when it comes, told to [`HandOver::phone_heard`]; then have the
    /// player say what it does. Without the one in the middle, a state of before could not be told from one of after.
    PausePhone,
    PlayPhone,
    /// Have the phone say what its player does.
    AskPhone,
    /// Tell the phone where the car stopped. Only where the car was seen silent may the phone be told to go on, too.
    GiveBack {
        position_ms: i64,
        car_silent: bool,
    },
    /// Look for it in the car.
    Resolve,
    PlayCar {
        item: String,
        position_ms: i64,
    },
    /// If it plays this; answered by [`HandOver::car_paused`] with this number.
    PauseCar {
        item: String,
        number: u64,
    },
    /// Have the car's player say what it does.
    AskCar,
}

/// What a phone's player was seen to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhoneSeen {
    pub playing: bool,
    pub position_ms: i64,
}

/// What the car's player was seen to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CarSeen {
    /// What it plays or holds; empty for nothing.
    pub item: String,
    pub sounding: bool,
    pub position_ms: i64,
}

/// Why it is where it is, if not as somebody wished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The car has nothing like it: it is steered where it is.
    NotHere,
    /// The phone did not say that it is silent.
    PhoneDidNotPause,
    CarDidNotStart,
    /// The connection was lost in the middle.
    Lost,
    /// Somebody played it on the phone again.
    PhoneWent,
    /// Somebody chose something else in the car.
    CarWent,
    /// It was owed for too long.
    Expired,
    /// The program ended in the middle: nothing was hoped, and both were asked.
    Interrupted,
}

/// Who has it, or is about to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The phone's, as far as is known.
    Offered,
    Resolving {
        since: Duration,
    },
    Pausing {
        since: Duration,
    },
    Starting {
        since: Duration,
    },
    /// The car's.
    Held,
    /// The car is to be silent before the phone goes on: the claim came to nothing.
    Undoing {
        since: Duration,
        why: Option<Why>,
    },
    Releasing {
        since: Duration,
    },
    /// Neither's: the phone is to be told where it stopped.
    Owed {
        until: Duration,
        position_ms: i64,
    },
    /// After a crash, until the car has said what it does.
    Unsure {
        releasing: bool,
    },
}

/// See the module.
#[derive(Clone, Debug)]
pub struct HandOver {
    stage: Stage,
    epoch: u64,
    /// What it is in the car, as of the last claim.
    item: String,
    linked: bool,
    phone: Option<PhoneSeen>,
    /// Where the car last was in it, milliseconds.
    place_ms: i64,
    /// The phone played when it was told to pause.
    interrupted: bool,
    /// It was told to pause for nothing: it plays again once it is seen silent.
    owes_play: bool,
    /// Orders to pause that the phone has not answered, and when the last was given.
    unheard: u32,
    told: Duration,
    /// How often the car was told to pause.
    pauses: u64,
    /// Until when it may be about to do so: what sounds until then is of before.
    hushes: Option<Duration>,
    /// The phone was told where the car stopped, and has not said anything since: the connection may be dead already.
    given: bool,
    why: Option<Why>,
    out: Vec<Effect>,
}

impl HandOver {
    /// What the journal has last, if it has anything, and how long ago that was; nothing is known of either side yet.
    pub fn new(now: Duration, last: Option<(Record, Duration)>) -> Self {
        let mut this = Self {
            stage: Stage::Offered,
            epoch: 0,
            item: String::new(),
            linked: false,
            phone: None,
            place_ms: 0,
            interrupted: false,
            owes_play: false,
            unheard: 0,
            told: Duration::ZERO,
            given: false,
            pauses: 0,
            hushes: None,
            why: None,
            out: Vec::new(),
        };
        let Some((Record { epoch, item, step }, ago)) = last else { return this };
        (this.epoch, this.item) = (epoch, item);
        match step {
            Step::Settled => {}
            Step::Owed { position_ms } => {
                this.stage = Stage::Owed { until: now + OWED_FOR.saturating_sub(ago), position_ms }
            }
            Step::Claiming | Step::Moved { .. } | Step::Releasing => {
                this.why = Some(Why::Interrupted);
                this.stage = Stage::Unsure { releasing: step == Step::Releasing };
            }
        }
        this.out.push(Effect::AskCar);
        this
    }

    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.out)
    }

    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// What it is in the car, as of the last claim; empty if there was none.
    pub fn item(&self) -> &str {
        &self.item
    }

    /// Grows with every change of owner.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    pub fn why(&self) -> Option<Why> {
        self.why
    }

    /// Writes a step down before it is taken.
    fn write(&mut self, step: Step) {
        self.out.push(Effect::Write(Record { epoch: self.epoch, item: self.item.clone(), step }));
    }

    /// The same, with another owner.
    fn pass(&mut self, step: Step) {
        self.epoch += 1;
        self.write(step);
    }

    /// The connection came, or went.
    pub fn link(&mut self, now: Duration, up: bool) {
        if std::mem::replace(&mut self.linked, up) == up {
            return;
        }
        self.unheard = 0;
        self.owes_play = false;
        if up {
            self.out.push(Effect::AskPhone);
            if let Stage::Owed { position_ms, .. } = self.stage {
                self.give(position_ms, false);
            }
            return;
        }
        self.given = false;
        match self.stage {
            Stage::Resolving { .. } => self.give_up(Why::Lost),
            // Whether it heard that it is to pause is not known: the car stays silent.
            Stage::Pausing { .. } => {
                self.pass(Step::Settled);
                self.give_up(Why::Lost);
            }
            // The phone was seen silent, or nothing depends on it: the car goes on.
            _ => {}
        }
        self.tick(now);
    }

    /// Somebody wants it in the car.
    pub fn claim(&mut self, now: Duration) {
        if self.linked && self.stage == Stage::Offered {
            self.why = None;
            self.owes_play = false;
            self.stage = Stage::Resolving { since: now };
            self.out.push(Effect::Resolve);
        }
    }

    /// The car has it under this id, or has it not.
    pub fn resolved(&mut self, now: Duration, found: Option<String>) {
        let Stage::Resolving { .. } = self.stage else { return };
        let Some(item) = found else { return self.give_up(Why::NotHere) };
        // After a claim whose connection was replaced nothing was said yet: what was so then holds.
        if let Some(phone) = self.phone {
            self.interrupted = phone.playing;
        }
        // Only what is said from now on tells whether it is silent.
        self.phone = None;
        self.item = item;
        self.pass(Step::Claiming);
        self.out.push(Effect::PausePhone);
        // An answer that has not come by then does not come.
        if now >= self.told + PHONE_ANSWERS {
            self.unheard = 0;
        }
        self.unheard += 1;
        self.told = now;
        self.stage = Stage::Pausing { since: now };
    }

    /// The phone has heard what it was told, as far as an order to pause.
    pub fn phone_heard(&mut self) {
        self.unheard = self.unheard.saturating_sub(1);
    }

    /// The phone says what its player does.
    pub fn phone(&mut self, now: Duration, seen: PhoneSeen) {
        let before = self.phone.replace(seen);
        let starts = seen.playing && before.is_none_or(|before| !before.playing);
        match self.stage {
            Stage::Pausing { .. } if !seen.playing && self.unheard == 0 => {
                let position_ms = seen.position_ms.max(0);
                self.place_ms = position_ms;
                self.write(Step::Moved { position_ms });
                self.out.push(Effect::PlayCar { item: self.item.clone(), position_ms });
                self.stage = Stage::Starting { since: now };
            }
            // The newest deed wins, and it was done there.
            Stage::Starting { .. }
            | Stage::Held
            | Stage::Undoing { .. }
            | Stage::Releasing { .. }
            | Stage::Unsure { .. }
                if seen.playing =>
            {
                self.pause_car(now);
                self.pass(Step::Settled);
                self.give_up(Why::PhoneWent);
            }
            Stage::Owed { .. } if self.given => {
                self.given = false;
                self.write(Step::Settled);
                self.stage = Stage::Offered;
            }
            Stage::Owed { .. } if seen.playing => {
                self.pass(Step::Settled);
                self.give_up(Why::PhoneWent);
            }
            Stage::Offered if self.owes_play && self.unheard == 0 => {
                self.owes_play = false;
                if !seen.playing {
                    self.out.push(Effect::PlayPhone);
                }
            }
            // An order of before a crash may still be under way to the car.
            Stage::Offered if starts && !self.item.is_empty() => self.pause_car(now),
            _ => {}
        }
    }

    fn pause_car(&mut self, now: Duration) {
        self.pauses += 1;
        self.hushes = Some(now + CAR_PAUSES);
        self.out.push(Effect::PauseCar { item: self.item.clone(), number: self.pauses });
    }

    /// The car's player says what it does.
    pub fn car(&mut self, now: Duration, seen: CarSeen) {
        let ours = self.see(&seen);
        let sounds = ours && seen.sounding;
        match self.stage {
            Stage::Starting { .. } if sounds => {
                self.why = None;
                self.stage = Stage::Held;
            }
            Stage::Held if !ours => {
                self.pass(Step::Releasing);
                self.why = Some(Why::CarWent);
                self.stopped(now, false);
            }
            // It does not know yet that it is to pause, and says so when it does. Beside a phone that plays it is told again: the order may be lost.
            Stage::Offered
                if self.hushes.is_some_and(|until| now < until) && !self.phone.is_some_and(|phone| phone.playing) => {}
            // An order of before a crash was late, or somebody chose it here.
            Stage::Offered if sounds => self.adopt(now, seen.position_ms),
            Stage::Unsure { releasing: true } if sounds => {
                self.pause_car(now);
                self.out.push(Effect::AskCar);
                self.stage = Stage::Releasing { since: now };
            }
            Stage::Unsure { releasing: true } if ours => self.stopped(now, false),
            Stage::Unsure { .. } if sounds => self.adopt(now, seen.position_ms),
            Stage::Unsure { .. } => {
                if ours {
                    // It may be about to sound: an order of before the crash that waits for its server.
                    self.pause_car(now);
                }
                self.pass(Step::Settled);
                self.stage = Stage::Offered;
            }
            _ => {}
        }
    }

    /// Whether this is what the car plays or holds, and where.
    fn see(&mut self, seen: &CarSeen) -> bool {
        let ours = seen.item == self.item && !self.item.is_empty();
        if ours {
            self.place_ms = seen.position_ms.max(0);
        }
        ours
    }

    /// The car has done what it was told, and says what it does now. What it said before may be of before it was told anything.
    pub fn car_paused(&mut self, now: Duration, number: u64, seen: CarSeen) {
        if number != self.pauses {
            return;
        }
        self.hushes = None;
        let silent = !(self.see(&seen) && seen.sounding);
        match self.stage {
            Stage::Offered if !silent => self.adopt(now, seen.position_ms),
            Stage::Undoing { why, .. } if silent => self.back_to_phone(why),
            Stage::Releasing { .. } if silent => self.stopped(now, true),
            _ => {}
        }
    }

    /// The car sounds, whoever wished it: it is the car's, unless the phone sounds as well.
    fn adopt(&mut self, now: Duration, position_ms: i64) {
        if self.phone.is_some_and(|phone| phone.playing) {
            self.pause_car(now);
            self.stage = Stage::Offered;
        } else {
            self.pass(Step::Moved { position_ms });
            self.stage = Stage::Held;
        }
    }

    /// Somebody gets out, or wants it back on the phone.
    pub fn release(&mut self, now: Duration) {
        match self.stage {
            Stage::Held => {
                self.pass(Step::Releasing);
                self.pause_car(now);
                self.out.push(Effect::AskCar);
                self.stage = Stage::Releasing { since: now };
            }
            Stage::Resolving { .. } => self.stage = Stage::Offered,
            Stage::Pausing { .. } => self.back_to_phone(None),
            Stage::Starting { .. } => self.undo(now, None),
            _ => {}
        }
    }

    fn undo(&mut self, now: Duration, why: Option<Why>) {
        self.pause_car(now);
        self.stage = Stage::Undoing { since: now, why };
    }

    /// The car is silent, or something else there sounds: the phone is told where, now or when it is back.
    fn stopped(&mut self, now: Duration, car_silent: bool) {
        let position_ms = self.place_ms;
        self.write(Step::Owed { position_ms });
        self.stage = Stage::Owed { until: now + OWED_FOR, position_ms };
        if self.linked {
            self.give(position_ms, car_silent);
        }
    }

    /// It is owed until the phone has said something after it was told. To say twice where it stopped harms nobody; to say it never does.
    fn give(&mut self, position_ms: i64, car_silent: bool) {
        self.given = true;
        self.out.push(Effect::GiveBack { position_ms, car_silent });
        self.out.push(Effect::AskPhone);
    }

    /// What it was in the car is of no interest any more: nobody's order is under way.
    pub fn forget_item(&mut self) {
        if self.stage == Stage::Offered {
            self.item.clear();
        }
    }

    fn give_up(&mut self, why: Why) {
        self.why = Some(why);
        self.stage = Stage::Offered;
    }

    /// The claim came to nothing: what played on the phone plays there again, told once.
    fn back_to_phone(&mut self, why: Option<Why>) {
        self.pass(Step::Settled);
        if self.linked && self.interrupted {
            match self.phone {
                Some(phone) if !phone.playing => self.out.push(Effect::PlayPhone),
                Some(_) => {}
                None => self.owes_play = true,
            }
        }
        self.why = why;
        self.stage = Stage::Offered;
    }

    /// When to call [`HandOver::tick`] next.
    pub fn due(&self) -> Option<Duration> {
        Some(match self.stage {
            Stage::Resolving { since } => since + CAR_ANSWERS,
            Stage::Releasing { since } | Stage::Undoing { since, .. } => since + CAR_PAUSES,
            Stage::Pausing { since, .. } => since + PHONE_PAUSES,
            Stage::Starting { since, .. } => since + CAR_STARTS,
            Stage::Owed { until, .. } => until,
            Stage::Offered | Stage::Held | Stage::Unsure { .. } => return None,
        })
    }

    pub fn tick(&mut self, now: Duration) {
        if self.due().is_none_or(|due| now < due) {
            return;
        }
        match self.stage {
            Stage::Resolving { .. } => self.give_up(Why::NotHere),
            Stage::Pausing { .. } => self.back_to_phone(Some(Why::PhoneDidNotPause)),
            Stage::Starting { .. } => self.undo(now, Some(Why::CarDidNotStart)),
            // It may still sound: the phone stays silent.
            Stage::Undoing { why, .. } => {
                self.interrupted = false;
                self.back_to_phone(why);
            }
            // It does not say that it is silent: what it said last has to do.
            Stage::Releasing { .. } => self.stopped(now, false),
            Stage::Owed { .. } => {
                self.pass(Step::Settled);
                self.give_up(Why::Expired);
            }
            Stage::Offered | Stage::Held | Stage::Unsure { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests;

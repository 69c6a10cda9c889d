//! From readings to the lamp lane and the warning line.

use tandem_kit::{Drawn, Link, Readings};
use tandem_telltales::{Colour, Inputs, Lamp, Lamps, Page, Pager, Severity, Telltale, Telltales, Warning, warnings};
use tandem_units::{KilometersPerHour, Kilopascals, Nanoseconds, Percent, Quality};

use crate::drawn::misdrawn;
use crate::{LampAdapter, LampState, Leaf, Sentence};

/// A fifth under the 250 kPa that cars of this kind are set to, as UN R141 asks.
const TYRE_LIMIT: Kilopascals = Kilopascals(200.0);

/// The lamps, with what was found when they were looked at.
pub(crate) struct Lane {
    telltales: Telltales,
    pager: Pager,
    commanded: Lamps,
    /// They are commanded to be as no picture has shown them yet.
    is_unseen: bool,
    /// Found to be drawn otherwise than commanded since the car was switched on. One of them is enough: nobody can rely on a lamp that was wrong once.
    misdrawn: Vec<Telltale>,
    tell_misdrawn: Box<dyn Fn(Vec<&'static str>)>,
}

impl Lane {
    /// Lamps that say by `tell_misdrawn` which of them are drawn wrong.
    pub fn new(tell_misdrawn: impl Fn(Vec<&'static str>) + 'static) -> Self {
        Self {
            telltales: Telltales::default(),
            pager: Pager::default(),
            commanded: Lamps::default(),
            is_unseen: true,
            misdrawn: Vec::new(),
            tell_misdrawn: Box::new(tell_misdrawn),
        }
    }

    pub fn show(&mut self, adapter: &LampAdapter<'_>, readings: &Readings) {
        let checked = self.telltales.checks();
        let mut inputs = inputs(readings);
        inputs.fault |= !self.misdrawn.is_empty();
        let lamps = self.telltales.update(&inputs);
        // With the car switched on anew, the lamps are looked at anew.
        if self.telltales.checks() && !checked && !self.misdrawn.is_empty() {
            self.misdrawn.clear();
            (self.tell_misdrawn)(Vec::new());
        }
        self.is_unseen |= lamps != self.commanded;
        self.commanded = lamps;

        adapter.set_parking_brake(state(lamps.parking_brake));
        adapter.set_belt(state(lamps.belt));
        adapter.set_door(state(lamps.door));
        adapter.set_abs(state(lamps.abs));
        adapter.set_esc(state(lamps.esc));
        adapter.set_tyre(state(lamps.tyre));
        adapter.set_battery(state(lamps.battery));
        adapter.set_fault(state(lamps.fault));
        adapter.set_position(state(lamps.position));
        adapter.set_low_beam(state(lamps.low_beam));
        adapter.set_high_beam(state(lamps.high_beam));
        adapter.set_front_fog(state(lamps.front_fog));
        adapter.set_rear_fog(state(lamps.rear_fog));
        adapter.set_left(state(lamps.left));
        adapter.set_right(state(lamps.right));
        let page = self.pager.update(warnings(&inputs));
        let line = self.line(readings, page);
        adapter.set_sentence(line.sentence);
        adapter.set_danger(line.danger);
        adapter.set_number(line.page.number as i32);
        adapter.set_of(line.page.of as i32);
    }

    /// The driver turns the page: what is shown has been read. Returns whether there is any warning to turn to.
    pub fn turn_page(&mut self) -> bool {
        self.pager.turn();
        !self.pager.is_empty()
    }

    pub fn is_unseen(&self) -> bool {
        self.is_unseen
    }

    /// When the lamps change next by time alone.
    pub fn next_change(&self) -> Option<Nanoseconds> {
        self.telltales.next_change()
    }

    /// Compares what is drawn with what is commanded. Returns whether there is something new to be said of it.
    pub fn look_at(&mut self, drawn: &Drawn<'_>) -> bool {
        self.is_unseen = false;
        let known = self.misdrawn.len();
        for telltale in misdrawn(drawn, &self.commanded) {
            if !self.misdrawn.contains(&telltale) {
                let commanded = self.commanded.of(telltale);
                tracing::error!(lamp = telltale.word(), ?commanded, "a lamp is drawn otherwise than commanded");
                self.misdrawn.push(telltale);
            }
        }
        let found = self.misdrawn.len() > known;
        if found {
            (self.tell_misdrawn)(self.misdrawn.iter().map(|telltale| telltale.word()).collect());
        }
        found
    }

    /// What the line says: that the cluster knows nothing before all else, and that nobody can rely on its lamps behind the dangers of now.
    fn line(&self, readings: &Readings, page: Page) -> Line {
        let severity = page.warning.map(Warning::severity);
        let own = |sentence| Line { sentence, danger: true, page: Page::default() };
        match (blind(readings), page.warning) {
            (Some(blind), _) => own(blind),
            (None, _) if severity != Some(Severity::Danger) && !self.misdrawn.is_empty() => {
                own(Sentence::LampsMisdrawn)
            }
            (None, None) => Line { sentence: Sentence::None, danger: false, page },
            (None, Some(warning)) => {
                Line { sentence: warns(warning), danger: severity == Some(Severity::Danger), page }
            }
        }
    }
}

/// What stands on the warning line.
struct Line {
    sentence: Sentence,
    danger: bool,
    page: Page,
}

fn inputs(readings: &Readings) -> Inputs {
    let switch = |leaf: Leaf| readings.get(leaf).valid_switch();
    let number = |leaf: Leaf| readings.get(leaf).valid_number();
    let tyre = |leaf: Leaf| number(leaf).map(Kilopascals);
    let power = readings.get(Leaf::Power);
    Inputs {
        now: readings.now(),
        is_on: power.text().filter(|_| power.quality == Quality::Valid).and_then(is_on),
        speed: number(Leaf::Speed).map(KilometersPerHour),
        parking_brake: switch(Leaf::ParkingBrake),
        belted: switch(Leaf::Belt),
        abs_error: switch(Leaf::AbsError),
        esc_error: switch(Leaf::EscError),
        doors: [Leaf::DriverDoor, Leaf::PassengerDoor, Leaf::RearDriverSideDoor, Leaf::RearPassengerSideDoor]
            .map(switch),
        boot: switch(Leaf::Boot),
        bonnet: switch(Leaf::Bonnet),
        tyres: [Leaf::FrontLeftTyre, Leaf::FrontRightTyre, Leaf::RearLeftTyre, Leaf::RearRightTyre].map(tyre),
        tyre_limit: TYRE_LIMIT,
        charge: number(Leaf::Charge).map(Percent),
        position: switch(Leaf::PositionLights),
        low_beam: switch(Leaf::LowBeam),
        high_beam: switch(Leaf::HighBeam),
        front_fog: switch(Leaf::FrontFog),
        rear_fog: switch(Leaf::RearFog),
        left: switch(Leaf::LeftIndicator),
        right: switch(Leaf::RightIndicator),
        hazard: switch(Leaf::Hazard),
        fault: blind(readings).is_some(),
    }
}

/// The words of `Vehicle.LowVoltageSystemState`; `UNDEFINED` says nothing.
fn is_on(word: &str) -> Option<bool> {
    match word {
        "ON" | "START" => Some(true),
        "LOCK" | "OFF" | "ACC" => Some(false),
        _ => None,
    }
}

fn state(lamp: Lamp) -> LampState {
    match lamp {
        Lamp::Dark => LampState::Dark,
        Lamp::Unknown => LampState::Unknown,
        Lamp::Lit(Colour::Red) => LampState::Red,
        Lamp::Lit(Colour::Amber) => LampState::Amber,
        Lamp::Lit(Colour::Green) => LampState::Green,
        Lamp::Lit(Colour::Blue) => LampState::Blue,
    }
}

/// Why the instruments cannot be believed, if so.
fn blind(readings: &Readings) -> Option<Sentence> {
    match readings.link() {
        Link::Silent => Some(Sentence::ServiceSilent),
        Link::NoService => Some(Sentence::ServiceMissing),
        Link::Refused(_) => Some(Sentence::ServiceRefuses),
        Link::NoBus => Some(Sentence::BusMissing),
        Link::Up if readings.get(Leaf::Speed).quality == Quality::Stale => Some(Sentence::SpeedLost),
        Link::Connecting | Link::Up => None,
    }
}

fn warns(warning: Warning) -> Sentence {
    match warning {
        Warning::BonnetOpen => Sentence::BonnetOpen,
        Warning::DoorOpen(0) => Sentence::DriverDoorOpen,
        Warning::DoorOpen(1) => Sentence::PassengerDoorOpen,
        Warning::DoorOpen(_) => Sentence::RearDoorOpen,
        Warning::BootOpen => Sentence::BootOpen,
        Warning::ParkingBrakeOn => Sentence::ParkingBrakeOn,
        Warning::BeltOpen => Sentence::BeltOpen,
        Warning::AbsFault => Sentence::AbsFault,
        Warning::EscFault => Sentence::EscFault,
        Warning::TyreLow(0) => Sentence::FrontLeftTyreLow,
        Warning::TyreLow(1) => Sentence::FrontRightTyreLow,
        Warning::TyreLow(2) => Sentence::RearLeftTyreLow,
        Warning::TyreLow(_) => Sentence::RearRightTyreLow,
        Warning::BatteryLow => Sentence::BatteryLow,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use tandem_kit::DisplayPixel;

    use super::*;

    #[test]
    fn what_is_drawn_wrong_is_told_once_with_every_word() {
        let told = Rc::new(RefCell::new(Vec::new()));
        let hear = Rc::clone(&told);
        let mut lane = Lane::new(move |words| hear.borrow_mut().push(words));
        assert!(lane.is_unseen());
        let mut pixels = vec![DisplayPixel::new(0, 0, 0); 1920 * 100];
        assert!(!lane.look_at(&Drawn::new(1920, 1920, &pixels)) && !lane.is_unseen());
        // A red bar over the lights: no lamp of them may be lit.
        pixels
            .chunks_exact_mut(1920)
            .skip(50)
            .take(2)
            .for_each(|row| row[1744..1872].fill(DisplayPixel::new(255, 0, 0)));
        assert!(lane.look_at(&Drawn::new(1920, 1920, &pixels)));
        assert!(!lane.look_at(&Drawn::new(1920, 1920, &pixels)), "nothing new");
        assert_eq!(*told.borrow(), [["position", "low-beam"]]);
        // Nothing drawn at all, or a picture of no size, is no lamp lit.
        assert!(!lane.look_at(&Drawn::new(1920, 0, &[])));
    }
}

use std::collections::HashSet;

use tandem_dbc::integrity::Checksum;
use tandem_dbc::{Codec, Database, Message, Signal};
use tandem_signals::{
    Catalogue, Conversion, Expression, Leaf, LeafId, Mistake, Profile, SignalProfile, Transform, UnitError, conversion,
    nearest,
};
use tandem_units::Nanoseconds;

use crate::statistics::Bitrates;

mod commands;

/// Silence of this many cycles makes a reading stale, unless its profile says otherwise.
const STALE_CYCLES: u64 = 5;
/// No reading goes stale sooner.
const STALE_FLOOR: Nanoseconds = Nanoseconds::from_millis(200);

/// A profile bound to its DBC files: which signal of which message is which leaf.
pub struct Car {
    pub profile: Profile,
    pub catalogue: &'static Catalogue,
    pub buses: Vec<Bus>,
    /// What is odd and perhaps not meant; nothing that keeps the car from its readings.
    pub warnings: Vec<Mistake>,
    /// The leaves of this car, sorted by path: a slot is an index into them.
    pub(crate) leaves: Vec<SlotPlan>,
    pub(crate) probes: usize,
    /// How many of the leaves are told at intervals.
    pub(crate) paced: usize,
}

/// One bus: its DBC file, compiled, and what is wanted from each message.
pub struct Bus {
    pub interface: String,
    pub bitrates: Bitrates,
    pub database: Database,
    pub codec: Codec,
    pub(crate) plans: Vec<MessagePlan>,
}

pub(crate) struct SlotPlan {
    pub leaf: LeafId,
    pub stale_after: Nanoseconds,
    pub keep: bool,
    pub on_change: bool,
    /// Its number among those that are told at intervals.
    pub pace: Option<usize>,
}

/// A raw value that is watched beside the leaves, such as a car's answer to a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe(pub(crate) usize);

#[derive(Default)]
pub(crate) struct MessagePlan {
    /// The signals to decode, in the DBC file's order.
    pub wanted: Vec<usize>,
    pub bindings: Vec<Binding>,
    pub probes: Vec<(usize, Probe)>,
    pub integrity: Option<IntegrityPlan>,
}

pub(crate) struct Binding {
    pub slot: usize,
    pub signal: usize,
    pub valid_if: Option<(usize, i64)>,
    pub profile: usize,
    /// Whether this leaf is told when it is heard.
    pub immediate: bool,
    pub computed: Computed,
    pub pace: Option<(usize, Nanoseconds)>,
}

/// How a physical value becomes one in the leaf's unit.
#[derive(Clone, Debug)]
pub(crate) enum Computed {
    Linear(Conversion),
    Program(Expression),
}

impl Computed {
    /// As `car.toml` has it.
    ///
    /// # Errors
    /// What is wrong with it for this signal of the DBC file.
    fn bind(signal: &SignalProfile, layout: &Signal, leaf: &Leaf) -> Result<Self, String> {
        Ok(match &signal.transform {
            Transform::None => Self::Linear(Conversion::NONE),
            Transform::Linear(linear) => Self::Linear(*linear),
            Transform::Expression(expression) => Self::Program(expression.clone()),
            Transform::UnitOfDbc if layout.unit.trim().is_empty() => {
                return Err(format!(
                    "`unit = \"dbc\"`: the DBC file names no unit for `{}`: say which it is",
                    layout.name
                ));
            }
            Transform::UnitOfDbc => Self::Linear(
                conversion(&layout.unit, &leaf.unit).map_err(|error| format!("`unit = \"dbc\"`: {error}"))?,
            ),
        })
    }

    /// The value in the leaf's unit.
    pub(crate) fn of(&self, physical: f64) -> f64 {
        match self {
            Self::Linear(Conversion { scale, offset }) => physical * scale + offset,
            Self::Program(expression) => expression.evaluate(physical),
        }
    }
}

#[derive(Clone, Copy)]
pub(crate) struct IntegrityPlan {
    pub checksum: Option<(Checksum, usize)>,
    pub counter: Option<usize>,
}

impl Car {
    /// Binds a profile to the databases of its buses, in the order of the buses.
    ///
    /// # Errors
    /// Every message or signal that a DBC file does not have, with the profile's line.
    pub fn bind(
        file: &str,
        profile: Profile,
        databases: Vec<Database>,
        catalogue: &'static Catalogue,
    ) -> Result<Self, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        let mut buses: Vec<Bus> = Vec::new();
        for (bus, database) in profile.buses.iter().zip(databases) {
            let plans =
                database.messages.iter().map(|message| plan_integrity(bus.integrity.as_ref(), message)).collect();
            let codec = Codec::compile(&database);
            let bitrates = Bitrates { nominal: bus.bitrate, data: bus.data_bitrate };
            buses.push(Bus { interface: bus.interface.clone(), bitrates, database, codec, plans });
        }
        let mut order: Vec<usize> = (0..profile.signals.len()).collect();
        let path_of =
            |index: &usize| profile.signals.get(*index).map(|signal| catalogue.leaf(signal.leaf).path.as_str());
        order.sort_by(|one, other| path_of(one).cmp(&path_of(other)));
        let mut leaves: Vec<SlotPlan> = Vec::new();
        let mut warnings = Vec::new();
        let mut paced = 0;
        for index in order {
            let Some(signal) = profile.signals.get(index) else { continue };
            let place = Place { profile: index, slot: leaves.len(), pace: paced };
            let mut warn = |message: String| warnings.push(Mistake::in_line(file, signal.line, &message));
            match bind_signal(signal, catalogue.leaf(signal.leaf), place, &mut buses, &mut warn) {
                Ok(plan) => {
                    paced += usize::from(plan.pace.is_some());
                    leaves.push(plan);
                }
                Err(message) => mistakes.push(Mistake::in_line(file, signal.line, &message)),
            }
        }
        let mut car = Self { profile, catalogue, buses, warnings, leaves, probes: 0, paced };
        let (wrong, odd) = car.check_commands(file);
        mistakes.extend(wrong);
        car.warnings.extend(odd);
        car.warnings.sort_by_key(|warning| warning.line);
        car.check_bus_lists(file, &mut mistakes);
        if mistakes.is_empty() {
            Ok(car)
        } else {
            mistakes.sort_by_key(|mistake| mistake.line);
            Err(mistakes)
        }
    }

    /// The leaves of this car, sorted by path.
    pub fn leaves(&self) -> impl Iterator<Item = LeafId> + '_ {
        self.leaves.iter().map(|plan| plan.leaf)
    }

    /// The slots whose last values outlive a power cut, and their leaves.
    pub fn kept(&self) -> impl Iterator<Item = (usize, LeafId)> + '_ {
        self.leaves.iter().enumerate().filter(|(_, plan)| plan.keep).map(|(slot, plan)| (slot, plan.leaf))
    }

    /// The slot of a leaf, if this car has it.
    pub fn slot(&self, path: &str) -> Option<usize> {
        self.leaves.binary_search_by(|plan| self.catalogue.leaf(plan.leaf).path.as_str().cmp(path)).ok()
    }

    /// Whether a slot's reading is news only if it differs, in value or quality; if not, every time that it was heard is.
    pub fn told_on_change(&self, slot: usize) -> bool {
        self.leaves.get(slot).is_none_or(|plan| plan.on_change)
    }

    /// After how long a silence the reading of a slot is stale.
    pub fn stale_after(&self, slot: usize) -> Option<Nanoseconds> {
        self.leaves.get(slot).map(|plan| plan.stale_after)
    }

    /// Watches a raw value; call it before frames are heard. `None` if the bus has no such message or signal.
    pub fn watch(&mut self, bus: usize, message: &str, signal: &str) -> Option<Probe> {
        let bus = self.buses.get_mut(bus)?;
        let (index, signal) = find(&bus.database, message, signal).ok()?;
        let plan = bus.plans.get_mut(index)?;
        let probe = Probe(self.probes);
        self.probes += 1;
        plan.probes.push((signal, probe));
        want(plan, signal);
        Some(probe)
    }

    /// A message whose checksum needs a data id would be taken unchecked without one, and not be sent at all.
    fn check_bus_lists(&self, file: &str, mistakes: &mut Vec<Mistake>) {
        let heard = self.profile.signals.iter().map(|signal| (signal.bus, &signal.message, signal.line));
        let sent = self.profile.transmit.iter().map(|rule| (rule.bus, &rule.message, rule.line));
        let mut seen = HashSet::new();
        for (bus, name, line) in heard.chain(sent).filter(|(bus, name, _)| seen.insert((*bus, *name))) {
            let (Some(profile), Some(bus)) = (self.profile.buses.get(bus), self.buses.get(bus)) else { continue };
            let Some(integrity) = &profile.integrity else { continue };
            let message = bus.database.message(name);
            let protected = message.is_some_and(|message| message.signal(&integrity.checksum_signal).is_some());
            let kind = integrity.checksum.word;
            if protected && Checksum::named(kind, integrity.data_ids_of(name)).is_none() {
                let what = format!("message `{name}` has a checksum `{kind}`, which needs its data id in `data_ids`");
                mistakes.push(Mistake::in_line(file, line, &what));
            }
        }
        for (profile, bus) in self.profile.buses.iter().zip(&self.buses) {
            let ids = profile.integrity.iter().flat_map(|integrity| &integrity.data_ids);
            let ids = ids.map(|(name, _)| ("data_ids", name));
            let private = profile.private_messages.iter().map(|name| ("private_messages", name));
            for (key, name) in ids.chain(private).filter(|(_, name)| bus.database.message(name).is_none()) {
                let near = nearest(name, bus.database.messages.iter().map(|message| message.name.as_str()));
                let what = format!("`{key}`: the DBC file has no message `{name}`{}", hint(near));
                mistakes.push(Mistake::in_line(file, profile.line, &what));
            }
        }
    }
}

/// Where a signal stands among the others.
struct Place {
    profile: usize,
    slot: usize,
    /// How many that are told at intervals were before it.
    pace: usize,
}

fn bind_signal(
    signal: &SignalProfile,
    leaf: &Leaf,
    place: Place,
    buses: &mut [Bus],
    warn: &mut impl FnMut(String),
) -> Result<SlotPlan, String> {
    let bus = buses.get_mut(signal.bus).ok_or("the bus does not exist")?;
    let (index, at) = find(&bus.database, &signal.message, &signal.signal)?;
    let valid_if = match &signal.valid_if {
        Some((name, equals)) => Some((find(&bus.database, &signal.message, name)?.1, *equals)),
        None => None,
    };
    let message = bus.database.messages.get(index).ok_or("the message does not exist")?;
    let layout = message.signals.get(at).ok_or("the signal does not exist")?;
    let computed = Computed::bind(signal, layout, leaf)?;
    if let Some(what) = odd_unit(signal, layout, leaf) {
        warn(what);
    }
    if let Some(why) = &leaf.deprecation {
        warn(format!("`{}` is out of use: {why}", leaf.path));
    }
    let cycle = signal.cycle.or(message.cycle_ms.map(|cycle| Nanoseconds::from_millis(u64::from(cycle))));
    let stale_after = match (signal.stale_after, cycle) {
        (Some(asked), _) => asked,
        (None, Some(cycle)) => STALE_FLOOR.max(Nanoseconds(cycle.0.saturating_mul(STALE_CYCLES))),
        (None, None) => {
            return Err(format!(
                "`{}` has no cycle time in its DBC file: say `cycle_ms` or `stale_after_ms`",
                signal.message
            ));
        }
    };
    let plan = bus.plans.get_mut(index).ok_or("the message does not exist")?;
    want(plan, at);
    valid_if.iter().for_each(|(signal, _)| want(plan, *signal));
    let pace = signal.interval.map(|interval| (place.pace, interval));
    let Place { slot, profile, .. } = place;
    plan.bindings.push(Binding { slot, signal: at, valid_if, profile, immediate: signal.immediate, computed, pace });
    Ok(SlotPlan {
        leaf: signal.leaf,
        stale_after,
        keep: signal.keep,
        on_change: signal.on_change,
        pace: pace.map(|(at, _)| at),
    })
}

/// That the DBC file names another unit than the leaf has, and the profile does nothing about it.
fn odd_unit(signal: &SignalProfile, layout: &Signal, leaf: &Leaf) -> Option<String> {
    let nothing_done = signal.transform == Transform::None && signal.values.is_empty();
    if !nothing_done || leaf.unit.is_empty() || layout.unit.trim().is_empty() {
        return None;
    }
    let Leaf { path, unit, .. } = leaf;
    match conversion(&layout.unit, unit) {
        Ok(Conversion::NONE) => None,
        Ok(_) => Some(format!(
            "`{}` is in `{}` by its DBC file, `{path}` in `{unit}`: `unit = \"dbc\"` converts, `unit = \"{unit}\"` says that it is right as it is",
            layout.name, layout.unit
        )),
        Err(UnitError::OtherKind { kind, target_kind, .. }) => Some(format!(
            "`{}` is {kind} (`{}`) by its DBC file, `{path}` is {target_kind} (`{unit}`): `unit = \"{unit}\"` says that it is right as it is",
            layout.name, layout.unit
        )),
        // Much stands in the place of a unit that is none.
        Err(_) => None,
    }
}

fn plan_integrity(profile: Option<&tandem_signals::IntegrityProfile>, message: &Message) -> MessagePlan {
    let mut plan = MessagePlan::default();
    let Some(profile) = profile else { return plan };
    let at = |name: &str| message.signal(name).map(|(index, _)| index);
    let kind = Checksum::named(profile.checksum.word, profile.data_ids_of(&message.name));
    let checksum = kind.zip(at(&profile.checksum_signal));
    let counter = profile.counter_of(&message.name).and_then(at);
    if checksum.is_some() || counter.is_some() {
        counter.into_iter().chain(checksum.map(|(_, signal)| signal)).for_each(|signal| want(&mut plan, signal));
        plan.integrity = Some(IntegrityPlan { checksum, counter });
    }
    plan
}

fn want(plan: &mut MessagePlan, signal: usize) {
    if let Err(at) = plan.wanted.binary_search(&signal) {
        plan.wanted.insert(at, signal);
    }
}

fn find(database: &Database, message: &str, signal: &str) -> Result<(usize, usize), String> {
    let index = database.messages.iter().position(|candidate| candidate.name == message).ok_or_else(|| {
        format!(
            "the DBC file has no message `{message}`{}",
            hint(nearest(message, database.messages.iter().map(|m| m.name.as_str())))
        )
    })?;
    let found = database.messages.get(index);
    let at = found.and_then(|m| m.signal(signal)).map(|(at, _)| at).ok_or_else(|| {
        let names = found.into_iter().flat_map(|m| m.signals.iter().map(|s| s.name.as_str()));
        format!("message `{message}` has no signal `{signal}`{}", hint(nearest(signal, names)))
    })?;
    Ok((index, at))
}

fn hint(name: Option<&str>) -> String {
    name.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}

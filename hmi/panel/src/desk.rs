//! What the hand says of itself, on its way to the window, and the orders that are no setting: pedals, scenarios, answers, messages, breakdowns.

use std::cell::RefCell;
use std::rc::Rc;

use slint::{ComponentHandle, Model, ModelRc, SharedString, VecModel};
use tandem_contracts::simulator::{AnswerState, PhoneDeed, PhoneState, State};
use tandem_kit::Words;

use crate::hand::{News, Order, Why};
use crate::{HandAdapter, PanelWindow, PhoneView, Reach, Refused, Row};

/// Longer names and titles of the phone are cut, characters.
const LONGEST: usize = 80;
/// What takes so long to answer can be chosen, ms.
const DELAYS: [u32; 4] = [100, 500, 2_000, 5_000];
/// The programs that may be killed, in the order in which the window has them.
const PROGRAMS: [&str; 6] = ["vehicle", "settings", "media", "phone-link", "cluster", "centre"];

/// So many times may the hand say how it stands without what it was asked for: then it has not come about.
const LOOKS: u8 = 3;

#[derive(Debug, Default)]
pub(crate) struct Desk {
    state: State,
    answer: usize,
    message: usize,
    /// The answer that was ordered last and how often the hand has said something else since: what is ordered next goes on from there.
    ordered: Option<(AnswerState, u8)>,
}

impl Desk {
    pub fn hear(&mut self, window: &PanelWindow, news: &News) {
        let adapter = window.global::<HandAdapter>();
        match news {
            News::Scenarios(names) => adapter.set_scenarios(words(names)),
            News::State(state) => {
                self.state = (**state).clone();
                if let Some((ordered, looks)) = &mut self.ordered {
                    *looks += 1;
                    if *looks >= LOOKS || self.state.answers.contains(ordered) {
                        self.ordered = None;
                    }
                }
                adapter.set_present(true);
                self.show(window);
            }
            News::Gone => {
                *self = Self::default();
                adapter.set_present(false);
                adapter.set_refused(Refused::None);
                self.show(window);
            }
            News::Refused { order, why } => {
                if matches!(order, Order::Answer { .. }) {
                    self.ordered = None;
                }
                tracing::info!(?order, ?why, "the virtual car did not do it");
                adapter.set_refused(refused(order, why));
            }
        }
    }

    fn show(&self, window: &PanelWindow) {
        let (adapter, state) = (window.global::<HandAdapter>(), &self.state);
        adapter.set_scenario(state.scenario.as_str().into());
        adapter.set_doing(state.doing.as_str().into());
        let answers = state.answers.iter().map(|answer| Row {
            word: answer.path.strip_prefix("Vehicle.").unwrap_or(&answer.path).into(),
            note: if answer.answer == "obey" { SharedString::new() } else { answer.answer.as_str().into() },
            wrong: answer.answer != "obey",
        });
        refresh(&adapter.get_answers(), answers, |rows| adapter.set_answers(rows));
        let messages = state.messages.iter().map(|message| Row {
            word: message.name.as_str().into(),
            note: match (message.muted, message.fault.as_str()) {
                (true, _) => "muted".into(),
                (_, "none") => SharedString::new(),
                (_, fault) => fault.into(),
            },
            wrong: message.muted || message.fault != "none",
        });
        refresh(&adapter.get_messages(), messages, |rows| adapter.set_messages(rows));
        let buses = state.buses.iter().map(|bus| Row {
            word: bus.interface.as_str().into(),
            note: SharedString::new(),
            wrong: bus.dropped,
        });
        refresh(&adapter.get_buses(), buses, |rows| adapter.set_buses(rows));
        let inputs = |names: &[String]| words(names);
        if adapter.get_keys().row_count() != state.keys.len() {
            adapter.set_keys(inputs(&state.keys));
        }
        if adapter.get_knobs().row_count() != state.knobs.len() {
            adapter.set_knobs(inputs(&state.knobs));
        }
        adapter.set_phone(phone(&state.phone));
        self.show_chosen(&adapter);
    }

    fn show_chosen(&self, adapter: &HandAdapter<'_>) {
        let answer = self.state.answers.get(self.answer);
        adapter.set_chosen_answer(if answer.is_some() { self.answer as i32 } else { -1 });
        adapter.set_answer(answer.map(|answer| answer.answer.as_str()).unwrap_or_default().into());
        let delay = answer.and_then(|answer| DELAYS.iter().position(|delay| *delay == answer.delay_ms));
        adapter.set_delay(delay.map_or(-1, |place| place as i32));
        let message = self.state.messages.get(self.message);
        adapter.set_chosen_message(if message.is_some() { self.message as i32 } else { -1 });
        adapter.set_muted(message.is_some_and(|message| message.muted));
        adapter.set_fault(message.map(|message| message.fault.as_str()).unwrap_or_default().into());
        let takes = |fault: &str| message.is_some_and(|message| message.faults.iter().any(|known| known == fault));
        adapter.set_has_checksum(takes("checksum"));
        adapter.set_has_counter(takes("counter"));
    }

    /// An order for the chosen answer. What was ordered of it before stays, also while the hand has not said so yet.
    fn answer(&mut self, answer: Option<&str>, delay_ms: Option<u32>) -> Option<Order> {
        let chosen = self.state.answers.get(self.answer)?;
        let before = self.ordered.as_ref().map(|(ordered, _)| ordered).filter(|ordered| ordered.path == chosen.path);
        let AnswerState { path, answer: before, delay_ms: delay } = before.unwrap_or(chosen).clone();
        let (answer, delay_ms) = (answer.map_or(before, str::to_owned), delay_ms.unwrap_or(delay));
        self.ordered = Some((AnswerState { path: path.clone(), answer: answer.clone(), delay_ms }, 0));
        Some(Order::Answer { path, answer, delay_ms })
    }

    fn message(&self) -> Option<String> {
        self.state.messages.get(self.message).map(|message| message.name.clone())
    }
}

/// Why an order came to nothing, for a sentence in the language of the window.
fn refused(order: &Order, why: &Why) -> Refused {
    match (order, why) {
        (_, Why::NoAnswer) => Refused::Unanswered,
        (Order::Set { .. }, Why::NotNow(_)) => Refused::OnlyStanding,
        (Order::Set { .. }, Why::Unknown(_)) => Refused::NoSetting,
        (Order::Kill(_), Why::Unknown(_)) => Refused::NotThere,
        (Order::Kill(_), Why::NotNow(_)) => Refused::NotKilled,
        (Order::Begin(_), _) => Refused::NoScenario,
        (Order::Phone(_), Why::NotNow(_)) => Refused::NotByPhone,
        (Order::Phone(_), Why::Unknown(_)) => Refused::NoPhone,
        _ => Refused::Other,
    }
}

fn phone(phone: &PhoneState) -> PhoneView {
    let (name, title) = (Words::new(&phone.name, LONGEST), Words::new(&phone.title, LONGEST));
    PhoneView {
        reach: match phone.reach.as_str() {
            "gone" => Reach::Gone,
            "searching" => Reach::Searching,
            "near" => Reach::Near,
            "away" => Reach::Away,
            _ => Reach::None,
        },
        name: name.text.into(),
        han: name.han,
        paired: phone.paired,
        key: Words::new(&phone.key, LONGEST).text.into(),
        playing: phone.playing,
        title: title.text.into(),
        title_han: title.han,
    }
}

fn words(names: &[String]) -> ModelRc<SharedString> {
    ModelRc::new(VecModel::from_iter(names.iter().map(SharedString::from)))
}

/// Changes the rows that differ; a list of another length is another list. What a finger is on stays where it is.
fn refresh(shown: &ModelRc<Row>, rows: impl ExactSizeIterator<Item = Row>, set: impl FnOnce(ModelRc<Row>)) {
    if shown.row_count() != rows.len() {
        return set(ModelRc::new(VecModel::from_iter(rows)));
    }
    for (at, row) in rows.enumerate() {
        if shown.row_data(at).as_ref() != Some(&row) {
            shown.set_row_data(at, row);
        }
    }
}

/// Lets a finger give orders.
pub(crate) fn connect(window: &PanelWindow, desk: &Rc<RefCell<Desk>>, send: &Rc<dyn Fn(Order) -> bool>) {
    let adapter = window.global::<HandAdapter>();
    let order = {
        let (send, place) = (Rc::clone(send), window.as_weak());
        Rc::new(move |order: Option<Order>| {
            let Some(order) = order else { return };
            let taken = send(order);
            if let Some(window) = place.upgrade().filter(|_| !taken) {
                window.global::<HandAdapter>().set_refused(Refused::Unanswered);
            }
        })
    };
    let gives = Rc::clone(&order);
    adapter.on_pedals(move |accelerator, brake, milliseconds| {
        let percent = |share: f32| (f64::from(share) * 100.0).clamp(0.0, 100.0).round();
        let (accelerator, brake) = (percent(accelerator), percent(brake));
        gives(Some(Order::Pedals {
            accelerator,
            brake,
            milliseconds: u32::try_from(milliseconds).unwrap_or_default(),
        }));
    });
    let gives = Rc::clone(&order);
    adapter.on_begin(move |scenario| gives(Some(Order::Begin(scenario.into()))));
    let gives = Rc::clone(&order);
    adapter.on_take_over(move || gives(Some(Order::TakeOver)));
    let gives = Rc::clone(&order);
    adapter.on_drop_bus(move |interface, dropped| gives(Some(Order::DropBus { interface: interface.into(), dropped })));
    let gives = Rc::clone(&order);
    adapter.on_kill(move |place| {
        gives(usize::try_from(place).ok().and_then(|place| PROGRAMS.get(place)).map(|program| Order::Kill(program)));
    });
    let gives = Rc::clone(&order);
    adapter.on_do_by_phone(move |place| {
        gives(usize::try_from(place).ok().and_then(|place| PhoneDeed::ALL.get(place)).map(|deed| Order::Phone(*deed)));
    });
    let gives = Rc::clone(&order);
    adapter.on_press(move |key| gives(Some(Order::Press(key.into()))));
    let gives = Rc::clone(&order);
    adapter.on_turn(move |knob, steps| gives(Some(Order::Turn { knob: knob.into(), steps })));

    let (gives, at) = (Rc::clone(&order), Rc::clone(desk));
    adapter.on_set_answer(move |answer| gives(at.borrow_mut().answer(Some(&answer), None)));
    let (gives, at) = (Rc::clone(&order), Rc::clone(desk));
    adapter.on_set_delay(move |place| {
        let delay = usize::try_from(place).ok().and_then(|place| DELAYS.get(place)).copied();
        gives(at.borrow_mut().answer(None, delay));
    });
    let (gives, at) = (Rc::clone(&order), Rc::clone(desk));
    adapter.on_mute(move |muted| gives(at.borrow().message().map(|message| Order::Mute { message, muted })));
    let (gives, at) = (order, Rc::clone(desk));
    adapter.on_spoil(move |fault| {
        gives(at.borrow().message().map(|message| Order::Spoil { message, fault: fault.to_string() }));
    });
    let (place, at) = (window.as_weak(), Rc::clone(desk));
    adapter.on_choose_answer(move |chosen| {
        at.borrow_mut().answer = usize::try_from(chosen).unwrap_or_default();
        if let Some(window) = place.upgrade() {
            at.borrow().show_chosen(&window.global::<HandAdapter>());
        }
    });
    let (place, at) = (window.as_weak(), Rc::clone(desk));
    adapter.on_choose_message(move |chosen| {
        at.borrow_mut().message = usize::try_from(chosen).unwrap_or_default();
        if let Some(window) = place.upgrade() {
            at.borrow().show_chosen(&window.global::<HandAdapter>());
        }
    });
}

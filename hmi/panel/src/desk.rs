//! What the hand says of itself, on its way to the window, and the orders that are no setting: pedals, scenarios, answers, messages, breakdowns.

use std::cell::RefCell;
use std::rc::Rc;

use slint::{ComponentHandle, Model, ModelRc, SharedString, VecModel};
use tandem_contracts::simulator::State;

use crate::hand::{News, Order, Why};
use crate::{HandAdapter, PanelWindow, Row};

/// Longer sentences of the hand are cut, characters: it may list all that it knows.
const LONGEST_SENTENCE: usize = 150;
/// What takes so long to answer can be chosen, ms.
const DELAYS: [u32; 4] = [100, 500, 2_000, 5_000];
/// The programs that may be killed, in the order in which the window has them.
const PROGRAMS: [&str; 6] = ["vehicle", "settings", "media", "phone-link", "cluster", "centre"];

#[derive(Debug, Default)]
pub(crate) struct Desk {
    state: State,
    answer: usize,
    message: usize,
}

impl Desk {
    pub fn hear(&mut self, window: &PanelWindow, news: &News) {
        let adapter = window.global::<HandAdapter>();
        match news {
            News::Scenarios(names) => adapter.set_scenarios(words(names)),
            News::State(state) => {
                self.state = (**state).clone();
                adapter.set_present(true);
                self.show(window);
            }
            News::Gone => {
                *self = Self::default();
                adapter.set_present(false);
                adapter.set_sentence(SharedString::new());
                self.show(window);
            }
            News::Refused { why, .. } => {
                let sentence: String = match why {
                    Why::Unknown(sentence) | Why::NotNow(sentence) => sentence.chars().take(LONGEST_SENTENCE).collect(),
                    Why::NoAnswer => String::new(),
                };
                adapter.set_sentence(sentence.into());
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

    fn answer(&self, answer: Option<&str>, delay_ms: Option<u32>) -> Option<Order> {
        let chosen = self.state.answers.get(self.answer)?;
        Some(Order::Answer {
            path: chosen.path.clone(),
            answer: answer.unwrap_or(&chosen.answer).to_owned(),
            delay_ms: delay_ms.unwrap_or(chosen.delay_ms),
        })
    }

    fn message(&self) -> Option<String> {
        self.state.messages.get(self.message).map(|message| message.name.clone())
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
        let send = Rc::clone(send);
        Rc::new(move |order: Option<Order>| {
            if let Some(order) = order {
                send(order);
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
    adapter.on_press(move |key| gives(Some(Order::Press(key.into()))));
    let gives = Rc::clone(&order);
    adapter.on_turn(move |knob, steps| gives(Some(Order::Turn { knob: knob.into(), steps })));

    let (gives, at) = (Rc::clone(&order), Rc::clone(desk));
    adapter.on_set_answer(move |answer| gives(at.borrow().answer(Some(&answer), None)));
    let (gives, at) = (Rc::clone(&order), Rc::clone(desk));
    adapter.on_set_delay(move |place| {
        let delay = usize::try_from(place).ok().and_then(|place| DELAYS.get(place)).copied();
        gives(at.borrow().answer(None, delay));
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

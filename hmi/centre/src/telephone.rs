//! Telephone calls: the layer of the one that rings, the mark of the one that goes on, and the card of those that were missed.

use std::cell::RefCell;
use std::rc::Rc;

use slint::{ComponentHandle, SharedString};
use tandem_kit::telephone::{Call, CallCause, CallDenied, Heard};
use tandem_kit::{CallCommand, CallsNews};
use tandem_units::Nanoseconds;

use crate::media::rows;
use crate::phones::{REASON_SHOWN, figures};
use crate::{CallAdapter, CallState, CallTrouble, CallView, CallWish, CentreWindow, MissedCall};

/// A phone that has not done what was asked by then is said not to answer.
const DONE_WITHIN: Nanoseconds = Nanoseconds::from_millis(5_000);

struct Wish {
    what: CallWish,
    of: Call,
    until: Nanoseconds,
}

impl Wish {
    /// Whether the call is what it was when this was asked.
    fn is_open(&self, calls: &[Call]) -> bool {
        let telling = |call: &Call| (call.id.clone(), call.state.clone(), call.can_silence);
        calls.iter().any(|call| telling(call) == telling(&self.of))
    }
}

/// Everything on calls, behind the window.
pub(crate) struct Telephone {
    calls: Vec<Call>,
    /// By the boot clock and by the link's: so that lengths go on with the link's.
    heard: (Heard, Nanoseconds),
    /// What this screen asked of a call that is still as it was then.
    wish: Option<Wish>,
    /// Why something came to nothing, of which call, and until when it is said.
    trouble: Option<(CallTrouble, String, Nanoseconds)>,
    now: Nanoseconds,
    send: Rc<dyn Fn(CallCommand) -> bool>,
}

impl Telephone {
    pub fn new(send: Rc<dyn Fn(CallCommand) -> bool>) -> Self {
        let heard = (Heard::default(), Nanoseconds::ZERO);
        Self { calls: Vec::new(), heard, wish: None, trouble: None, now: Nanoseconds::ZERO, send }
    }

    /// When something changes by time alone: a second of the call passes, a wish was in vain, a reason goes.
    pub fn wakes_at(&self) -> Option<Nanoseconds> {
        let second = Nanoseconds::SECOND.0;
        let length = self.ongoing().and_then(|call| self.length(call));
        let length = length.map(|length| Nanoseconds(self.now.0 + second - length % second));
        let wish = self.wish.as_ref().map(|wish| wish.until);
        length.into_iter().chain(wish).chain(self.trouble.as_ref().map(|(.., until)| *until)).min()
    }

    /// Time passed.
    pub fn pass(&mut self, window: &CentreWindow, now: Nanoseconds) {
        self.now = now;
        if self.trouble.as_ref().is_some_and(|(.., until)| *until <= now) {
            self.trouble = None;
            self.show(window);
        }
        if let Some(wish) = self.wish.take_if(|wish| wish.until <= now) {
            self.trouble = Some((CallTrouble::NoAnswer, wish.of.id, now + REASON_SHOWN));
            self.show(window);
        }
        self.show_length(window);
    }

    pub fn hear(&mut self, window: &CentreWindow, news: &CallsNews) {
        match news {
            CallsNews::Calls(calls, heard) => {
                self.calls.clone_from(calls);
                self.heard = (*heard, self.now);
                self.wish.take_if(|wish| !wish.is_open(calls));
            }
            CallsNews::Refused(CallDenied { command, cause }) => {
                let (CallCommand::Answer(id)
                | CallCommand::HangUp(id)
                | CallCommand::Silence(id)
                | CallCommand::Dismiss(id)) = command;
                let trouble = match cause {
                    CallCause::NotFound => CallTrouble::Over,
                    CallCause::NotPossible => CallTrouble::Impossible,
                    CallCause::NotNow => CallTrouble::Refused,
                    CallCause::NoAnswer => CallTrouble::NoAnswer,
                };
                self.wish.take_if(|wish| wish.of.id == *id);
                self.trouble = Some((trouble, id.clone(), self.now + REASON_SHOWN));
            }
        }
        self.show(window);
    }

    fn ringing(&self) -> Option<&Call> {
        self.calls.iter().find(|call| call.state == "ringing")
    }

    /// The one that goes on; one that is held after all others.
    fn ongoing(&self) -> Option<&Call> {
        let is = |state: &'static str| self.calls.iter().find(move |call| call.state == state);
        is("active").or_else(|| is("dialing")).or_else(|| is("held"))
    }

    fn missed(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter().filter(|call| call.state == "missed")
    }

    /// Nanoseconds; none if nobody knows when it began.
    fn length(&self, call: &Call) -> Option<u64> {
        let (Heard(heard), at) = self.heard;
        let known = call.since_ns > 0 && call.state == "active";
        known.then(|| heard.saturating_sub(call.since_ns).saturating_add(self.now.since(at).0))
    }

    fn view(&self, call: &Call) -> CallView {
        let wish = self.wish.as_ref().filter(|wish| wish.of.id == call.id);
        let trouble = self.trouble.as_ref().filter(|(_, about, _)| *about == call.id);
        CallView {
            present: true,
            party: rows::words(party(call)),
            phone: rows::words(&call.phone_name),
            state: match call.state.as_str() {
                "ringing" => CallState::Ringing,
                "dialing" => CallState::Dialing,
                "held" => CallState::Held,
                _ => CallState::Active,
            },
            can_answer: call.can_answer,
            can_hang_up: call.can_hang_up,
            can_silence: call.can_silence,
            wish: wish.map_or(CallWish::None, |wish| wish.what),
            trouble: trouble.map_or(CallTrouble::None, |(trouble, ..)| *trouble),
        }
    }

    fn show(&self, window: &CentreWindow) {
        let adapter = window.global::<CallAdapter>();
        let view = |call: Option<&Call>| call.map(|call| self.view(call)).unwrap_or_default();
        adapter.set_ringing(view(self.ringing()));
        adapter.set_ongoing(view(self.ongoing()));
        let missed = self.missed().next().map(|call| MissedCall {
            id: call.id.as_str().into(),
            party: rows::words(party(call)),
            phone: rows::words(&call.phone_name),
        });
        adapter.set_missed(missed.unwrap_or_default());
        adapter.set_missed_count(self.missed().count().try_into().unwrap_or(i32::MAX));
        self.show_length(window);
    }

    fn show_length(&self, window: &CentreWindow) {
        let length = self.ongoing().and_then(|call| self.length(call));
        let length = length.map(|length| rows::time((length / 1_000) as i64)).unwrap_or_default();
        let adapter = window.global::<CallAdapter>();
        if adapter.get_length() != length.as_str() {
            adapter.set_figures(figures(&length));
            adapter.set_length(SharedString::from(length));
        }
    }

    fn ask(&mut self, window: &CentreWindow, wish: CallWish, call: Option<Call>) {
        let Some(call) = call else { return };
        let id = call.id.clone();
        let command = match wish {
            CallWish::None => CallCommand::Dismiss(id),
            CallWish::Answer => CallCommand::Answer(id),
            CallWish::HangUp => CallCommand::HangUp(id),
            CallWish::Silence => CallCommand::Silence(id),
        };
        self.trouble = None;
        if wish != CallWish::None {
            self.wish = Some(Wish { what: wish, of: call, until: self.now + DONE_WITHIN });
        }
        if !(self.send)(command.clone()) {
            return self.hear(window, &CallsNews::Refused(CallDenied { command, cause: CallCause::NoAnswer }));
        }
        self.show(window);
    }
}

fn party(call: &Call) -> &str {
    if call.name.is_empty() { &call.number } else { &call.name }
}

/// Lets taps reach `telephone`.
pub(crate) fn connect(window: &CentreWindow, telephone: &Rc<RefCell<Telephone>>) {
    let on = |wish: CallWish, which: fn(&Telephone) -> Option<&Call>| {
        let (place, telephone) = (window.as_weak(), Rc::clone(telephone));
        move || {
            if let Some(window) = place.upgrade() {
                let mut telephone = telephone.borrow_mut();
                let call = which(&telephone).cloned();
                telephone.ask(&window, wish, call);
            }
        }
    };
    let adapter = window.global::<CallAdapter>();
    adapter.on_answer(on(CallWish::Answer, Telephone::ringing));
    adapter.on_decline(on(CallWish::HangUp, Telephone::ringing));
    adapter.on_silence(on(CallWish::Silence, Telephone::ringing));
    adapter.on_hang_up(on(CallWish::HangUp, Telephone::ongoing));
    adapter.on_dismiss_missed(on(CallWish::None, |telephone| telephone.missed().next()));
}

//! From a finger to the phones.

use std::cell::RefCell;
use std::rc::Rc;

use slint::{ComponentHandle, SharedString};
use tandem_kit::PhoneCommand;
use tandem_kit::phone::Order;

use super::{Phones, Watched};
use crate::{CentreWindow, PhoneAdapter, PhoneTab, SessionsAdapter};

/// The words of `PhoneLink1` for a choice of three, in the order of the screen.
const GOING: [&str; 3] = ["ask", "always", "never"];

/// Lets taps reach `phones`.
pub(crate) fn connect(window: &CentreWindow, phones: &Rc<RefCell<Phones>>) {
    phones.borrow().show_models(window);
    // A tap on the window with the phones behind it.
    let with = {
        let (place, phones) = (window.as_weak(), Rc::clone(phones));
        move |act: &dyn Fn(&mut Phones, &CentreWindow)| {
            if let Some(window) = place.upgrade() {
                act(&mut phones.borrow_mut(), &window);
            }
        }
    };
    let with = Rc::new(with);
    connect_sessions(&window.global(), &with);
    connect_phones(&window.global(), &with);
}

type Which = fn(&Phones) -> &Watched;

fn connect_sessions(adapter: &SessionsAdapter<'_>, with: &Rc<impl Fn(&dyn Fn(&mut Phones, &CentreWindow)) + 'static>) {
    let ask = |which: Which, command: fn(String) -> PhoneCommand| {
        let with = Rc::clone(with);
        move || {
            with(&|phones, window| {
                let Some(id) = which(phones).session().map(|session| session.id.clone()) else { return };
                phones.ask(window, command(id));
            });
        }
    };
    let (media, place): (Which, Which) = (|phones| &phones.media, |phones| &phones.place);
    adapter.on_claim_media(ask(media, PhoneCommand::Claim));
    adapter.on_release_media(ask(media, PhoneCommand::Release));
    adapter.on_dismiss_media(ask(media, PhoneCommand::Dismiss));
    adapter.on_steer_next(ask(media, |session| PhoneCommand::Steer { session, order: Order::Next }));
    adapter.on_steer_previous(ask(media, |session| PhoneCommand::Steer { session, order: Order::Previous }));
    adapter.on_claim_place(ask(place, PhoneCommand::Claim));
    adapter.on_release_place(ask(place, PhoneCommand::Release));
    adapter.on_dismiss_place(ask(place, PhoneCommand::Dismiss));
    let act = Rc::clone(with);
    adapter.on_steer_play(move || {
        act(&|phones, window| {
            let Some(session) = phones.media.session() else { return };
            let order = if session.media.playing { Order::Pause } else { Order::Play };
            let session = session.id.clone();
            phones.ask(window, PhoneCommand::Steer { session, order });
        });
    });
    let act = Rc::clone(with);
    adapter.on_dismiss_note(move |id| act(&|phones, window| phones.ask(window, PhoneCommand::Dismiss(id.to_string()))));
}

fn connect_phones(adapter: &PhoneAdapter<'_>, with: &Rc<impl Fn(&dyn Fn(&mut Phones, &CentreWindow)) + 'static>) {
    let ask = |command: PhoneCommand| {
        let with = Rc::clone(with);
        move || with(&|phones, window| phones.ask(window, command.clone()))
    };
    adapter.on_open_pairing(ask(PhoneCommand::OpenPairing));
    let ask = |command: fn(String) -> PhoneCommand| {
        let with = Rc::clone(with);
        move |id: SharedString| with(&|phones, window| phones.ask(window, command(id.to_string())))
    };
    adapter.on_pair(ask(PhoneCommand::Pair));
    adapter.on_forget(ask(PhoneCommand::Forget));
    adapter.on_prefer(ask(PhoneCommand::Prefer));
    adapter.on_ring(ask(PhoneCommand::Ring));
    let ask = |command: fn(String) -> PhoneCommand| {
        let with = Rc::clone(with);
        move || {
            with(&|phones, window| {
                if let Some(id) = phones.pairing.clone() {
                    phones.ask(window, command(id));
                }
            });
        }
    };
    adapter.on_confirm(ask(PhoneCommand::Confirm));
    adapter.on_refuse(ask(PhoneCommand::Refuse));
    let act = Rc::clone(with);
    adapter.on_close_pairing(move || {
        act(&|phones, window| {
            // Whoever closes it does not want the one that is being paired either.
            if let Some(id) = phones.pairing.clone() {
                phones.ask(window, PhoneCommand::Refuse(id));
            }
            phones.ask(window, PhoneCommand::ClosePairing);
        });
    });
    let act = Rc::clone(with);
    adapter.on_open_tab(move |tab| {
        act(&|phones, window| {
            window.global::<PhoneAdapter>().set_tab(tab);
            if tab == PhoneTab::Ledger {
                phones.ask(window, PhoneCommand::Ledger);
            }
        });
    });
    let act = Rc::clone(with);
    adapter.on_grant(move |phone, what, granted| {
        let (phone, what) = (phone.to_string(), what.to_string());
        act(&|phones, window| {
            phones.ask(window, PhoneCommand::Grant { phone: phone.clone(), what: what.clone(), granted });
        });
    });
    let act = Rc::clone(with);
    adapter.on_go_on(move |phone, kind, place| {
        let Some(word) = usize::try_from(place).ok().and_then(|place| GOING.get(place)) else { return };
        let (phone, kind) = (phone.to_string(), kind.to_string());
        act(&|phones, window| {
            let (phone, kind, word) = (phone.clone(), kind.clone(), (*word).to_owned());
            phones.ask(window, PhoneCommand::SetAutomatic { phone, kind, word });
        });
    });
    let act = Rc::clone(with);
    adapter.on_set_guest(move |phone, is_guest| {
        act(&|phones, window| phones.ask(window, PhoneCommand::SetGuest { phone: phone.to_string(), is_guest }));
    });
}

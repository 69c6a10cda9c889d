//! What the phone is made to do.

use tandem_kdeconnect::{CallEvent, Message, MprisRequest, Note, Share, Telephony};

use super::{Core, Moment, Out};
use crate::deed::{Caller, Deed, NoteShown, Simple};
use crate::event::What;
use crate::player::{By, Order};
use crate::story::hint;

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum NotDone {
    #[error("no paired car is there")]
    NoCar,
    #[error("no car is there")]
    Nobody,
    #[error("there are no players")]
    NoPlayers,
    #[error("there is no player {0}")]
    Player(String),
    #[error("there is no button {0}")]
    Button(String),
    #[error("there is no notification {0}")]
    Note(String),
    #[error("nobody calls")]
    NoCall,
    #[error("nothing changed")]
    Nothing,
}

fn telephony(caller: &Caller, event: CallEvent, is_over: bool) -> Message {
    let Caller { name, number } = caller.clone();
    Message::Telephony(Telephony { event, number, name, is_over })
}

impl Core {
    /// Does something, and tells whether it was done.
    pub fn deed(&mut self, at: Moment, deed: Deed) {
        self.at = at;
        let name = deed.to_string();
        let place = self.out.len();
        let told = match self.try_deed(deed) {
            Ok(()) => What::Done { deed: name },
            Err(error) => What::NotDone { deed: name, why: error.to_string() },
        };
        // Before what follows from it.
        self.out.insert(place, Out::Tell(told));
    }

    fn try_deed(&mut self, deed: Deed) -> Result<(), NotDone> {
        match deed {
            Deed::Player(player, action) => self.by_hand(player, Order::Do(action))?,
            Deed::SetPosition(to) => self.by_hand(to.player, Order::SetPosition { ms: to.to_ms })?,
            // Android's app keeps a link for a car that is away.
            Deed::Share(url) if url.starts_with("http") && !self.is_paired() => {
                self.kept_links.insert(url);
            }
            Deed::Share(url) => self.say(Message::Share(Share::Url(url)))?,
            Deed::ShareText(text) => self.say(Message::Share(Share::Text(text)))?,
            Deed::ShareFile(path) => {
                if !self.is_paired() {
                    return Err(NotDone::NoCar);
                }
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                self.out.push_back(Out::SendFile { path, name });
            }
            Deed::Note(NoteShown { id, app, title, text, stays }) => {
                let time_ms = i64::try_from(self.at.unix_ms).ok();
                let can_be_dismissed = !stays;
                let note = Note::Shown { id: id.clone(), app, title, text, time_ms, can_be_dismissed, silent: false };
                self.notes.insert(id, note.clone());
                self.send(Message::Note(note));
            }
            Deed::Unnote(id) => {
                self.notes.remove(&id).ok_or_else(|| NotDone::Note(id.clone()))?;
                self.send(Message::Note(Note::Gone { id }));
            }
            Deed::Call(caller) => {
                self.say(telephony(&caller, CallEvent::Ringing, false))?;
                self.call = Some((caller, false));
            }
            Deed::Battery(charge) => {
                self.battery = Some(charge);
                self.send_state_of_phone();
            }
            Deed::Signal(network) => {
                self.signal = Some(network);
                self.send_state_of_phone();
            }
            Deed::Ping(message) => self.say(Message::Ping { message: Some(message) })?,
            Deed::Press(word) => {
                let is_meant = |it: &&tandem_kdeconnect::Command| {
                    it.key.eq_ignore_ascii_case(&word) || it.name.eq_ignore_ascii_case(&word)
                };
                let button = self.buttons.iter().find(is_meant).map(|it| it.key.clone());
                let known = self.buttons.iter().map(|it| it.key.as_str());
                let key = button.ok_or_else(|| NotDone::Button(format!("{word}{}", hint(&word, known))))?;
                self.say(Message::RunCommand { key })?;
            }
            Deed::Car(action) => {
                let player = self.car_players.keys().next().cloned().ok_or(NotDone::NoPlayers)?;
                self.say(Message::MprisRequest(MprisRequest::Do { player, action }))?;
            }
            Deed::Faults(faults) => self.faults = faults,
            Deed::Simple(simple) => self.try_simple(simple)?,
        }
        Ok(())
    }

    fn try_simple(&mut self, simple: Simple) -> Result<(), NotDone> {
        match simple {
            Simple::Status => {
                let players = self.players.iter().map(|player| self.now_of(player)).collect();
                let (connected, paired) = (self.car.is_some(), self.is_paired());
                self.tell(What::Status { connected, paired, players, notes: self.notes.len() });
            }
            Simple::Die | Simple::Come | Simple::ComeAsAnother => {
                self.gone();
                self.out.push_back(Out::Air(simple));
            }
            Simple::Talk => {
                let (caller, answered) = self.call.as_mut().filter(|(_, answered)| !answered).ok_or(NotDone::NoCall)?;
                *answered = true;
                let message = telephony(caller, CallEvent::Talking, false);
                self.send(message);
            }
            Simple::EndCall => {
                let (caller, answered) = self.call.take().ok_or(NotDone::NoCall)?;
                let last = if answered { CallEvent::Talking } else { CallEvent::Ringing };
                self.send(telephony(&caller, last, true));
                if !answered {
                    self.send(telephony(&caller, CallEvent::MissedCall, false));
                }
            }
            // It knows nothing of it itself.
            Simple::Hang | Simple::Vanish | Simple::Wake => self.out.push_back(Out::Air(simple)),
            Simple::Pair | Simple::Accept | Simple::Refuse | Simple::Unpair => {
                if self.car.is_none() {
                    return Err(NotDone::Nobody);
                }
                let before = self.out.len();
                match simple {
                    Simple::Pair => self.pair(|pairing, at, unix, window| pairing.ask(at.now, unix, window)),
                    Simple::Accept => self.pair(|pairing, at, _, window| pairing.confirm(at.now, window)),
                    _ => self.pair(|pairing, _, _, _| pairing.refuse()),
                }
                if self.out.len() == before {
                    return Err(NotDone::Nothing);
                }
            }
        }
        Ok(())
    }

    fn say(&mut self, message: Message) -> Result<(), NotDone> {
        if !self.is_paired() {
            return Err(NotDone::NoCar);
        }
        self.send(message);
        Ok(())
    }

    fn by_hand(&mut self, player: Option<String>, order: Order) -> Result<(), NotDone> {
        let place = match &player {
            Some(name) => self.players.iter().position(|it| it.name() == name),
            None => Some(0),
        };
        let (now, faults) = (self.at.now, self.faults.clone());
        let found = place.and_then(|place| Some((place, self.players.get_mut(place)?)));
        let Some((place, player)) = found else {
            let Some(name) = player else { return Err(NotDone::NoPlayers) };
            let known = self.players.iter().map(|it| it.name());
            return Err(NotDone::Player(format!("{name}{}", hint(&name, known))));
        };
        if !player.told(now, order, By::Hand, &faults) {
            return Err(NotDone::Nothing);
        }
        self.player_changed(place, By::Hand);
        Ok(())
    }
}

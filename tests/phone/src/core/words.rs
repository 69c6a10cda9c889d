//! What the car says.

use tandem_kdeconnect::{Message, Mpris, MprisRequest, Note, NoteRequest, Packet, PairBody, Playing, Share};

use super::{Core, Moment, Out};
use crate::event::What;
use crate::player::{By, Order};

impl Core {
    /// A packet of the car.
    pub fn packet(&mut self, at: Moment, packet: Packet) {
        self.at = at;
        let payload = packet.payload;
        match packet.message {
            Message::Pair(said) => self.hear_pairing(said),
            // As every peer of theirs does: the other end then knows that it is nobody here.
            _ if !self.is_paired() => {
                let no = Message::Pair(PairBody { pair: false, timestamp: None });
                self.out.push_back(Out::Send(Packet::new(no)));
            }
            Message::MprisRequest(request) => self.hear_request(request),
            Message::Mpris(said) => self.hear_car_player(said),
            Message::Share(Share::Url(url)) => self.receive("url", url),
            Message::Share(Share::Text(text)) => self.receive("text", text),
            Message::Share(Share::File { name, .. }) => match payload {
                Some(payload) => self.out.push_back(Out::Fetch { payload, name }),
                None => self.tell(What::Failed { file: name, why: "it came without its bytes".to_owned() }),
            },
            Message::NoteRequest(NoteRequest::All) => {
                self.tell(What::NotesAsked);
                let notes: Vec<Note> = self.notes.values().cloned().map(silently).collect();
                notes.into_iter().for_each(|note| self.send(Message::Note(note)));
            }
            Message::NoteRequest(NoteRequest::Dismiss { id }) => {
                let goes = matches!(self.notes.get(&id), Some(Note::Shown { can_be_dismissed: true, .. }));
                if goes {
                    self.notes.remove(&id);
                    self.tell(What::NoteDismissed { id: id.clone() });
                    self.send(Message::Note(Note::Gone { id }));
                }
            }
            Message::Commands(buttons) => {
                self.buttons = buttons;
                self.tell(What::Buttons { buttons: self.buttons_shown() });
            }
            Message::Ping { message } => self.tell(What::Pinged { message: message.unwrap_or_default() }),
            Message::FindMyPhone => self.tell(What::Ringing),
            Message::MuteRinger => self.tell(What::Silenced),
            // The phone offers no buttons, and what else a car has is of no use to it.
            Message::CommandsRequest | Message::RunCommand { .. } | Message::Share(Share::Update { .. }) => {}
            Message::Note(_) | Message::Telephony(_) | Message::Battery(_) | Message::Connectivity(_) => {}
            Message::Identity(_) | Message::Other(_) => {}
        }
    }

    fn receive(&mut self, kind: &'static str, content: String) {
        let bytes = content.len() as u64;
        self.tell(What::Received { kind, content, bytes });
    }

    fn hear_request(&mut self, request: MprisRequest) {
        let (player, order) = match request {
            MprisRequest::Players => return self.send_players(),
            MprisRequest::State { player } => {
                let place = self.players.iter().position(|it| it.name() == player);
                return place.map_or((), |place| self.send_player(place));
            }
            MprisRequest::Do { player, action } => (player, Order::Do(action)),
            MprisRequest::SetPosition { player, position_ms } => (player, Order::SetPosition { ms: position_ms }),
            MprisRequest::Seek { player, offset_us } => (player, Order::Seek { us: offset_us }),
            MprisRequest::SetVolume { player, volume } => (player, Order::Volume { percent: volume }),
            // Android's app knows neither, and there are no covers here.
            MprisRequest::SetRepeat { .. } | MprisRequest::SetShuffle { .. } | MprisRequest::Art { .. } => return,
        };
        let Some(place) = self.players.iter().position(|it| it.name() == player) else { return };
        let (now, faults) = (self.at.now, self.faults.clone());
        let changed = self.players.get_mut(place).is_some_and(|it| it.told(now, order, By::Car, &faults));
        match changed {
            true => self.player_changed(place, By::Car),
            false => self.tell(What::Ignored { player, order: format!("{order:?}") }),
        }
    }

    /// The car's own player, as the phone's app shows it.
    fn hear_car_player(&mut self, said: Mpris) {
        match said {
            Mpris::Players { names, .. } => {
                self.car_players.retain(|name, _| names.contains(name));
                for player in names {
                    self.send(Message::MprisRequest(MprisRequest::State { player }));
                }
            }
            Mpris::State { player, state } => {
                let before = self.car_players.entry(player.clone()).or_default();
                let known = before.clone();
                put_over(before, *state);
                if *before == known {
                    return;
                }
                let now = before.clone();
                self.tell(What::CarPlayer {
                    player,
                    title: now.title.unwrap_or_default(),
                    playing: now.playing.unwrap_or(false),
                    position_ms: now.position_ms.unwrap_or(0),
                    url: now.url.unwrap_or_default(),
                });
            }
            Mpris::Art { .. } => {}
        }
    }
}

fn silently(note: Note) -> Note {
    match note {
        Note::Shown { id, app, title, text, time_ms, can_be_dismissed, .. } => {
            Note::Shown { id, app, title, text, time_ms, can_be_dismissed, silent: true }
        }
        gone @ Note::Gone { .. } => gone,
    }
}

/// What is said is put over what was said before; the rest stands.
fn put_over(before: &mut Playing, said: Playing) {
    macro_rules! newer {
        ($($field:ident),*) => { $(if said.$field.is_some() { before.$field = said.$field; })* };
    }
    newer!(title, artist, album, url, art_url, length_ms, position_ms, playing, volume, repeat, shuffle);
    newer!(can_play, can_pause, can_go_next, can_go_previous, can_seek);
}

//! The way to the virtual car's hidden hand: a thread of its own with a connection of its own. What is asked goes out one by one, and how the hand stands is
//! asked for twice a second.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tandem_contracts::connect;
use tandem_contracts::simulator::{PhoneDeed, Simulator1Proxy, SimulatorError, State};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::timeout;

/// How often the hand is asked how it stands.
const LOOKS: Duration = Duration::from_millis(500);
/// Orders that may wait: a finger is never so fast.
const MOST_ORDERS: usize = 32;

/// Rows of each list that the panel takes: a car has some hundred messages.
const MOST_ROWS: usize = 512;
/// Scenarios, keys, knobs and buses that it takes, for each has a button.
const MOST_BUTTONS: usize = 64;

/// Longer texts are cut, characters: no row shows more.
const LONGEST: usize = 400;

/// News that may wait for the window.
const MOST_NEWS: usize = 64;

/// What the panel asks of the virtual car.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    /// Percent each, and for so long, ms.
    Pedals {
        accelerator: f64,
        brake: f64,
        milliseconds: u32,
    },
    Set {
        key: &'static str,
        value: String,
    },
    Begin(String),
    TakeOver,
    Answer {
        path: String,
        answer: String,
        delay_ms: u32,
    },
    Mute {
        message: String,
        muted: bool,
    },
    Spoil {
        message: String,
        fault: String,
    },
    DropBus {
        interface: String,
        dropped: bool,
    },
    Kill(&'static str),
    /// What the phone is to do, as `Simulator1.Phone` takes it.
    Phone(PhoneDeed),
    Press(String),
    Turn {
        knob: String,
        steps: i32,
    },
}

/// How long a key is pressed, ms.
const PRESS_MS: u32 = 150;

/// What the hand says.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// It is there, with these scenarios.
    Scenarios(Vec<String>),
    State(Box<State>),
    /// There is none on this bus, or it does not answer.
    Gone,
    /// It did not do as it was asked.
    Refused {
        order: Order,
        why: Why,
    },
}

impl News {
    /// Whether an earlier one that nobody has read says nothing any more. Each order that was refused is told.
    fn replaces(&self, earlier: &Self) -> bool {
        match (self, earlier) {
            (Self::Refused { order, .. }, Self::Refused { order: other, .. }) => order == other,
            _ => std::mem::discriminant(self) == std::mem::discriminant(earlier),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The hand's own sentence, in English.
    Unknown(String),
    /// The same; it may be done at another time.
    NotNow(String),
    NoAnswer,
}

/// The panel's end.
#[derive(Clone, Debug)]
pub struct Hand {
    orders: Sender<Order>,
    /// The newest state, and whatever else nobody has read: bounded, for a state replaces a state.
    news: Arc<Mutex<Vec<News>>>,
}

impl Hand {
    /// Starts the thread; `wake` makes the panel call [`Hand::take`] soon.
    ///
    /// # Errors
    /// There is no thread to be had.
    pub fn start(wake: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        let (orders, receiver) = channel(MOST_ORDERS);
        let news: Arc<Mutex<Vec<News>>> = Arc::default();
        let hand = Self { orders, news };
        let line = Line { news: Arc::clone(&hand.news), wake: Box::new(wake), last: None };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new().name("hand".to_owned()).spawn(move || runtime.block_on(line.run(receiver)))?;
        Ok(hand)
    }

    /// Whether the order is under way.
    pub fn order(&self, order: Order) -> bool {
        self.orders.try_send(order).is_ok()
    }

    /// What was not read yet.
    pub fn take(&self) -> Vec<News> {
        std::mem::take(&mut self.news.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Line {
    news: Arc<Mutex<Vec<News>>>,
    wake: Box<dyn Fn() + Send>,
    /// What was said last of how it stands.
    last: Option<News>,
}

impl Line {
    async fn run(mut self, mut orders: Receiver<Order>) {
        loop {
            if let Ok(connection) = connect::open().await
                && let Ok(car) = Simulator1Proxy::new(&connection).await
            {
                if self.follow(&car, &mut orders).await {
                    return;
                }
            } else {
                self.stand(News::Gone);
            }
            // What was asked of a hand that is not there is not done later.
            match timeout(LOOKS, orders.recv()).await {
                Ok(None) => return,
                Ok(Some(order)) => self.say(News::Refused { order, why: Why::NoAnswer }),
                Err(_) => {}
            }
        }
    }

    /// Follows a hand until its bus is gone; true if the panel is.
    async fn follow(&mut self, car: &Simulator1Proxy<'_>, orders: &mut Receiver<Order>) -> bool {
        loop {
            match self.look(car).await {
                Ok(state) => self.stand(News::State(Box::new(state))),
                Err(_) => self.stand(News::Gone),
            }
            if car.inner().connection().is_closed() {
                return false;
            }
            match timeout(LOOKS, orders.recv()).await {
                Ok(None) => return true,
                Ok(Some(order)) => {
                    if let Err(error) = give(car, &order).await {
                        self.say(News::Refused { order, why: why(error) });
                    }
                }
                Err(_) => {}
            }
        }
    }

    /// How it stands; one that has just come says its scenarios first.
    async fn look(&self, car: &Simulator1Proxy<'_>) -> Result<State, SimulatorError> {
        if !matches!(self.last, Some(News::State(_))) {
            let mut scenarios = car.scenarios().await?;
            scenarios.truncate(MOST_BUTTONS);
            self.say(News::Scenarios(scenarios));
        }
        let mut state = car.state().await?;
        bound(&mut state);
        Ok(state)
    }

    /// Says how it stands, if that is new.
    fn stand(&mut self, news: News) {
        if self.last.as_ref() != Some(&news) {
            self.last = Some(news.clone());
            self.say(news);
        }
    }

    fn say(&self, said: News) {
        let mut news = self.news.lock().unwrap_or_else(PoisonError::into_inner);
        news.retain(|earlier| !said.replaces(earlier));
        // Nobody reads for a long time only if the window hangs.
        if news.len() < MOST_NEWS {
            news.push(said);
        }
        drop(news);
        (self.wake)();
    }
}

/// What answers for the hand may be anybody: a window of 100,000 rows would never be drawn.
fn bound(state: &mut State) {
    state.messages.truncate(MOST_ROWS);
    state.answers.truncate(MOST_ROWS);
    state.keys.truncate(MOST_BUTTONS);
    state.knobs.truncate(MOST_BUTTONS);
    state.buses.truncate(MOST_BUTTONS);
    let texts = [&mut state.scenario, &mut state.doing].into_iter();
    let rows = state.messages.iter_mut().flat_map(|message| [&mut message.name, &mut message.fault]);
    let answers = state.answers.iter_mut().flat_map(|answer| [&mut answer.path, &mut answer.answer]);
    let words =
        state.keys.iter_mut().chain(&mut state.knobs).chain(state.buses.iter_mut().map(|bus| &mut bus.interface));
    for text in texts.chain(rows).chain(answers).chain(words) {
        if let Some((end, _)) = text.char_indices().nth(LONGEST) {
            text.truncate(end);
        }
    }
}

async fn give(car: &Simulator1Proxy<'_>, order: &Order) -> Result<(), SimulatorError> {
    match order.clone() {
        Order::Pedals { accelerator, brake, milliseconds } => car.pedals(accelerator, brake, milliseconds).await,
        Order::Set { key, value } => car.set(key.to_owned(), value).await,
        Order::Begin(scenario) => car.begin(scenario).await,
        Order::TakeOver => car.take_over().await,
        Order::Answer { path, answer, delay_ms } => car.answer(path, answer, delay_ms).await,
        Order::Mute { message, muted } => car.mute(message, muted).await,
        Order::Spoil { message, fault } => car.spoil(message, fault).await,
        Order::DropBus { interface, dropped } => car.drop_bus(interface, dropped).await,
        Order::Kill(program) => car.kill(program.to_owned()).await,
        Order::Phone(deed) => car.phone(deed.word().to_owned()).await,
        Order::Press(key) => car.press_key(key, PRESS_MS).await,
        Order::Turn { knob, steps } => car.turn_knob(knob, steps).await,
    }
}

fn why(error: SimulatorError) -> Why {
    match error {
        SimulatorError::Unknown(sentence) => Why::Unknown(sentence),
        SimulatorError::Refused(sentence) => Why::NotNow(sentence),
        SimulatorError::Bus(_) => Why::NoAnswer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hand_without_an_end_is_bounded() {
        let answer = || tandem_contracts::simulator::AnswerState { path: "ä".repeat(70_000), ..Default::default() };
        let mut state = State {
            doing: "x".repeat(70_000),
            keys: vec![String::new(); 9_000],
            answers: (0..2_000).map(|_| answer()).collect(),
            ..State::default()
        };
        bound(&mut state);
        assert_eq!((state.doing.len(), state.keys.len(), state.answers.len()), (LONGEST, MOST_BUTTONS, MOST_ROWS));
        assert_eq!(state.answers[0].path.chars().count(), LONGEST);
    }

    #[test]
    fn each_order_that_was_refused_is_told_and_of_the_rest_the_newest() {
        let hand: Arc<Mutex<Vec<News>>> = Arc::default();
        let line = Line { news: Arc::clone(&hand), wake: Box::new(|| {}), last: None };
        let refused = |order: &Order, why| News::Refused { order: order.clone(), why };
        let (door, belt) = (
            Order::Set { key: "driver_door", value: "true".into() },
            Order::Set { key: "driver_belt", value: "true".into() },
        );
        line.say(refused(&door, Why::NoAnswer));
        line.say(News::Gone);
        line.say(refused(&belt, Why::NoAnswer));
        line.say(refused(&door, Why::NotNow("it drives".into())));
        line.say(News::Gone);
        let told = hand.lock().unwrap().clone();
        assert_eq!(told, [refused(&belt, Why::NoAnswer), refused(&door, Why::NotNow("it drives".into())), News::Gone]);
        for number in 0..500 {
            line.say(refused(&Order::Begin(number.to_string()), Why::NoAnswer));
        }
        assert_eq!(hand.lock().unwrap().len(), MOST_NEWS);
    }
}

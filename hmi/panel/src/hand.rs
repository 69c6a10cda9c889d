//! The way to the virtual car's hidden hand: a thread of its own with a connection of its own. What is asked goes out one by one, and how the hand stands is
//! asked for twice a second.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tandem_contracts::connect;
use tandem_contracts::simulator::{Simulator1Proxy, SimulatorError, State};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::timeout;

/// How often the hand is asked how it stands.
const LOOKS: Duration = Duration::from_millis(500);
/// Orders that may wait: a finger is never so fast.
const MOST_ORDERS: usize = 32;

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

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The hand's own sentence, in English.
    Unknown(String),
    /// The same; it may be done when the car stands.
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
            self.say(News::Scenarios(car.scenarios().await?));
        }
        car.state().await
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
        news.retain(|earlier| std::mem::discriminant(earlier) != std::mem::discriminant(&said));
        news.push(said);
        drop(news);
        (self.wake)();
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

//! What the vehicle says of itself, for pairing, presence and places.

use std::collections::HashMap;
use std::time::Duration;

use tandem_contracts::connect;
use tandem_contracts::driving::{Follower, Restrictions, Status, Zone};
use tandem_contracts::signals::Signals1Proxy;
use tandem_contracts::subscription::{Batch, News, Subscription, Wish};
use tandem_session::{Cabin, Point};
use tandem_units::{Driving, Quality, Value};
use tokio::sync::watch;
use tracing::{info, warn};

use crate::core::Vehicle;

const POWER: &str = "Vehicle.LowVoltageSystemState";
const DOOR: &str = "Vehicle.Cabin.Door.Row1.DriverSide.IsOpen";
const BELT: &str = "Vehicle.Cabin.Seat.Row1.DriverSide.IsBelted";
const LATITUDE: &str = "Vehicle.CurrentLocation.Latitude";
const LONGITUDE: &str = "Vehicle.CurrentLocation.Longitude";
const PATHS: [&str; 5] = [POWER, DOOR, BELT, LATITUDE, LONGITUDE];
/// People get in and out at a slower pace.
const INTERVAL_MS: u32 = 200;
/// A service that says nothing for so long says nothing any more.
const SILENCE: Duration = Duration::from_secs(1);
const AGAIN: Duration = Duration::from_secs(1);

/// Valid values by path.
#[derive(Debug, Default)]
struct Readings(HashMap<String, Value>);

impl Readings {
    fn number(&self, path: &str) -> Option<f64> {
        match self.0.get(path)? {
            Value::Float(number) => Some(*number),
            Value::Int(number) => Some(*number as f64),
            Value::Bool(_) | Value::Text(_) => None,
        }
    }

    fn flag(&self, path: &str) -> Option<bool> {
        if let Value::Bool(flag) = self.0.get(path)? { Some(*flag) } else { None }
    }

    fn vehicle(&self, driving: &Driven) -> Vehicle {
        let power =
            self.0.get(POWER).and_then(|value| if let Value::Text(word) = value { Some(&**word) } else { None });
        let ignition_on = match power {
            Some("ACC" | "ON" | "START") => Some(true),
            Some("LOCK" | "OFF") => Some(false),
            _ => None,
        };
        let place = self.number(LATITUDE).zip(self.number(LONGITUDE));
        Vehicle {
            cabin: Cabin { ignition_on, driver_door_open: self.flag(DOOR), driver_belted: self.flag(BELT) },
            parked: driving.parked,
            restrictions: driving.restrictions,
            place: place.and_then(|(latitude, longitude)| Point::new(latitude, longitude)),
        }
    }
}

/// Whether the car is parked, and what that restricts.
#[derive(Clone, Copy, Debug)]
struct Driven {
    parked: bool,
    restrictions: Restrictions,
}

impl Driven {
    /// At a desk without a car.
    const FREE: Self = Self { parked: true, restrictions: Restrictions::NONE };

    fn of(status: &Status) -> Self {
        Self { parked: status.driving() == Driving::Parked, restrictions: status.restrictions(Zone::Driver) }
    }
}

/// Follows the vehicle until nobody wants to know any more. What is not known is not guessed: without a service nothing is parked, unless there is no car at all.
pub async fn follow(told: watch::Sender<Vehicle>, without_a_car: bool) {
    let nobody = if without_a_car { Driven::FREE } else { Driven::of(&Status::default()) };
    let unknown = Readings::default().vehicle(&nobody);
    // A car that lacks some of the leaves is asked for the others.
    let mut paths: Vec<String> = PATHS.map(str::to_owned).to_vec();
    loop {
        if let Err(error) = listen(&told, &mut paths, nobody, without_a_car).await {
            warn!(error = &error as &dyn std::error::Error, "the vehicle cannot be heard");
        }
        told.send_if_modified(|vehicle| std::mem::replace(vehicle, unknown) != unknown);
        tokio::select! {
            () = told.closed() => return,
            () = tokio::time::sleep(AGAIN) => {}
        }
    }
}

async fn listen(
    told: &watch::Sender<Vehicle>,
    paths: &mut Vec<String>,
    mut driving: Driven,
    without_a_car: bool,
) -> zbus::Result<()> {
    let connection = connect::open().await?;
    let wish = Wish { paths: paths.clone(), min_interval_ms: INTERVAL_MS, window: 2 };
    let mut subscription = Subscription::open(&connection, wish).await?;
    let mut follower = Follower::open(&connection).await?;
    let mut names: HashMap<u32, String> = HashMap::new();
    let mut readings = Readings::default();
    let mut is_subscribed = false;
    tell(told, &readings, &driving);
    loop {
        let heard = tokio::select! {
            biased;
            status = follower.next(), if !without_a_car => {
                let Some(status) = status else { return Ok(()) };
                driving = Driven::of(&status);
                tell(told, &readings, &driving);
                continue;
            }
            heard = tokio::time::timeout(SILENCE, subscription.next()) => heard,
        };
        let news = match heard {
            Ok(Some(news)) => news,
            Ok(None) => return Ok(()),
            // Batches tell what changes: who goes on with this one never hears again of a gear that stays in P.
            Err(_) if is_subscribed => return Ok(()),
            Err(_) => continue,
        };
        match news {
            News::Subscribed(handles) => {
                is_subscribed = true;
                names = handles.into_iter().map(|handle| (handle.handle, handle.path)).collect();
                readings = Readings::default();
            }
            News::Batch(batch) => {
                let sequence = batch.sequence;
                take(&mut readings, &names, batch);
                subscription.acknowledge(sequence).await?;
            }
            News::Lost => {
                is_subscribed = false;
                readings = Readings::default();
            }
            News::Undecodable(_) => {}
            News::Refused(why) => {
                info!(why, "this car does not tell everything");
                let leaves = Signals1Proxy::new(&connection).await?.list().await.unwrap_or_default();
                let before = paths.len();
                paths.retain(|path| leaves.iter().any(|leaf| leaf.path == *path));
                if paths.is_empty() {
                    *paths = PATHS.map(str::to_owned).to_vec();
                }
                if paths.len() < before {
                    return Ok(());
                }
            }
        }
        tell(told, &readings, &driving);
    }
}

fn take(readings: &mut Readings, names: &HashMap<u32, String>, batch: Batch) {
    for change in batch.changes {
        let Some(path) = names.get(&change.handle) else { continue };
        match change.value.filter(|_| change.quality == Quality::Valid) {
            Some(value) => drop(readings.0.insert(path.clone(), value)),
            None => drop(readings.0.remove(path)),
        }
    }
}

fn tell(told: &watch::Sender<Vehicle>, readings: &Readings, driving: &Driven) {
    let now = readings.vehicle(driving);
    told.send_if_modified(|vehicle| std::mem::replace(vehicle, now) != now);
}

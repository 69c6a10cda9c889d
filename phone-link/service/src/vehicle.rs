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

    fn cabin(&self) -> Cabin {
        let power =
            self.0.get(POWER).and_then(|value| if let Value::Text(word) = value { Some(&**word) } else { None });
        let ignition_on = match power {
            Some("ACC" | "ON" | "START") => Some(true),
            Some("LOCK" | "OFF") => Some(false),
            _ => None,
        };
        Cabin { ignition_on, driver_door_open: self.flag(DOOR), driver_belted: self.flag(BELT) }
    }

    fn place(&self) -> Option<Point> {
        let (latitude, longitude) = self.number(LATITUDE).zip(self.number(LONGITUDE))?;
        Point::new(latitude, longitude)
    }
}

/// Follows the vehicle until nobody wants to know any more. What is not known is not guessed: without a service nothing is parked, unless there is no car at all.
/// Readings that are late say nothing of whether it is parked, which is told beside them.
pub async fn follow(told: watch::Sender<Vehicle>, without_a_car: bool) {
    if without_a_car {
        told.send_modify(|vehicle| (vehicle.parked, vehicle.restrictions) = (true, Restrictions::NONE));
        return follow_readings(&told).await;
    }
    tokio::join!(follow_readings(&told), follow_driving(&told));
}

async fn follow_readings(told: &watch::Sender<Vehicle>) {
    // A car that lacks some of the leaves is asked for the others.
    let mut paths: Vec<String> = PATHS.map(str::to_owned).to_vec();
    again(told, async || {
        let heard = listen(told, &mut paths).await;
        tell(told, &Readings::default());
        heard
    })
    .await;
}

async fn follow_driving(told: &watch::Sender<Vehicle>) {
    tell_driving(told, &Status::default());
    again(told, async || {
        let heard = drive(told).await;
        tell_driving(told, &Status::default());
        heard
    })
    .await;
}

/// Listens, and after every end anew, until nobody wants to know any more.
async fn again(told: &watch::Sender<Vehicle>, mut listen: impl AsyncFnMut() -> zbus::Result<()>) {
    loop {
        let heard = tokio::select! {
            () = told.closed() => return,
            heard = listen() => heard,
        };
        if let Err(error) = heard {
            warn!(error = &error as &dyn std::error::Error, "the vehicle cannot be heard");
        }
        tokio::select! {
            () = told.closed() => return,
            () = tokio::time::sleep(AGAIN) => {}
        }
    }
}

async fn drive(told: &watch::Sender<Vehicle>) -> zbus::Result<()> {
    let mut follower = Follower::open(&connect::open().await?).await?;
    while let Some(status) = follower.next().await {
        tell_driving(told, &status);
    }
    Ok(())
}

async fn listen(told: &watch::Sender<Vehicle>, paths: &mut Vec<String>) -> zbus::Result<()> {
    let connection = connect::open().await?;
    let wish = Wish { paths: paths.clone(), min_interval_ms: INTERVAL_MS, window: 2 };
    let mut subscription = Subscription::open(&connection, wish).await?;
    let mut names: HashMap<u32, String> = HashMap::new();
    let mut readings = Readings::default();
    let mut is_subscribed = false;
    loop {
        let news = match tokio::time::timeout(SILENCE, subscription.next()).await {
            Ok(Some(news)) => news,
            Ok(None) => return Ok(()),
            // Batches tell what changes: who goes on with this one never hears again of a door that stays shut.
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
        tell(told, &readings);
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

fn tell(told: &watch::Sender<Vehicle>, readings: &Readings) {
    let now = (readings.cabin(), readings.place());
    told.send_if_modified(|vehicle| {
        let before = (vehicle.cabin, vehicle.place);
        (vehicle.cabin, vehicle.place) = now;
        before != now
    });
}

fn tell_driving(told: &watch::Sender<Vehicle>, status: &Status) {
    let now = (status.driving() == Driving::Parked, status.restrictions(Zone::Driver));
    told.send_if_modified(|vehicle| {
        let before = (vehicle.parked, vehicle.restrictions);
        (vehicle.parked, vehicle.restrictions) = now;
        before != now
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_that_are_late_leave_the_driving_state_and_the_other_way_round() {
        let parked = Status { state: "parked".to_owned(), ..Status::default() };
        let (told, heard) = watch::channel(Vehicle::default());
        tell(&told, &Readings(HashMap::from([(BELT.to_owned(), Value::Bool(true))])));
        tell_driving(&told, &parked);
        assert!(heard.borrow().parked);

        tell(&told, &Readings::default());
        assert!(heard.borrow().parked && heard.borrow().cabin.driver_belted.is_none());

        tell(&told, &Readings(HashMap::from([(BELT.to_owned(), Value::Bool(false))])));
        tell_driving(&told, &Status::default());
        assert_eq!(heard.borrow().cabin.driver_belted, Some(false));
        assert!(!heard.borrow().parked, "what is not known is not parked");
    }
}

//! Both ends of each contract in one process: what goes in typed comes out typed, errors too.

#![cfg(test)]

mod peer;

use futures_util::StreamExt;
use tandem_contracts::body::Body1Proxy;
use tandem_contracts::bus::Bus1Proxy;
use tandem_contracts::calls::{Calls1, Calls1Proxy, CallsError};
use tandem_contracts::camera::{Camera1, Camera1Proxy, CameraError};
use tandem_contracts::charging::Charging1Proxy;
use tandem_contracts::climate::{Climate1Proxy, ClimateError, TemperatureRange};
use tandem_contracts::driving::{Driving1, Driving1Proxy, Restrictions, Status, Zone};
use tandem_contracts::health::{Health, Health1, Health1Proxy};
use tandem_contracts::media::{Item, Media1Proxy, MediaError, Wanted};
use tandem_contracts::part::Part1Proxy;
use tandem_contracts::phones::{MAX_TEXT, PhoneLink1, PhoneLink1Proxy, PhoneLinkError};
use tandem_contracts::screen::{Screen1Proxy, ScreenError};
use tandem_contracts::seats::Seats1Proxy;
use tandem_contracts::sessions::{Sessions1, Sessions1Proxy, SessionsError};
use tandem_contracts::settings::{Settings1, Settings1Proxy, SettingsError};
use tandem_contracts::signals::{LOCKSTEP, MAX_WINDOW, Signals1Proxy, SignalsError};
use tandem_contracts::simulator::{Simulator1Proxy, SimulatorError};
use tandem_contracts::wire;
use tandem_units::Value;
use zbus::DBusError;
use zbus::object_server::SignalEmitter;

#[tokio::test]
async fn signals() {
    let (_service, client) = peer::pair().await.unwrap();
    let signals = Signals1Proxy::new(&client).await.unwrap();
    assert!(signals.list().await.unwrap().is_empty());
    let (id, handles) = signals.subscribe(vec!["Vehicle.Speed".into()], 20, LOCKSTEP).await.unwrap();
    assert_eq!((id, handles.len()), (20, 1));
    assert_eq!((handles[0].handle, handles[0].path.as_str(), handles[0].unit.as_str()), (0, "Vehicle.Speed", "km/h"));
    signals.acknowledge(id, 1).await.unwrap();

    let error = signals.get(vec!["Vehicle.Sped".into()]).await.unwrap_err();
    assert_eq!(error.name().as_str(), "org.tandem.Signals1.Error.UnknownPath");
    assert!(matches!(error, SignalsError::UnknownPath(path) if path == "Vehicle.Sped"));
    let error = signals.subscribe(Vec::new(), 0, MAX_WINDOW + 1).await.unwrap_err();
    assert!(matches!(error, SignalsError::LimitExceeded(window) if window == "65"));
    let error = signals.unsubscribe(3).await.unwrap_err();
    assert!(matches!(error, SignalsError::UnknownSubscription(id) if id == "3"));
}

#[tokio::test]
async fn climate() {
    let (_service, client) = peer::pair().await.unwrap();
    let climate = Climate1Proxy::new(&client).await.unwrap();
    assert_eq!(climate.set_driver_temperature(21.5).await.unwrap(), 1);
    assert_eq!(climate.driver_temperature_range().await.unwrap(), TemperatureRange { min: 16.0, max: 28.0, step: 0.5 });
    let request = climate.driver_temperature_request().await.unwrap();
    assert_eq!((request.id, request.celsius, request.state.as_str()), (7, 21.5, "lapsed"));

    let error = climate.set_driver_temperature(28.5).await.unwrap_err();
    assert_eq!(error.name().as_str(), "org.tandem.Climate1.Error.OutOfRange");
    assert!(matches!(error, ClimateError::OutOfRange(asked) if asked == "28.5"));
    assert!(
        matches!(climate.set_driver_temperature(26.5).await, Err(ClimateError::NotAvailable(why)) if why == "no car")
    );
}

/// What a method asked the car for: `path value`.
fn asked<E: std::fmt::Debug>(answer: Result<u64, E>) -> String {
    let error = format!("{:?}", answer.unwrap_err());
    error.strip_prefix("Unsupported(\"").unwrap().strip_suffix("\")").unwrap().replace("\\\"", "\"")
}

#[tokio::test]
async fn commands_name_their_leaf_and_come_back_typed() {
    let (_service, client) = peer::pair().await.unwrap();
    let signals = Signals1Proxy::new(&client).await.unwrap();
    let (climate, body) = (Climate1Proxy::new(&client).await.unwrap(), Body1Proxy::new(&client).await.unwrap());
    let (seats, charging) = (Seats1Proxy::new(&client).await.unwrap(), Charging1Proxy::new(&client).await.unwrap());

    let shown = [
        asked(signals.actuate("Vehicle.X".into(), wire::to_variant(Some(&Value::Text("AUTO".into())))).await),
        asked(climate.set_temperature("Row1.Passenger".into(), 19.5).await),
        asked(climate.set_fan_speed("Row2.Driver".into(), 10.0).await),
        asked(climate.set_air_distribution("Row1.Driver".into(), "UP".into()).await),
        asked(climate.set_air_conditioning(true).await),
        asked(climate.set_recirculation(false).await),
        asked(climate.set_front_defrost(true).await),
        asked(climate.set_rear_defrost(true).await),
        asked(climate.set_seat("Row2.PassengerSide".into(), -100.0).await),
        asked(climate.set_steering_wheel(20.0).await),
        asked(climate.set_temperature("Row3".into(), 19.5).await),
        asked(body.set_door_locked("Row1.DriverSide".into(), true).await),
        asked(body.set_door_open("Row2.DriverSide".into(), true).await),
        asked(body.set_window("Row2.PassengerSide".into(), 0.0).await),
        asked(body.set_trunk_open("Rear".into(), true).await),
        asked(body.set_trunk_locked("Front".into(), false).await),
        asked(body.set_mirror_folded("DriverSide".into(), true).await),
        asked(body.set_mirror_heating("PassengerSide".into(), true).await),
        asked(body.set_mirror_tilt("DriverSide".into(), -20.0).await),
        asked(body.set_mirror_pan("DriverSide".into(), 20.0).await),
        asked(body.set_light_switch("AUTO".into()).await),
        asked(body.set_light("Fog.Rear".into(), true).await),
        asked(body.set_dome_light(true).await),
        asked(body.set_ambient_light("Row1.DriverSide".into(), true).await),
        asked(body.set_ambient_level("Row1.PassengerSide".into(), 1.0).await),
        asked(body.set_wipers("Front".into(), "FAST".into()).await),
        asked(body.set_charge_flap("AnyPosition".into(), true).await),
        asked(body.sound_horn(true).await),
        asked(seats.set_position("Row1.DriverSide".into(), 20.0).await),
        asked(seats.set_height("Row1.DriverSide".into(), 20.0).await),
        asked(seats.set_tilt("Row1.DriverSide".into(), -2.0).await),
        asked(seats.set_recline("Row1.PassengerSide".into(), 2.0).await),
        asked(seats.set_lumbar_support("Row1.PassengerSide".into(), 2.0).await),
        asked(seats.set_headrest("Row1.PassengerSide".into(), 2.0).await),
        asked(charging.set_charge_limit(20.0).await),
        asked(charging.set_charging(true).await),
        asked(charging.set_charging(false).await),
        asked(charging.set_cable_locked("RearLeft".into(), true).await),
    ];
    insta::assert_snapshot!("commands", shown.join("\n"));

    let error = climate.set_temperature("Row1.Driver".into(), 25.5).await.unwrap_err();
    assert_eq!(error.name().as_str(), "org.tandem.Climate1.Error.Held");
    assert!(matches!(error, ClimateError::Held(who) if who == ":1.7"));
    let high = wire::to_variant(Some(&Value::Float(24.5)));
    assert!(matches!(signals.actuate("x".into(), high).await, Err(SignalsError::Restricted(why)) if why == "parked"));
    let nothing = wire::to_variant(None);
    let refused = async |path: &str, value| match signals.actuate(path.into(), value).await {
        Err(SignalsError::OutOfRange(why)) => why,
        other => panic!("{other:?}"),
    };
    assert!(refused("x", nothing).await.starts_with("x: "));
    let no_number = || wire::to_variant(Some(&Value::Float(f64::NAN)));
    assert_eq!(refused("Vehicle.X", no_number()).await, "Vehicle.X: not a number");
    assert!(refused(&"x".repeat(100_000), no_number()).await.len() < 300);
    assert!(matches!(signals.release("x".into()).await, Err(SignalsError::UnknownPath(path)) if path == "x"));
    let actuators = signals.actuators().await.unwrap();
    assert_eq!((actuators[0].path.as_str(), actuators[0].holder.as_str()), ("Vehicle.Body.Horn.IsActive", ":1.9"));
    let requests = signals.requests().await.unwrap();
    assert_eq!((requests[0].id, requests[0].state.as_str(), requests[0].client.as_str()), (3, "lapsed", ":1.9"));
    let controls = charging.controls().await.unwrap();
    assert_eq!(
        (controls.len(), controls[0].name.as_str(), controls[2].place.as_str()),
        (3, "charge-limit", "AnyPosition")
    );
}

#[tokio::test]
async fn driving() {
    let (service, client) = peer::pair().await.unwrap();
    let driving = Driving1Proxy::new(&client).await.unwrap();
    let mut changes = driving.receive_changed().await.unwrap();
    let status = driving.status().await.unwrap();
    assert_eq!(status, Status { region: "us".into(), ..Status::default() });
    assert_eq!((status.state.as_str(), status.restrictions(Zone::Passenger)), ("moving", Restrictions::ALL));
    let parked = Status { state: "parked".into(), reading: "Vehicle.Speed".into(), ..Status::default() };
    let emitter = SignalEmitter::new(&service, tandem_contracts::driving::PATH).unwrap();
    Driving1::<peer::Echo>::changed(&emitter, parked.clone()).await.unwrap();
    assert_eq!(changes.next().await.unwrap().args().unwrap().status, parked);
}

#[tokio::test]
async fn buses() {
    let (_service, client) = peer::pair().await.unwrap();
    let bus = Bus1Proxy::new(&client).await.unwrap();
    let buses = bus.buses().await.unwrap();
    assert_eq!((buses[0].name.as_str(), buses[0].frames, buses[0].unknown, buses[0].sent), ("can0", 3, 2, 1));
    assert_eq!((buses[0].rate, buses[0].load), (0.5, 0.25));
    assert_eq!(bus.silences().await.unwrap(), [("can0".to_owned(), 4000)]);
    assert_eq!(bus.power().await.unwrap(), "ON");
    let ids = bus.ids().await.unwrap();
    assert_eq!((ids[0].id, ids[0].frames, ids[0].errors["checksum"]), (0x8000_0001, 9, 7));
}

#[tokio::test]
async fn screens() {
    let (_service, client) = peer::pair().await.unwrap();
    let screen = Screen1Proxy::builder(&client).destination("org.tandem.Screen1.cluster").build().await.unwrap();
    let picture = screen.capture(5).await.unwrap();
    assert_eq!((picture.sequence, picture.now_ns, picture.width, picture.height), (5, 1, 2, 3));
    assert_eq!(picture.png, [137]);
    assert!(matches!(screen.capture(0).await, Err(ScreenError::CaptureFailed(why)) if why == "too late"));
    assert!(matches!(screen.touch(1.0, 2.0).await, Err(ScreenError::NotHeadless(_))));
    assert!(matches!(screen.set_theme("dusk".into()).await, Err(ScreenError::Unknown(word)) if word == "dusk"));
    assert!(matches!(screen.set_language("xx".into()).await, Err(ScreenError::Unknown(word)) if word == "xx"));
    assert_eq!(screen.misdrawn().await.unwrap(), ["abs"]);
}

#[tokio::test]
async fn the_simulators_hand() {
    let (_service, client) = peer::pair().await.unwrap();
    let simulator = Simulator1Proxy::new(&client).await.unwrap();
    simulator.mute("Speed".into(), true).await.unwrap();
    assert!(
        matches!(simulator.answer_temperature("shout".into(), 0).await, Err(SimulatorError::Unknown(word)) if word == "shout")
    );
    let answer = simulator.answer("Vehicle.Roof".into(), "stuck".into(), 20).await;
    assert!(matches!(answer, Err(SimulatorError::Unknown(path)) if path == "Vehicle.Roof"));
    simulator.press_key("KEY_MENU".into(), 100).await.unwrap();
    simulator.turn_knob("REL_DIAL".into(), -3).await.unwrap();
    assert!(matches!(simulator.spoil("Nothing".into(), "short".into()).await, Err(SimulatorError::Unknown(_))));
    let pedals = simulator.pedals(40.0, 0.5, 600).await;
    assert!(matches!(pedals, Err(SimulatorError::Unknown(said)) if said == "40 0.5 600"));
    let set = simulator.set("gear".into(), "R".into()).await;
    assert!(matches!(set, Err(SimulatorError::Refused(said)) if said == "gear = R"));
    assert_eq!(simulator.scenarios().await.unwrap(), ["city", "parked"]);
    assert!(matches!(simulator.begin("moon".into()).await, Err(SimulatorError::Unknown(name)) if name == "moon"));
    simulator.take_over().await.unwrap();
    let state = simulator.state().await.unwrap();
    assert_eq!((state.scenario.as_str(), state.doing.as_str()), ("city", "Stand"));
    assert!(state.messages[0].muted && state.messages[0].fault == "none" && state.messages[0].faults == ["none"]);
    assert_eq!((state.answers[0].answer.as_str(), state.answers[0].delay_ms), ("stuck", 20));
    assert_eq!((state.keys.len(), state.knobs.len(), state.buses[0].dropped), (1, 1, true));
    simulator.drop_bus("can1".into(), false).await.unwrap();
    assert!(matches!(simulator.drop_bus("can9".into(), true).await, Err(SimulatorError::Unknown(_))));
    assert!(matches!(simulator.kill("init".into()).await, Err(SimulatorError::Unknown(name)) if name == "init"));
}

#[tokio::test]
async fn media() {
    let (_service, client) = peer::pair().await.unwrap();
    let media = Media1Proxy::new(&client).await.unwrap();
    let page = media.page("albums".into(), "artist:3".into(), 20, 50).await.unwrap();
    assert_eq!((page.generation, page.total, page.offset), (9, 50, 20));
    assert_eq!(page.rows, [Item { title: "artist:3".into(), ..peer::media::item() }]);
    assert_eq!(media.search("qt".into(), 7).await.unwrap()[0].count, 7);
    let wanted = Wanted {
        title: "晴天".into(),
        artist: "周杰倫".into(),
        album: "葉惠美".into(),
        length_us: 269_000_000,
        url: "https://example.org/1".into(),
    };
    let matches = media.resolve(wanted.clone()).await.unwrap();
    let Item { title, artist, album, length_us, id: url, .. } = matches[0].item.clone();
    assert_eq!((Wanted { title, artist, album, length_us, url }, matches[0].score), (wanted, 0.8));
    let queue = media.queue(1, 500).await.unwrap();
    assert_eq!((queue.generation, queue.total, queue.offset, queue.current), (2, 500, 1, -1));
    assert_eq!((queue.entries[0].entry, &queue.entries[0].item), (4, &peer::media::item()));
    assert_eq!(media.enqueue("track:17".into(), "next".into()).await.unwrap(), 8);
    let sources = media.sources().await.unwrap();
    assert_eq!((sources[0].kind.as_str(), sources[0].available, sources[0].items), ("radio", true, 12));
    let imported = media.import_stations("[]".into()).await.unwrap();
    assert_eq!((imported.added, imported.known, imported.refused), (2, 1, 2));
    let points = media.resume_points(3).await.unwrap();
    assert_eq!((points[0].position_us, points[0].heard_at), (3, 1_700_000_000));
    let now = media.now().await.unwrap();
    assert_eq!((now.entry, now.state.as_str(), now.item), (4, "waiting", peer::media::item()));
    let progress = media.scan_progress().await.unwrap();
    assert_eq!((progress.found, progress.done, progress.unreadable, progress.state.as_str()), (7, 5, 1, "reading"));
    assert_eq!(media.replay_gain().await.unwrap(), "album");
    assert_eq!(media.sound_device().await.unwrap(), "null");
    media.play_view("albums".into(), String::new(), 0).await.unwrap();
}

#[tokio::test]
async fn what_media_refuses() {
    let (_service, client) = peer::pair().await.unwrap();
    let media = Media1Proxy::new(&client).await.unwrap();
    let error = media.play("track:9".into(), -1).await.unwrap_err();
    assert_eq!(error.name().as_str(), "org.tandem.Media1.Error.NotFound");
    assert!(matches!(error, MediaError::NotFound(id) if id == "track:9"));
    assert!(
        matches!(media.play(String::new(), i64::MIN).await, Err(MediaError::Invalid(at)) if at == i64::MIN.to_string())
    );
    assert!(matches!(media.page("x".into(), String::new(), 0, 0).await, Err(MediaError::Invalid(view)) if view == "x"));
    assert!(
        matches!(media.play_view(String::new(), String::new(), 7).await, Err(MediaError::NotAvailable(at)) if at == "7")
    );
    assert!(matches!(media.enqueue(String::new(), "now".into()).await, Err(MediaError::Busy(place)) if place == "now"));
    assert!(
        matches!(media.import_subscriptions(String::new()).await, Err(MediaError::Storage(why)) if why == "the disk is full")
    );
}

#[tokio::test]
async fn sessions() {
    let (service, client) = peer::pair().await.unwrap();
    let sessions = Sessions1Proxy::new(&client).await.unwrap();
    let session = peer::phones::session();
    assert_eq!(sessions.list().await.unwrap(), [session.clone(), Default::default()]);
    sessions.claim(session.id.clone()).await.unwrap();
    sessions.dismiss(session.id.clone()).await.unwrap();

    let error = sessions.claim("none".into()).await.unwrap_err();
    assert_eq!(error.name().as_str(), "org.tandem.Sessions1.Error.NotFound");
    assert!(matches!(error, SessionsError::NotFound(id) if id == "none"));
    assert!(matches!(sessions.release("a".into()).await, Err(SessionsError::NotNow(id)) if id == "a"));
    assert!(matches!(sessions.steer("a".into(), "next".into()).await, Err(SessionsError::NotAllowed(id)) if id == "a"));
    assert!(
        matches!(sessions.steer("a".into(), "jump".into()).await, Err(SessionsError::Invalid(order)) if order == "jump")
    );

    let (mut changes, mut ends) = (sessions.receive_changed().await.unwrap(), sessions.receive_gone().await.unwrap());
    let emitter = SignalEmitter::new(&service, tandem_contracts::sessions::PATH).unwrap();
    Sessions1::<peer::Echo>::changed(&emitter, session.clone()).await.unwrap();
    Sessions1::<peer::Echo>::gone(&emitter, session.id.clone()).await.unwrap();
    assert_eq!(changes.next().await.unwrap().args().unwrap().session, session);
    assert_eq!(ends.next().await.unwrap().args().unwrap().id, session.id);
}

#[tokio::test]
async fn calls() {
    let (service, client) = peer::pair().await.unwrap();
    let calls = Calls1Proxy::new(&client).await.unwrap();
    let call = peer::calls::call();
    assert_eq!(calls.list().await.unwrap(), [call.clone(), Default::default()]);
    calls.answer(call.id.clone()).await.unwrap();
    calls.dismiss(call.id.clone()).await.unwrap();
    let error = calls.silence("a".into()).await.unwrap_err();
    assert_eq!(error.name().as_str(), "org.tandem.Calls1.Error.NotPossible");
    assert!(matches!(error, CallsError::NotPossible(id) if id == "a"));
    assert!(matches!(calls.answer("none".into()).await, Err(CallsError::NotFound(id)) if id == "none"));
    assert!(matches!(calls.hang_up("a".into()).await, Err(CallsError::NotNow(id)) if id == "a"));
    let mut changes = calls.receive_changed().await.unwrap();
    let emitter = SignalEmitter::new(&service, tandem_contracts::calls::PATH).unwrap();
    Calls1::<peer::Echo>::changed(&emitter, vec![call.clone()]).await.unwrap();
    assert_eq!(changes.next().await.unwrap().args().unwrap().calls, std::slice::from_ref(&call));
    let written = format!("{call:?}");
    assert!(!written.contains("Ana") && !written.contains("1234567"), "{written}");
}

#[tokio::test]
async fn phones() {
    let (service, client) = peer::pair().await.unwrap();
    let link = PhoneLink1Proxy::new(&client).await.unwrap();
    let phone = peer::phones::phone();
    assert_eq!(link.phones().await.unwrap(), [phone.clone(), Default::default()]);
    assert_eq!((link.open_pairing().await.unwrap(), link.forget_all().await.unwrap()), (60, 2));
    assert_eq!((link.name().await.unwrap().as_str(), link.pairing_open().await.unwrap()), ("Tandem", true));
    assert!(link.is_kept().await.unwrap());
    link.close_pairing().await.unwrap();
    link.refuse("a".into()).await.unwrap();
    link.prefer("a".into()).await.unwrap();
    link.grant("a".into(), "files".into(), true).await.unwrap();
    link.set_automatic("a".into(), "note".into(), "ask".into()).await.unwrap();
    link.set_guest("a".into(), true).await.unwrap();
    link.send("a".into(), "geo:48.1,11.5".into()).await.unwrap();
    let entries = link.ledger(7).await.unwrap();
    assert_eq!((entries[0].at, entries[0].count, entries[0].deed.as_str()), (1_800_000_000, 7, "wiped"));
    assert_eq!((&entries[0].phone, &entries[0].phone_name), (&phone.id, &phone.name));

    let mut changes = link.receive_phone_changed().await.unwrap();
    let mut ends = link.receive_phone_gone().await.unwrap();
    let mut pairings = link.receive_pairing_changed().await.unwrap();
    let emitter = SignalEmitter::new(&service, tandem_contracts::phones::PATH).unwrap();
    PhoneLink1::<peer::Echo>::phone_changed(&emitter, phone.clone()).await.unwrap();
    PhoneLink1::<peer::Echo>::phone_gone(&emitter, phone.id.clone()).await.unwrap();
    PhoneLink1::<peer::Echo>::pairing_changed(&emitter, true).await.unwrap();
    assert_eq!(changes.next().await.unwrap().args().unwrap().phone, phone);
    assert_eq!(ends.next().await.unwrap().args().unwrap().id, phone.id);
    assert!(pairings.next().await.unwrap().args().unwrap().open);
}

#[tokio::test]
async fn what_a_phone_link_refuses() {
    let (_service, client) = peer::pair().await.unwrap();
    let link = PhoneLink1Proxy::new(&client).await.unwrap();
    let error = link.pair("a".into()).await.unwrap_err();
    assert_eq!(error.name().as_str(), "org.tandem.PhoneLink1.Error.NotParked");
    assert!(matches!(error, PhoneLinkError::NotParked(id) if id == "a"));
    assert!(matches!(link.confirm("a".into()).await, Err(PhoneLinkError::NotNow(id)) if id == "a"));
    assert!(matches!(link.ring("b".into()).await, Err(PhoneLinkError::NotNow(id)) if id == "b"));
    assert!(matches!(link.forget("a".into()).await, Err(PhoneLinkError::NotFound(id)) if id == "a"));
    let denied = link.grant("a".into(), "calls".into(), true).await;
    assert!(matches!(denied, Err(PhoneLinkError::Invalid(why)) if why == "acalls"));
    let denied = link.set_automatic("a".into(), "media".into(), "ask".into()).await;
    assert!(matches!(denied, Err(PhoneLinkError::Invalid(why)) if why == "aask"));
    assert!(matches!(link.set_guest("a".into(), false).await, Err(PhoneLinkError::Storage(id)) if id == "a"));
    assert!(
        matches!(link.send_file("a".into(), "/f".into()).await, Err(PhoneLinkError::Storage(path)) if path == "/f")
    );
    let long = "x".repeat(MAX_TEXT + 1);
    assert!(matches!(link.send("a".into(), long).await, Err(PhoneLinkError::Invalid(bytes)) if bytes == "4097"));
}

fn value(variant: &zbus::Variant<'_>) -> Value {
    wire::from_variant(0, variant).unwrap().1.unwrap()
}

#[tokio::test]
async fn settings() {
    let (service, client) = peer::pair().await.unwrap();
    let settings = Settings1Proxy::new(&client).await.unwrap();
    let table = settings.list().await.unwrap();
    assert_eq!((table.generation, table.sequence, table.is_kept), (7, 2, true));
    assert_eq!(table.notice, peer::settings::notice());
    let [setting] = &table.settings[..] else { panic!("{table:?}") };
    assert_eq!(
        (setting.key.as_str(), setting.kind.as_str(), setting.unit.as_str()),
        ("display.brightness", "number", "percent")
    );
    assert_eq!((setting.min, setting.max, setting.step, setting.not_with.as_str()), (1, 100, 1, "NO_SETUP"));
    assert_eq!((value(&setting.value), value(&setting.default)), (Value::Int(40), Value::Int(80)));
    assert_eq!(value(&settings.get("a".into()).await.unwrap()), Value::Text("a".into()));
    settings.set("a".into(), wire::to_variant(Some(&Value::Bool(true)))).await.unwrap();
    settings.dismiss_notice().await.unwrap();
    assert_eq!(settings.notice().await.unwrap(), peer::settings::notice());
    assert!(settings.is_kept().await.unwrap());

    let mut changes = settings.receive_changed().await.unwrap();
    let mut notices = settings.receive_notice_changed().await.unwrap();
    let emitter = SignalEmitter::new(&service, tandem_contracts::settings::PATH).unwrap();
    let day = wire::to_variant(Some(&Value::Text("day".into())));
    Settings1::<peer::Echo>::changed(&emitter, 7, 3, "display.theme".into(), day).await.unwrap();
    Settings1::<peer::Echo>::notice_changed(&emitter, Default::default()).await.unwrap();
    let change = changes.next().await.unwrap();
    let change = change.args().unwrap();
    assert_eq!((change.generation, change.sequence, change.key.as_str()), (7, 3, "display.theme"));
    assert_eq!(value(&change.value), Value::Text("day".into()));
    assert_eq!(notices.next().await.unwrap().args().unwrap().notice.some(), None);
}

#[tokio::test]
async fn what_settings_refuse() {
    let (_service, client) = peer::pair().await.unwrap();
    let settings = Settings1Proxy::new(&client).await.unwrap();
    let set =
        async |key: &str, value: Value| settings.set(key.into(), wire::to_variant(Some(&value))).await.unwrap_err();
    let error = set("display.teme", "day".into()).await;
    assert_eq!(error.name().as_str(), "org.tandem.Settings1.Error.Unknown");
    assert!(matches!(error, SettingsError::Unknown(why) if why.ends_with("did you mean `display.theme`?")));
    let error = set("display.theme", "dusk".into()).await;
    assert!(matches!(error, SettingsError::OutOfRange(why) if why.ends_with("it is auto, day or night")));
    let error = set("display.theme", Value::Float(1.0)).await;
    assert!(matches!(error, SettingsError::WrongType(why) if why.contains("cannot be 1.0")));
    let error = settings.reset("driver.name".into()).await.unwrap_err();
    assert!(matches!(error, SettingsError::Restricted(why) if why == "moving"));
    let error = settings.reset("language".into()).await.unwrap_err();
    assert!(matches!(error, SettingsError::Storage(why) if why == "the disk is full"));
}

#[tokio::test]
async fn cameras() {
    use std::io::Read;
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;

    let (service, client) = peer::pair().await.unwrap();
    let proxy = Camera1Proxy::new(&client).await.unwrap();
    assert_eq!(proxy.list().await.unwrap(), [peer::camera::rear(), Default::default()]);
    let pictures = proxy.open("rear".into(), 1920, 1080).await.unwrap();
    let mut said = String::new();
    UnixStream::from(OwnedFd::from(pictures)).read_to_string(&mut said).unwrap();
    assert_eq!(said, "1920 x 1080", "the end of a socket comes over the bus");
    for (name, is_so) in [
        ("front", (|error| matches!(error, CameraError::NotAvailable(_))) as fn(&CameraError) -> bool),
        ("", |error| matches!(error, CameraError::Invalid(_))),
        ("roof", |error| matches!(error, CameraError::NotFound(name) if name == "roof")),
    ] {
        let refused = proxy.open(name.into(), 16, 16).await.unwrap_err();
        assert!(is_so(&refused), "{name}: {refused:?}");
    }
    let mut changes = proxy.receive_changed().await.unwrap();
    let emitter = zbus::object_server::SignalEmitter::new(&service, tandem_contracts::camera::PATH).unwrap();
    Camera1::<peer::Echo>::changed(&emitter, vec![peer::camera::rear()]).await.unwrap();
    let change = changes.next().await.unwrap();
    assert_eq!(change.args().unwrap().cameras, [peer::camera::rear()]);
}

#[tokio::test]
async fn health() {
    let (service, client) = peer::pair().await.unwrap();
    let proxy = Health1Proxy::builder(&client).destination("org.tandem.Any").build().await.unwrap();
    assert_eq!(proxy.report().await.unwrap(), peer::health::report());
    let words = ["well", "starting", "away", "ill"];
    assert_eq!(words.map(|word| Health::of(word).unwrap().word()), words);
    assert_eq!(Health::of("poorly"), None);

    let mut changes = proxy.receive_changed().await.unwrap();
    let emitter = zbus::object_server::SignalEmitter::new(&service, tandem_contracts::health::PATH).unwrap();
    Health1::<peer::Echo>::changed(&emitter, peer::health::report()).await.unwrap();
    let change = changes.next().await.unwrap();
    assert_eq!(change.args().unwrap().report, peer::health::report());

    let part = Part1Proxy::builder(&client).destination("org.tandem.Any").build().await.unwrap();
    assert_eq!(part.version().await.unwrap(), env!("CARGO_PKG_VERSION"));
}

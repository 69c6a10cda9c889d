//! Cameras, as the shipped service hands them out.

use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;

use rustix::process::{Pid, Signal, kill_process};
use tandem_contracts::camera::{Camera, Camera1Proxy, CameraError};
use tandem_pictures::{HEADER, Header};
use zbus::proxy::CacheProperties;

use crate::stage::{Stage, until};

const FILE: &str = r#"
    [cameras.rear]
    source = "test"
    width = 320
    height = 240
    [cameras.gone]
    source = "v4l2:/dev/no-camera-of-this-name"
    [cameras.odd]
    source = "test"
    rate = 1000
"#;

async fn with_cameras(text: &str) -> (Stage, Camera1Proxy<'static>) {
    let mut stage = Stage::new().await;
    let file = stage.path("cameras.toml");
    std::fs::write(&file, text).unwrap();
    stage.start(&["--cameras", file.to_str().unwrap()]).await;
    let cameras = Camera1Proxy::builder(&stage.connection).cache_properties(CacheProperties::No).build().await.unwrap();
    (stage, cameras)
}

async fn open(cameras: &Camera1Proxy<'_>, name: &str) -> Result<UnixStream, CameraError> {
    let socket = cameras.open(name.to_owned(), 640, 480).await?;
    Ok(UnixStream::from(OwnedFd::from(socket)))
}

fn picture(socket: &mut UnixStream) -> Header {
    let mut bytes = [0; HEADER];
    socket.read_exact(&mut bytes).unwrap();
    let header = Header::decode(&bytes).unwrap();
    socket.read_exact(&mut vec![0; header.pixels()]).unwrap();
    header
}

async fn until_state(cameras: &Camera1Proxy<'_>, name: &str, state: &'static str) -> Camera {
    until(state, || async move {
        cameras.list().await.unwrap().into_iter().find(|camera| camera.name == name && camera.state == state)
    })
    .await
}

#[tokio::test]
async fn a_camera_runs_while_somebody_watches_and_is_opened_anew_after_its_death() {
    let (stage, cameras) = with_cameras(FILE).await;
    until_state(&cameras, "rear", "off").await;
    assert_eq!(stage.camera_process(), None);

    let mut socket = open(&cameras, "rear").await.unwrap();
    let header = picture(&mut socket);
    assert_eq!((header.width, header.height), (640, 480));
    until_state(&cameras, "rear", "live").await;
    drop(socket);
    until_state(&cameras, "rear", "off").await;
    until("the camera's end", || async { stage.camera_process().is_none().then_some(()) }).await;

    let mut socket = open(&cameras, "rear").await.unwrap();
    picture(&mut socket);
    kill_process(stage.camera_process().unwrap(), Signal::KILL).unwrap();
    let failed = until_state(&cameras, "rear", "failed").await;
    assert!(failed.reason.contains("signal: 9"), "{}", failed.reason);
    let mut rest = Vec::new();
    socket.read_to_end(&mut rest).unwrap();

    let mut socket = open(&cameras, "rear").await.unwrap();
    picture(&mut socket);
    kill_process(stage.camera_process().unwrap(), Signal::STOP).unwrap();
    let hung = until_state(&cameras, "rear", "failed").await;
    assert!(hung.reason.contains("hung"), "{}", hung.reason);
    until("the camera's end", || async { stage.camera_process().is_none().then_some(()) }).await;
}

#[tokio::test]
async fn who_opens_it_last_watches() {
    let (stage, cameras) = with_cameras(FILE).await;
    let mut first = open(&cameras, "rear").await.unwrap();
    picture(&mut first);
    let mut second = open(&cameras, "rear").await.unwrap();
    picture(&mut second);
    let mut rest = Vec::new();
    first.read_to_end(&mut rest).unwrap();
    picture(&mut second);
    until_state(&cameras, "rear", "live").await;
    assert!(stage.camera_process().is_some());
}

#[tokio::test]
async fn what_cannot_be_opened_says_why() {
    let (_stage, cameras) = with_cameras(FILE).await;
    let wrong = until_state(&cameras, "odd", "wrong").await;
    assert_eq!(wrong.reason, "rate is 1000, and may be 1 to 60");
    let refused = async |name: &str, width| cameras.open(name.to_owned(), width, 480).await.unwrap_err();
    assert!(matches!(refused("odd", 640).await, CameraError::NotAvailable(why) if why.contains("rate is 1000")));
    assert!(matches!(refused("roof", 640).await, CameraError::NotFound(why) if why.contains("gone, odd, rear")));
    for width in [0, 642, u32::MAX] {
        assert!(matches!(refused("rear", width).await, CameraError::Invalid(_)), "{width}");
    }
    // It is set up well, and not there.
    let mut socket = open(&cameras, "gone").await.unwrap();
    assert_eq!(socket.read(&mut [0; 1]).unwrap(), 0);
    let failed = until_state(&cameras, "gone", "failed").await;
    assert!(failed.reason.contains("/dev/no-camera-of-this-name"), "{}", failed.reason);
}

#[tokio::test]
async fn music_plays_on_whatever_the_file_says_of_cameras() {
    for text in ["[cameras", "[cameras.rear]\nsource = 7", "[kameras]\n", "\u{0}\u{ffff}"] {
        let (stage, cameras) = with_cameras(text).await;
        assert_eq!(cameras.list().await.unwrap(), [], "{text:?}");
        stage.now().await;
    }
}

#[tokio::test]
async fn a_camera_ends_with_its_service() {
    let (mut stage, cameras) = with_cameras(FILE).await;
    let mut socket = open(&cameras, "rear").await.unwrap();
    picture(&mut socket);
    let camera: Pid = stage.camera_process().unwrap();
    stage.end(Signal::KILL).await;
    let gone = format!("/proc/{}/stat", camera.as_raw_nonzero());
    until("the camera's end", || async { (!std::path::Path::new(&gone).exists()).then_some(()) }).await;
}

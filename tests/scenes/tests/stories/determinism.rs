//! The same log gives the same readings and the same pictures, byte for byte, whatever else the machine does.

use std::sync::atomic::{AtomicBool, Ordering};

use tandem_scenes::{Pixels, Tandem, demo_log};

const ROUNDS: usize = 20;
/// Two cores are kept busy by as many threads as make the scheduler choose.
const IDLERS: usize = 4;

fn replay() -> (String, Vec<u8>, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let pictures = folder.path().to_string_lossy().into_owned();
    let log = demo_log().to_string_lossy().into_owned();
    let options = ["--speed", "max", "--json", "--screenshot-at", "12.5", "--screenshots"].map(str::to_owned);
    let outcome = Tandem::run(["replay".to_owned(), log].into_iter().chain(options).chain([pictures])).well();
    let picture = |name| std::fs::read(folder.path().join(name)).unwrap();
    (outcome.stdout, picture("cluster.png"), picture("centre.png"))
}

#[test]
fn twenty_replays_under_load_are_one() {
    let busy = AtomicBool::new(true);
    std::thread::scope(|scope| {
        for _ in 0..IDLERS {
            scope.spawn(|| {
                while busy.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        // Panics are kept until the load is gone, or the scope would wait for it for ever.
        let told = std::panic::catch_unwind(|| {
            let first = replay();
            assert!(Pixels::of_png(&first.1).colours() > 100);
            for round in 2..=ROUNDS {
                let (readings, cluster, centre) = replay();
                assert_eq!(readings, first.0, "replay {round} reads otherwise");
                assert!(cluster == first.1, "replay {round} draws another cluster");
                assert!(centre == first.2, "replay {round} draws another centre");
            }
        });
        busy.store(false, Ordering::Relaxed);
        if let Err(panic) = told {
            std::panic::resume_unwind(panic);
        }
    });
}

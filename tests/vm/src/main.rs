//! `tandem-vm`: stories of real CAN interfaces, with real peers. It is run as root in a guest that nobody else uses (`tests/guest`), for it makes interfaces, takes
//! them away, and sets the clock. `tandem-vm units` tells those of the units that a car starts (`tests/units`).

mod car;
mod commands;
mod controllers;
mod faults;
mod load;
mod peers;
mod sending;
mod tools;
mod traffic;
mod units;
mod unwell;

use std::process::ExitCode;

type Story = (&'static str, fn() -> anyhow::Result<()>);

fn main() -> ExitCode {
    let word = std::env::args().nth(1);
    if word.as_deref() == Some(units::INSIDE) {
        return units::tell_what_is_refused();
    }
    let stories: Vec<Story> = if word.as_deref() == Some("units") {
        units::stories()
    } else if controllers::there() {
        controllers::STORIES.to_vec()
    } else {
        [
            traffic::STORIES,
            faults::STORIES,
            car::STORIES,
            commands::STORIES,
            sending::STORIES,
            load::STORIES,
            unwell::STORIES,
            tools::STORIES,
        ]
        .concat()
    };
    let mut failed = 0;
    for (name, story) in &stories {
        match std::panic::catch_unwind(story) {
            Ok(Ok(())) => println!("ok {name}"),
            Ok(Err(why)) => {
                failed += 1;
                println!("FAILED {name}: {why:#}");
            }
            Err(_) => {
                failed += 1;
                println!("FAILED {name}: it panicked");
            }
        }
    }
    match failed {
        0 => println!("{} stories, all passed", stories.len()),
        _ => println!("{} stories, {failed} failed", stories.len()),
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

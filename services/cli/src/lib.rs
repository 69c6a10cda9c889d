//! The command line `tandem`: each command is a module, and tells with its exit status how it went.

mod actuate;
mod bus;
mod car;
mod child;
mod client;
mod climate;
mod dictionary;
mod doctor;
mod driving;
mod failure;
mod input;
mod interrupt;
mod labels;
mod media;
mod output;
mod phone;
mod places;
mod private_bus;
mod progress;
mod published;
mod replay;
mod say;
mod screen;
mod screens;
mod settings;
mod signals;
mod sim;
mod stage;
pub mod supervisor;
mod table;
mod values;
mod vss;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use failure::Status;

const EXIT_STATUS: &str = "Exit status: 0 if all went well, 1 if the run failed, 2 if the set-up is wrong (one line on \
    standard error says what to do), 3 if nobody knows whether it was done (the line says where to look), 128 + n if signal n ended it.";

/// Tandem, a car's head unit: run it with a virtual car, replay a recording, ask it for its signals, play music, pair a phone.
#[derive(Parser)]
#[command(name = "tandem", version, after_help = EXIT_STATUS)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Sim(sim::Sim),
    Replay(replay::Replay),
    #[command(subcommand)]
    Signals(signals::Signals),
    #[command(subcommand)]
    Climate(climate::Climate),
    Driving(driving::Show),
    #[command(subcommand)]
    Car(car::Car),
    #[command(subcommand)]
    Bus(bus::Bus),
    #[command(subcommand)]
    Media(media::Media),
    #[command(subcommand)]
    Phone(phone::Phone),
    Input(input::Input),
    Settings(settings::Settings),
    Doctor(doctor::Doctor),
    #[command(subcommand)]
    Screen(screen::Screens),
    #[command(hide = true)]
    Child(child::Child),
}

/// Runs the command line that this process was started with.
pub fn run() -> ExitCode {
    let command = Cli::parse().command;
    let outcome = match command {
        Command::Child(child) => Err(child.become_it()),
        other => on_this_thread(other),
    };
    failure::exit_code(outcome)
}

/// Everything runs on the main thread: the kernel ends a child with the thread that spawned it.
fn on_this_thread(command: Command) -> anyhow::Result<Status> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Sim(sim) => sim.run().await,
            Command::Replay(replay) => replay.run().await,
            Command::Signals(signals) => signals.run().await,
            Command::Climate(climate) => climate.run().await,
            Command::Driving(show) => show.run().await,
            Command::Car(car) => car.run(),
            Command::Bus(bus) => bus.run().await,
            Command::Media(media) => media.run().await,
            Command::Phone(phone) => phone.run().await,
            Command::Input(input) => input.run().await,
            Command::Settings(settings) => settings.run().await,
            Command::Doctor(doctor) => doctor.run().await,
            Command::Screen(screens) => screens.run().await,
            Command::Child(child) => Err(child.become_it()),
        }
    })
}

use clap::{Args, Command, FromArgMatches};

use crate::{Language, Theme};

/// The command line of a screen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct Options {
    /// Draw into memory: no window, no display
    #[arg(long)]
    pub headless: bool,
    /// Apply and acknowledge every batch, one by one, and move nothing: for replays
    #[arg(long)]
    pub lockstep: bool,
    /// Show dashes while there is no bus, and join it when there is one, instead of ending with an error: for a car, whose bus may start later
    #[arg(long)]
    pub wait_for_bus: bool,
    /// Show the screen by day or by night, whatever is set; without it by night until the settings say otherwise
    #[arg(long, value_name = "day|night")]
    pub theme: Option<Theme>,
    /// Show the screen in this language, whatever is set; without it in English until the settings say otherwise
    #[arg(long, value_name = "en|zh_CN|de")]
    pub language: Option<Language>,
}

impl Options {
    /// Reads the command line of the process. `--help`, `--version` and mistakes end it here, mistakes with exit code 2.
    pub fn parse(name: &'static str, version: &'static str, about: &'static str) -> Self {
        let matches = Self::command(name, version, about).get_matches();
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }

    fn command(name: &'static str, version: &'static str, about: &'static str) -> Command {
        // `augment_args` says what the options are; what the program is comes behind it.
        Self::augment_args(Command::new(name)).version(version).about(about).after_help(
            "Environment: TANDEM_BUS is session (the default), system or a D-Bus address; TANDEM_LOG sets the log's filter; \
             SLINT_BACKEND chooses another backend and renderer than winit-software.",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<Options, clap::Error> {
        let words = std::iter::once("tandem-cluster").chain(words.iter().copied());
        Options::from_arg_matches(&Options::command("tandem-cluster", "0", "").try_get_matches_from(words)?)
    }

    #[test]
    fn the_options_say_what_they_mean() {
        assert_eq!(read(&[]).unwrap(), Options::default());
        let words = ["--headless", "--lockstep", "--wait-for-bus", "--theme", "day", "--language", "zh_CN"];
        let (theme, language) = (Some(Theme::Day), Some(Language::Chinese));
        let all = Options { headless: true, lockstep: true, wait_for_bus: true, theme, language };
        assert_eq!(read(&words).unwrap(), all);
    }

    #[test]
    fn a_wrong_word_is_refused_with_the_right_ones_and_code_2() {
        let error = read(&["--theme", "dusk"]).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains("expected day or night"), "{error}");
    }
}

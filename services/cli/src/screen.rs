use std::path::PathBuf;

use clap::{Args, Subcommand};
use tandem_contracts::screen::Screen1Proxy;
use zbus::Connection;

use crate::client::{connect, explain};
use crate::failure::Status;
use crate::say::say;
use crate::screens::{Language, Screen, Theme, capture, picture_folder, save};

/// Takes pictures of the screens that run, and changes how they look.
#[derive(Subcommand)]
pub enum Screens {
    /// Leaves cluster.png and centre.png in a folder.
    Capture {
        /// The folder, made if need be.
        #[arg(default_value = ".")]
        folder: PathBuf,
        #[command(flatten)]
        which: Which,
    },
    /// Shows the screens by day or by night.
    Theme {
        theme: Theme,
        #[command(flatten)]
        which: Which,
    },
    /// Shows the screens in another language.
    Language {
        language: Language,
        #[command(flatten)]
        which: Which,
    },
}

#[derive(Args)]
pub struct Which {
    /// Only this screen; without it both.
    #[arg(long)]
    screen: Option<Screen>,
}

impl Which {
    fn screens(&self) -> Vec<Screen> {
        self.screen.map_or_else(|| Screen::ALL.to_vec(), |screen| vec![screen])
    }
}

impl Screens {
    pub async fn run(self) -> anyhow::Result<Status> {
        let connection = connect().await?;
        match self {
            Self::Capture { folder, which } => {
                let folder = picture_folder(&folder)?;
                for screen in which.screens() {
                    let file = folder.join(format!("{}.png", screen.word()));
                    save(&capture(&connection, screen).await?, &file)?;
                    say(&file.display().to_string());
                }
            }
            Self::Theme { theme, which } => {
                for screen in which.screens() {
                    proxy(&connection, screen).await?.set_theme(theme.word().to_owned()).await.map_err(explain)?;
                }
            }
            Self::Language { language, which } => {
                for screen in which.screens() {
                    proxy(&connection, screen)
                        .await?
                        .set_language(language.word().to_owned())
                        .await
                        .map_err(explain)?;
                }
            }
        }
        Ok(Status::OK)
    }
}

async fn proxy(connection: &Connection, screen: Screen) -> zbus::Result<Screen1Proxy<'static>> {
    Screen1Proxy::builder(connection)
        .destination(screen.bus_name())
        .cache_properties(zbus::proxy::CacheProperties::No)
        .build()
        .await
}

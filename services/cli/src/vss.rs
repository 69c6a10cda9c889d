use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Context;
use tandem_signals::{Catalogue, Mistake};
use tandem_store::LoadError;

use crate::failure::{SetUp, set_up};

/// Which leaves there are to map.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Vss {
    /// The signals of VSS as COVESA releases them, as JSON: their leaves can be mapped, too.
    #[arg(long, value_name = "FILE")]
    vss: Option<PathBuf>,
}

impl Vss {
    /// Our leaves and the file's; call it once.
    ///
    /// # Errors
    /// A wrong set-up.
    pub fn catalogue(&self) -> anyhow::Result<&'static Catalogue> {
        match self.read() {
            Ok((catalogue, _)) => Ok(catalogue),
            Err(LoadError::Mistakes { mistakes, .. }) => {
                let first = mistakes.first().map(ToString::to_string).unwrap_or_default();
                let more =
                    if mistakes.len() > 1 { format!(" (and {} more)", mistakes.len() - 1) } else { String::new() };
                Err(set_up(format!("{first}{more}")))
            }
            Err(error) => Err(anyhow::Error::new(error)).context(SetUp("--vss".to_owned())),
        }
    }

    /// As [`Self::catalogue`], with every mistake, and with what the file has otherwise than we.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn read(&self) -> Result<(&'static Catalogue, Vec<Mistake>), LoadError> {
        tandem_store::catalogue(self.vss.as_deref())
    }

    pub fn is_given(&self) -> bool {
        self.vss.is_some()
    }

    /// The option again, for a program of ours.
    pub fn arguments(&self) -> impl Iterator<Item = OsString> + '_ {
        self.vss.iter().flat_map(|file| ["--vss".into(), file.into()])
    }
}

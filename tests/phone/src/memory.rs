//! What a phone keeps in its folder: who it is, and which cars it is paired with.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use serde::{Deserialize, Serialize};
use tandem_kdeconnect::DeviceId;
use tandem_link::{Own, OwnError, Pin};

const CARS: &str = "cars.json";

/// Why a phone does not remember.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    #[error(transparent)]
    Own(#[from] OwnError),
    #[error("cannot make a certificate")]
    Make(#[from] rcgen::Error),
    #[error("cannot read or write {}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{} is damaged: remove it, and pair anew", path.display())]
    Damaged { path: PathBuf, source: serde_json::Error },
}

#[derive(Clone, Serialize, Deserialize)]
struct Kept {
    protocol: u8,
    /// DER.
    certificate: Vec<u8>,
}

/// See the module.
pub struct Memory {
    folder: PathBuf,
    cars: BTreeMap<String, Kept>,
}

impl Memory {
    /// # Errors
    /// [`MemoryError::File`] and [`MemoryError::Damaged`]; a folder without cars has none.
    pub fn open(folder: &Path) -> Result<Self, MemoryError> {
        let path = folder.join(CARS);
        let cars = match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).map_err(|source| MemoryError::Damaged { path, source })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(source) => return Err(MemoryError::File { path, source }),
        };
        Ok(Self { folder: folder.to_owned(), cars })
    }

    /// Who the phone is; the first time, it is made.
    ///
    /// # Errors
    /// [`MemoryError`]
    pub fn own(&self) -> Result<Own, MemoryError> {
        Ok(Own::open(&self.folder)?)
    }

    /// Who says it is this phone, with a certificate and a key of its own.
    ///
    /// # Errors
    /// [`MemoryError`]
    pub fn another(&self, id: &DeviceId) -> Result<Own, MemoryError> {
        let mut params = CertificateParams::default();
        let mut name = DistinguishedName::new();
        name.push(DnType::CommonName, id.as_str());
        name.push(DnType::OrganizationName, "KDE");
        name.push(DnType::OrganizationalUnitName, "KDE Connect");
        params.distinguished_name = name;
        let key = KeyPair::generate()?;
        let text = params.self_signed(&key)?.pem() + &key.serialize_pem();
        let folder = self.folder.join("another");
        let path = folder.join("identity.pem");
        let written = fs::create_dir_all(&folder).and_then(|()| fs::write(&path, text));
        written.map_err(|source| MemoryError::File { path, source })?;
        Ok(Own::open(&folder)?)
    }

    pub fn cars(&self) -> impl Iterator<Item = (DeviceId, Pin)> {
        let pin = |kept: &Kept| Pin { certificate: kept.certificate.clone(), protocol: kept.protocol };
        self.cars.iter().filter_map(move |(id, kept)| Some((id.parse().ok()?, pin(kept))))
    }

    /// # Errors
    /// [`MemoryError::File`]
    pub fn keep(&mut self, id: &DeviceId, pin: &Pin) -> Result<(), MemoryError> {
        self.cars.insert(id.to_string(), Kept { protocol: pin.protocol, certificate: pin.certificate.clone() });
        self.write()
    }

    /// # Errors
    /// [`MemoryError::File`]
    pub fn forget(&mut self, id: &DeviceId) -> Result<(), MemoryError> {
        match self.cars.remove(id.as_str()) {
            Some(_) => self.write(),
            None => Ok(()),
        }
    }

    fn write(&self) -> Result<(), MemoryError> {
        let path = self.folder.join(CARS);
        let written = serde_json::to_vec(&self.cars).map_err(io::Error::from).and_then(|text| fs::write(&path, text));
        written.map_err(|source| MemoryError::File { path, source })
    }
}

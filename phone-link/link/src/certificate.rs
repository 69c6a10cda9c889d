//! Who we are, kept in a file for good, and who somebody else's certificate says it is.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use tandem_kdeconnect::DeviceId;
use tandem_runtime::keep;
use uuid::Uuid;
use x509_parser::prelude::{FromDer, X509Certificate};

const FILE: &str = "identity.pem";
/// Longer certificates are not kept, bytes. An RSA key of 4096 bits makes one of 1.5 KB.
const MAX_CERTIFICATE: usize = 8 << 10;
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// 2026-01-01: a certificate of a clock that was never set would have run out before it is used.
const EARLIEST: Duration = Duration::from_secs(1_767_225_600);

/// Why a device does not know who it is.
#[derive(Debug, thiserror::Error)]
pub enum OwnError {
    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write {}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error(
        "{} is damaged ({why}): put back a copy of it; without one, remove it, and pair every phone anew",
        path.display()
    )]
    Damaged { path: PathBuf, why: &'static str },
    #[error("cannot make a certificate")]
    Make(#[from] rcgen::Error),
}

/// Why a certificate is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    #[error("the peer showed no certificate")]
    Missing,
    #[error("the certificate is longer than {MAX_CERTIFICATE} bytes")]
    TooLong,
    #[error("the certificate cannot be read")]
    Unreadable,
    #[error("the certificate names no device")]
    Name,
}

/// What a certificate says; that its owner has the key is for the handshake to prove.
pub(crate) struct Shown {
    pub id: DeviceId,
    /// SubjectPublicKeyInfo, DER.
    pub key: Vec<u8>,
}

impl Shown {
    pub fn of(der: &[u8]) -> Result<Self, CertificateError> {
        if der.len() > MAX_CERTIFICATE {
            return Err(CertificateError::TooLong);
        }
        let (_, certificate) = X509Certificate::from_der(der).map_err(|_| CertificateError::Unreadable)?;
        let mut names = certificate.subject().iter_common_name();
        // Of two names, two readers may each see another one.
        let (Some(name), None) = (names.next(), names.next()) else { return Err(CertificateError::Name) };
        let id = name.as_str().ok().and_then(|name| name.parse().ok()).ok_or(CertificateError::Name)?;
        Ok(Self { id, key: certificate.public_key().raw.to_vec() })
    }
}

/// A device's own id, certificate and private key.
pub struct Own {
    id: DeviceId,
    certificate: Vec<u8>,
    key: Vec<u8>,
    pub(crate) signer: Arc<SingleCertAndKey>,
    pub(crate) provider: Arc<CryptoProvider>,
}

impl Own {
    /// Reads who we are from a folder; the first time, makes it (EC P-256, for ten years) and keeps it there, readable by nobody else.
    ///
    /// What is there is never made anew, whatever the clock says: all pairings hang on it.
    ///
    /// # Errors
    /// [`OwnError`]; [`OwnError::Damaged`] says what a person can do.
    pub fn open(folder: &Path) -> Result<Self, OwnError> {
        let path = folder.join(FILE);
        match fs::read(&path) {
            Ok(text) => Self::read(&path, &text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let text = make()?;
                keep(&path, text.as_bytes()).map_err(|source| OwnError::Write { path: path.clone(), source })?;
                Self::read(&path, text.as_bytes())
            }
            Err(source) => Err(OwnError::Read { path, source }),
        }
    }

    fn read(path: &Path, text: &[u8]) -> Result<Self, OwnError> {
        let damaged = |why| OwnError::Damaged { path: path.to_owned(), why };
        let certificate = CertificateDer::from_pem_slice(text).map_err(|_| damaged("it holds no certificate"))?;
        let key = PrivateKeyDer::from_pem_slice(text).map_err(|_| damaged("it holds no private key"))?;
        let shown = Shown::of(&certificate).map_err(|_| damaged("its certificate names no device"))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let pair = CertifiedKey::from_der(vec![certificate.clone()], key, &provider)
            .map_err(|_| damaged("its key and its certificate do not belong together"))?;
        let signer = Arc::new(SingleCertAndKey::from(pair));
        Ok(Self { id: shown.id, certificate: certificate.to_vec(), key: shown.key, signer, provider })
    }

    pub fn id(&self) -> &DeviceId {
        &self.id
    }

    /// DER.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// SubjectPublicKeyInfo, DER: one half of [`tandem_kdeconnect::verification_key`].
    pub fn key(&self) -> &[u8] {
        &self.key
    }
}

/// A new certificate with its key, PEM.
fn make() -> Result<String, rcgen::Error> {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let now = SystemTime::UNIX_EPOCH + since_1970.max(EARLIEST);
    let mut params = CertificateParams::default();
    params.not_before = (now - YEAR).into();
    params.not_after = (now + 10 * YEAR).into();
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, Uuid::new_v4().simple().to_string());
    name.push(DnType::OrganizationName, "KDE");
    name.push(DnType::OrganizationalUnitName, "KDE Connect");
    params.distinguished_name = name;
    let key = KeyPair::generate()?;
    Ok(params.self_signed(&key)?.pem() + &key.serialize_pem())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_device_stays_who_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("new/folder");
        let own = Own::open(&home).unwrap();
        let again = Own::open(&home).unwrap();
        assert_eq!((own.id(), own.certificate(), own.key()), (again.id(), again.certificate(), again.key()));
        let shown = Shown::of(own.certificate()).unwrap();
        assert_eq!((&shown.id, shown.key.as_slice()), (own.id(), own.key()));
        assert_eq!(fs::metadata(home.join(FILE)).unwrap().permissions().mode() & 0o777, 0o600);
        let (_, certificate) = X509Certificate::from_der(own.certificate()).unwrap();
        let id = own.id();
        assert_eq!(certificate.subject().to_string(), format!("CN={id}, O=KDE, OU=KDE Connect"));
        assert_ne!(Own::open(folder.path()).unwrap().id(), own.id(), "another folder, another device");
    }

    #[test]
    fn what_was_half_written_before_is_no_obstacle() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("identity.unfinished"), "half").unwrap();
        let own = Own::open(folder.path()).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(Own::open(folder.path()).unwrap().id(), own.id());
    }

    #[test]
    fn a_damaged_file_is_told_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let (one, two) = (make().unwrap(), make().unwrap());
        let key_of = |text: &str| text[text.find("-----BEGIN PRIVATE").unwrap()..].to_owned();
        let certificate_of = |text: &str| text[..text.find("-----BEGIN PRIVATE").unwrap()].to_owned();
        for (text, says) in [
            (String::new(), "no certificate"),
            (key_of(&one), "no certificate"),
            (certificate_of(&one), "no private key"),
            (certificate_of(&one) + &key_of(&two), "do not belong together"),
        ] {
            fs::write(&path, &text).unwrap();
            let error = Own::open(folder.path()).err().expect(says).to_string();
            assert!(error.contains(says) && error.contains("put back a copy"), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }
}

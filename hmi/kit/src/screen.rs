//! The work behind `Screen1`: bounded, whoever calls.

use std::sync::Arc;
use std::time::Duration;

use tandem_contracts::screen::{Picture, ScreenBackend, ScreenError};
use tokio::sync::{Semaphore, oneshot};

use crate::UnknownWord;
use crate::mailbox::{Ask, Mailbox, RawPicture};
use crate::picture;

/// How long a capture waits for its batch.
const CAPTURE_TIMEOUT: Duration = Duration::from_secs(2);
const MAX_CAPTURES: usize = 4;
const MAX_TOUCHES: usize = 16;

/// A screen as its callers on the bus meet it.
pub(crate) struct Backend {
    mailbox: Arc<Mailbox>,
    captures: Semaphore,
    touches: Semaphore,
    timeout: Duration,
}

impl Backend {
    pub fn new(mailbox: Arc<Mailbox>) -> Self {
        Self {
            mailbox,
            captures: Semaphore::new(MAX_CAPTURES),
            touches: Semaphore::new(MAX_TOUCHES),
            timeout: CAPTURE_TIMEOUT,
        }
    }
}

impl ScreenBackend for Backend {
    async fn capture(&self, sequence: u64) -> Result<Picture, ScreenError> {
        let _permit = self
            .captures
            .try_acquire()
            .map_err(|_| ScreenError::CaptureFailed(format!("{MAX_CAPTURES} captures are waiting already")))?;
        let (reply, answer) = oneshot::channel();
        self.mailbox.ask(Ask::Capture { sequence, reply });
        let raw = tokio::time::timeout(self.timeout, answer)
            .await
            .map_err(|_| {
                ScreenError::CaptureFailed(format!("batch {sequence} did not come within {:?}", self.timeout))
            })?
            .map_err(|_| ScreenError::CaptureFailed("the screen is busy or ending".to_owned()))??;
        let encoded = tokio::task::spawn_blocking(move || {
            let RawPicture { picture, rgb } = raw;
            picture::encode(picture.width, picture.height, &rgb).map(|png| Picture { png, ..picture })
        });
        encoded
            .await
            .map_err(|error| ScreenError::CaptureFailed(error.to_string()))?
            .map_err(|error| ScreenError::CaptureFailed(error.to_string()))
    }

    async fn touch(&self, x: f64, y: f64) -> Result<(), ScreenError> {
        let _permit = self
            .touches
            .try_acquire()
            .map_err(|_| ScreenError::CaptureFailed(format!("{MAX_TOUCHES} touches are waiting already")))?;
        let (reply, answer) = oneshot::channel();
        self.mailbox.ask(Ask::Touch { x, y, reply });
        answer.await.map_err(|_| ScreenError::CaptureFailed("the screen is busy or ending".to_owned()))?
    }

    async fn set_theme(&self, theme: String) -> Result<(), ScreenError> {
        self.mailbox.ask(Ask::Theme(theme.parse().map_err(unknown)?));
        Ok(())
    }

    async fn set_language(&self, language: String) -> Result<(), ScreenError> {
        self.mailbox.ask(Ask::Language(language.parse().map_err(unknown)?));
        Ok(())
    }

    fn misdrawn(&self) -> Vec<String> {
        self.mailbox.misdrawn().into_iter().map(str::to_owned).collect()
    }
}

fn unknown(word: UnknownWord) -> ScreenError {
    ScreenError::Unknown(word.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backend() -> (Backend, Arc<Mailbox>) {
        let mailbox = Arc::new(Mailbox::new(|| {}));
        (Backend::new(Arc::clone(&mailbox)), mailbox)
    }

    #[tokio::test]
    async fn a_capture_that_never_comes_ends_and_a_fifth_is_refused_at_once() {
        let (backend, mailbox) = backend();
        let backend = Backend { timeout: Duration::from_millis(1), ..backend };
        let four = futures_util::future::join_all((0..MAX_CAPTURES).map(|_| backend.capture(9)));
        let fifth = async {
            tokio::task::yield_now().await;
            backend.capture(9).await
        };
        let (four, fifth) = tokio::join!(four, fifth);
        assert!(fifth.unwrap_err().to_string().contains("waiting already"));
        for capture in four {
            assert!(capture.unwrap_err().to_string().contains("did not come within 1ms"));
        }
        assert_eq!(mailbox.take().asks.len(), MAX_CAPTURES);
        assert_eq!(backend.captures.available_permits(), MAX_CAPTURES);
    }

    #[tokio::test]
    async fn a_picture_comes_back_as_a_png() {
        let (backend, mailbox) = backend();
        let answer = async {
            tokio::task::yield_now().await;
            let Some(Ask::Capture { sequence: 3, reply }) = mailbox.take().asks.pop() else { panic!("no capture") };
            let picture = Picture { sequence: 4, now_ns: 80, width: 1, height: 1, png: Vec::new() };
            reply.send(Ok(RawPicture { picture, rgb: vec![1, 2, 3] })).unwrap();
        };
        let (picture, ()) = tokio::join!(backend.capture(3), answer);
        let picture = picture.unwrap();
        assert_eq!((picture.sequence, picture.now_ns, picture.png.get(1..4)), (4, 80, Some(b"PNG".as_slice())));
    }

    #[tokio::test]
    async fn words_that_are_unknown_go_no_further() {
        let (backend, mailbox) = backend();
        assert!(matches!(backend.set_theme("dusk".into()).await, Err(ScreenError::Unknown(_))));
        assert!(matches!(backend.set_language("jp".into()).await, Err(ScreenError::Unknown(_))));
        assert!(mailbox.take().asks.is_empty());
        backend.set_language("zh_CN".into()).await.unwrap();
        assert!(matches!(mailbox.take().asks.as_slice(), [Ask::Language(crate::Language::Chinese)]));
    }
}

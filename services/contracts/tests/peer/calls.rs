//! A telephone with nobody at its other end.

use tandem_contracts::calls::{Call, CallsBackend, CallsError};

use super::Echo;

/// A call with something in every field.
pub fn call() -> Call {
    Call {
        id: "call-1".into(),
        source: "hands-free".into(),
        phone_name: "小林的手机".into(),
        name: "Ana".into(),
        number: "+49 30 1234567".into(),
        state: "ringing".into(),
        since_ns: u64::MAX,
        can_answer: true,
        can_hang_up: true,
        can_silence: true,
    }
}

/// Answers with the error that its argument calls for, or does what it is told.
impl CallsBackend for Echo {
    async fn list(&self) -> Result<Vec<Call>, CallsError> {
        Ok(vec![call(), Call::default()])
    }

    async fn answer(&self, id: String) -> Result<(), CallsError> {
        if id == call().id { Ok(()) } else { Err(CallsError::NotFound(id)) }
    }

    async fn hang_up(&self, id: String) -> Result<(), CallsError> {
        Err(CallsError::NotNow(id))
    }

    async fn silence(&self, id: String) -> Result<(), CallsError> {
        Err(CallsError::NotPossible(id))
    }

    async fn dismiss(&self, _id: String) -> Result<(), CallsError> {
        Ok(())
    }
}

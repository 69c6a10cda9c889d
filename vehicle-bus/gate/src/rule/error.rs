use tandem_dbc::integrity::ChecksumError;
use tandem_frame::LengthError;
use tandem_units::Said;

/// Why a line of the allow-list cannot be kept to the letter, and so not at all.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum BindError {
    #[error("message `{message}` cannot be sent: its bus is none of the first 256")]
    Bus { message: String },
    #[error("the DBC file has no message `{message}`")]
    NoMessage { message: String },
    #[error("message `{message}` has no signal `{signal}`")]
    NoSignal { message: String, signal: String },
    #[error("message `{message}` cannot be sent: {cause}")]
    Length { message: String, cause: LengthError },
    #[error(
        "message `{message}` cannot be sent: `{signal}` is multiplexed, and what the bits mean would hang on what is in them"
    )]
    Multiplexed { message: String, signal: String },
    #[error("`{signal}` cannot be listed: it is a float, and only integers are judged")]
    Float { signal: String },
    #[error("`{signal}` cannot be listed: it reaches past the end of its message")]
    PastTheEnd { signal: String },
    #[error("`{signal}` cannot be listed: it is the message's counter or checksum, which the gate fills in")]
    FilledIn { signal: String },
    #[error("`{signal}` cannot be listed: it shares bits with `{other}`")]
    Overlap { signal: String, other: String },
    #[error("`{signal}`: no raw number lies between {min} and {max}")]
    Empty { signal: String, min: f64, max: f64 },
    /// `least` to `most` and `first` to `last` are raw.
    #[error("`{signal}`: {min} to {max} would be raw {least} to {most}, and its bits say only {first} to {last}")]
    PastTheBits { signal: String, min: f64, max: f64, least: i128, most: i128, first: i128, last: i128 },
    #[error("`{signal}`: {} to {} is no range of raw numbers with the factor {factor} and the offset {offset}", Said(*min), Said(*max))]
    NoRange { signal: String, min: f64, max: f64, factor: f64, offset: f64 },
    #[error("message `{message}` cannot be sent: the start value {} of `{signal}` is none that its bits can say", Said(*start))]
    Start { message: String, signal: String, start: f64 },
    #[error("message `{message}` has a checksum `{kind}`, which needs its data id in `data_ids`")]
    NoDataId { message: String, kind: &'static str },
    #[error("message `{message}` cannot be sent: {cause}")]
    Checksum { message: String, cause: ChecksumError },
    #[error("message `{message}` cannot be sent: its counter `{signal}` is none of 1 to 8 bits within it")]
    Counter { message: String, signal: String },
    #[error("message `{message}` has the same id as `{other}`, which is listed already")]
    SameId { message: String, other: String },
}

/// A line that is no candump log line: what was expected, and the column (from 1, in bytes) where it was not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    #[error("column {column}: expected `(` before the time stamp")]
    Open { column: usize },
    #[error("column {column}: expected the seconds of the time stamp")]
    Seconds { column: usize },
    #[error("column {column}: expected `.` between seconds and fraction")]
    Point { column: usize },
    #[error("column {column}: expected a fraction of 1 to 9 digits")]
    Fraction { column: usize },
    #[error("column {column}: the time stamp is over 18446744073.709551615 s")]
    Time { column: usize },
    #[error("column {column}: expected `)` behind the time stamp")]
    Close { column: usize },
    #[error("column {column}: expected the interface's name in printable ASCII")]
    Interface { column: usize },
    #[error("column {column}: expected an id of 3 (standard) or 8 (extended) hex digits")]
    Id { column: usize },
    #[error("column {column}: the id is over 0x7FF (3 digits) or 0x1FFFFFFF (8 digits)")]
    IdRange { column: usize },
    #[error("column {column}: expected `#` behind the id")]
    Hash { column: usize },
    #[error("column {column}: expected one hex digit of CAN FD flags")]
    FdFlags { column: usize },
    #[error("column {column}: expected a pair of hex digits")]
    Byte { column: usize },
    #[error("column {column}: the payload is longer than {most} bytes")]
    TooLong { column: usize, most: usize },
    #[error("column {column}: {length} bytes fit no CAN FD frame (0 to 8, 12, 16, 20, 24, 32, 48, 64)")]
    FdLength { column: usize, length: usize },
    #[error("column {column}: a remote frame asks for 0 to 8 bytes")]
    Remote { column: usize },
    #[error("column {column}: expected a raw DLC of 9 to F behind `_`, with 8 bytes before it")]
    Dlc { column: usize },
    #[error("column {column}: expected the end of the line, or R or T")]
    End { column: usize },
}

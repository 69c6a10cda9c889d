/// What kind of failure one of SQLite's is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Full,
    /// Another program has it locked.
    Busy,
    /// It cannot be written, or not even opened.
    ReadOnly,
    /// It holds something else than it should.
    Broken,
    Other,
}

/// SQLite's result codes (sqlite3.h), without their extensions.
mod code {
    pub const BUSY: u32 = 5;
    pub const LOCKED: u32 = 6;
    pub const READONLY: u32 = 8;
    pub const IOERR: u32 = 10;
    pub const CORRUPT: u32 = 11;
    pub const FULL: u32 = 13;
    pub const CANTOPEN: u32 = 14;
    pub const NOTADB: u32 = 26;
    /// A shared-memory file that cannot grow is a full disk.
    pub const IOERR_SHMSIZE: u32 = IOERR | 19 << 8;
}

/// Which kind it is.
pub fn fault(error: &sqlx::Error) -> Fault {
    let extended = error.as_database_error().and_then(|database| database.code()?.parse::<u32>().ok());
    match extended {
        Some(code::IOERR_SHMSIZE) => Fault::Full,
        Some(extended) => match extended & 0xff {
            code::FULL => Fault::Full,
            code::BUSY | code::LOCKED => Fault::Busy,
            code::READONLY | code::CANTOPEN | code::IOERR => Fault::ReadOnly,
            code::CORRUPT | code::NOTADB => Fault::Broken,
            _ => Fault::Other,
        },
        None => Fault::Other,
    }
}

//! DBC files and frames made up in the shape of real ones, so that every bar is measured without anybody's files.

use std::fmt::Write;

use tandem_dbc::Database;
use tandem_frame::{BusIndex, Frame};

/// Sizes in bits of a message's signals; every fifth message lacks the last. So a frame has 11.8 of them, as one of Volkswagen's MQB has.
const SIZES: [usize; 12] = [8, 4, 8, 1, 1, 10, 1, 2, 1, 16, 1, 4];
/// A multiplexor of four bits has all its branches.
const BRANCHES: usize = 16;
const BRANCH_SIZES: [usize; 9] = [8, 4, 2, 10, 1, 1, 12, 1, 16];

/// A DBC file with 11.8 signals a message, and the comments, value tables and attributes that a maker's file has.
pub fn plain(messages: usize) -> String {
    let (mut text, mut notes) = (head(), String::new());
    for message in 0..messages {
        let id = id(message);
        _ = writeln!(text, "BO_ {id} Message_{message}: 8 Gateway");
        _ = writeln!(notes, "CM_ BO_ {id} \"What module {message} says of itself, and how it fares.\";");
        _ = writeln!(notes, "BA_ \"GenMsgCycleTime\" BO_ {id} {};", 10 << (message % 5));
        let mut bit = 0;
        for (at, size) in SIZES.into_iter().take(12 - usize::from(message % 5 == 4)).enumerate() {
            let (sign, factor, offset) = if size > 8 { ('-', "0.01", "-40") } else { ('+', "1", "0") };
            let name = format!("Signal_{message}_{at}");
            _ = writeln!(text, " SG_ {name} : {bit}|{size}@1{sign} ({factor},{offset}) [0|0] \"km/h\" Cluster,Centre");
            _ = writeln!(notes, "CM_ SG_ {id} {name} \"The value as its sensor has it; not filtered, not limited.\";");
            _ = writeln!(notes, "BA_ \"GenSigStartValue\" SG_ {id} {name} 0;");
            if size <= 4 {
                _ = writeln!(notes, "VAL_ {id} {name} 0 \"off\" 1 \"on\" 2 \"error\" 3 \"not available\" ;");
            }
            bit += size;
        }
        text.push('\n');
    }
    text + &notes
}

/// A DBC file of messages of which a sixteenth is there at a time: a multiplexor of four bits, and nine signals in each branch.
pub fn multiplexed(messages: usize) -> String {
    let mut text = head();
    for message in 0..messages {
        _ = writeln!(text, "BO_ {} Message_{message}: 8 Gateway", id(message));
        _ = writeln!(text, " SG_ Branch_{message} M : 0|4@1+ (1,0) [0|0] \"\" Cluster");
        for branch in 0..BRANCHES {
            let mut bit = 4;
            for (at, size) in BRANCH_SIZES.into_iter().enumerate() {
                let name = format!("Signal_{message}_{branch}_{at}");
                _ = writeln!(text, " SG_ {name} m{branch} : {bit}|{size}@1+ (0.1,0) [0|0] \"V\" Cluster");
                bit += size;
            }
        }
        text.push('\n');
    }
    text
}

fn head() -> String {
    "VERSION \"\"\n\nNS_ :\n\nBS_:\n\nBU_: Gateway Cluster Centre\n\n\
     BA_DEF_ BO_ \"GenMsgCycleTime\" INT 0 65535;\nBA_DEF_ SG_ \"GenSigStartValue\" FLOAT 0 100000;\n\
     BA_DEF_DEF_ \"GenMsgCycleTime\" 0;\nBA_DEF_DEF_ \"GenSigStartValue\" 0;\n\n"
        .to_owned()
}

fn id(message: usize) -> usize {
    0x100 + message
}

/// Frames of a database's messages by turns, their payloads random and at every run the same.
pub fn frames(database: &Database, count: usize) -> Vec<Frame> {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let messages: Vec<_> = database.messages.iter().filter(|message| (1..=8).contains(&message.length)).collect();
    let frame = |_| {
        let message = messages.get(random.next() as usize % messages.len().max(1))?;
        let payload = random.next().to_le_bytes();
        Frame::new(BusIndex(0), message.id, 0, payload.get(..message.length)?).ok()
    };
    (0..count).filter_map(frame).collect()
}

/// Marsaglia's xorshift, times a constant.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }
}

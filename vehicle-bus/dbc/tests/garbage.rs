//! Broken and invented DBC texts: an error or a database, never a panic, and what loads also decodes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail")]

use proptest::prelude::*;
use tandem_dbc::{Codec, Database, DbcError};

const PIECES: [&str; 36] = [
    "\"",
    ";",
    "\n",
    " ",
    "BO_ 1 A: 8 X\n",
    "BO_ 3221225472 VECTOR__INDEPENDENT_SIG_MSG: 0 X\n",
    "SG_ ",
    " SG_ S : 0|8@1+ (1,0) [0|0] \"\" X\n",
    " SG_ M M : 7|8@0- (.5,1.) [0|1] \"C\" X\n",
    " SG_ T m3M : 500|64@0- (0,0) [0|0] \"\"",
    "99999999999999999999",
    "4294967295",
    "-1",
    "CM_ ",
    "CM_ SG_ 1 S \"text\";\n",
    "\\",
    "m1M",
    "1e999",
    "VAL_ 1 S 1 \"x\" ;",
    "[",
    "|",
    "@",
    ":",
    "\u{e4}",
    "//",
    "SG_MUL_VAL_ 1 S M 1-2;\n",
    "SG_MUL_VAL_ 1 M S 0-18446744073709551615;\n",
    "SIG_VALTYPE_ 1 S : 1;\n",
    "BA_ \"GenMsgCycleTime\" BO_ 1 -2.5;\n",
    "BA_DEF_DEF_ \"GenMsgCycleTime\" 1e30;\n",
    "NS_ :\n",
    "EV_ ",
    "BO_ 1B : 8 X\n",
    "BO_2 B: 8 X\n",
    "BO_ 2 B: 8 X ",
    " SG_S : 0|8@1+ (1,0) [0|0] \"\" X\n",
];

fn holds(text: &[u8]) -> Result<(), TestCaseError> {
    match Database::parse(text) {
        Ok(database) => {
            let codec = Codec::compile(&database);
            for (index, message) in database.messages.iter().enumerate() {
                prop_assert_eq!(codec.index(message.id), Some(index));
                for length in [0, 1, 8, 64] {
                    let _short = codec.decode(index, &[0xA5; 64][..length], |sample| {
                        assert!(sample.signal < message.signals.len());
                    });
                }
            }
            let lines = text.split(|byte| matches!(byte, b'\n' | b'\r')).count();
            prop_assert!(database.repairs.iter().all(|repair| (1..=lines).contains(&repair.line)));
        }
        Err(
            DbcError::Syntax { line, .. }
            | DbcError::Value { line, .. }
            | DbcError::Id { line, .. }
            | DbcError::Quote { line, .. },
        ) => prop_assert!(line > 0),
        Err(DbcError::Encoding) => prop_assert!(text.starts_with(b"\xFF\xFE") || text.starts_with(b"\xFE\xFF")),
        Err(error @ DbcError::TooLarge) => prop_assert!(false, "{error}"),
    }
    Ok(())
}

proptest! {
    #[test]
    fn pieces_in_any_order(pieces in prop::collection::vec(prop::sample::select(PIECES.as_slice()), 0..40)) {
        holds(pieces.concat().as_bytes())?;
    }

    #[test]
    fn a_file_with_a_few_bytes_changed(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..20usize, prop::sample::select(PIECES.as_slice())), 1..4),
    ) {
        let mut text = include_bytes!("features.dbc").to_vec();
        for (at, cut, piece) in changes {
            let at = at.index(text.len());
            let end = (at + cut).min(text.len());
            text.splice(at..end, piece.bytes());
        }
        holds(&text)?;
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        holds(&bytes)?;
    }
}

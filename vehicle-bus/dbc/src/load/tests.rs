use crate::{ByteOrder, Database, FrameFormat, Kind, Multiplex};
use tandem_frame::CanId;

fn database() -> Database {
    Database::parse(include_bytes!("../../tests/features.dbc")).unwrap()
}

fn refused(text: &str) -> String {
    Database::parse(text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn what_a_file_says_about_messages() {
    let database = database();
    assert_eq!(database.repairs, []);
    let little = database.message("Little").unwrap();
    assert_eq!(little.id, CanId::standard(256).unwrap());
    assert_eq!((little.length, little.cycle_ms, little.sender.as_deref()), (8, Some(20), Some("Engine")));
    assert_eq!(little.comment.as_deref(), Some("Little endian, and a comment with \"quotes\"\nover two lines"));
    assert_eq!(database.message("Big").unwrap().cycle_ms, Some(100), "the attribute's default");
    assert_eq!(database.message("Whole").unwrap().cycle_ms, None, "0 is not cyclic");
    let doubles = database.message_by_id(CanId::extended(0x18FE_CA01).unwrap()).unwrap();
    assert_eq!((doubles.name.as_str(), doubles.length), ("Doubles", 16));
    assert_eq!(database.message("Nobody"), None);
    assert_eq!(database.message_by_id(CanId::extended(256).unwrap()), None);
}

#[test]
fn what_a_file_says_about_who_sends_and_who_listens() {
    let text = "VERSION \"1.2\"\nBU_: A B C\nBO_ 1 m: 8 A\n SG_ S : 0|8@1+ (1,0) [0|0] \"\" B,C\n SG_ T : 8|8@1+ (1,0) [0|0] \"\" Vector__XXX\n\
                BO_ 2 n: 8 Vector__XXX\nBO_TX_BU_ 1 : A,C;\nCM_ BU_ B \"The \\\"body\\\"\";\n\
                BA_DEF_ BO_ \"GenMsgSendType\" ENUM \"Cyclic\",\"OnChange\";\nBA_DEF_DEF_ \"GenMsgSendType\" \"Cyclic\";\nBA_ \"GenMsgSendType\" BO_ 1 1;\n\
                BA_DEF_ BU_ \"SystemNodeLongSymbol\" STRING ;\nBA_ \"SystemNodeLongSymbol\" BU_ C \"LongC\";\n";
    let database = Database::parse(text.as_bytes()).unwrap();
    assert_eq!((database.version.as_str(), &database.repairs), ("1.2", &Vec::new()));
    let nodes: Vec<_> = database.nodes.iter().map(|node| (node.name.as_str(), node.comment.as_deref())).collect();
    assert_eq!(nodes, [("A", None), ("B", Some("The \"body\"")), ("LongC", None)]);
    let [one, two] = database.messages.as_slice() else { panic!("{database:?}") };
    assert_eq!((one.sender.as_deref(), one.other_senders.as_slice()), (Some("A"), ["LongC".to_owned()].as_slice()));
    assert_eq!((two.sender.as_deref(), two.other_senders.len()), (None, 0));
    assert_eq!((one.send_type.as_deref(), two.send_type.as_deref()), (Some("OnChange"), Some("Cyclic")));
    assert_eq!(
        (one.signals[0].receivers.as_slice(), one.signals[1].receivers.len()),
        (["B", "LongC"].map(str::to_owned).as_slice(), 0)
    );
}

#[test]
fn values_that_are_given_by_the_name_of_their_table() {
    let text = "VAL_TABLE_ Switch 1 \"on\" -1 \"none\" ;\nBO_ 1 m: 8 X\n SG_ A : 0|8@1- (1,0) [0|0] \"\" X\n SG_ B : 8|8@1+ (1,0) [0|0] \"\" X\n\
                VAL_ 1 A Switch ;\nVAL_ 1 B Lost;\n";
    let database = Database::parse(text.as_bytes()).unwrap();
    let [a, b] = database.messages[0].signals.as_slice() else { panic!("{database:?}") };
    assert_eq!(a.values, [(1, "on".to_owned()), (-1, "none".to_owned())]);
    assert_eq!(b.values, []);
    let told: Vec<_> = database.repairs.iter().map(|repair| (repair.line, repair.what.as_str())).collect();
    assert_eq!(
        told,
        [
            (5, "VAL_ names the value table Switch: its values are taken"),
            (6, "VAL_ names the value table Lost: there is none: left out")
        ]
    );
}

#[test]
fn what_a_file_says_about_signals() {
    let database = database();
    let (index, odd) = database.message("Little").unwrap().signal("SignedOdd").unwrap();
    assert_eq!((index, odd.start, odd.size, odd.byte_order, odd.kind), (3, 25, 11, ByteOrder::Little, Kind::Signed));
    assert_eq!((odd.factor, odd.offset, odd.minimum, odd.maximum), (0.5, 10.0, None, None));
    assert_eq!(odd.unit, "°C", "Windows-1252");
    assert_eq!(odd.bytes(), Some(3..=4));
    let (_, straddle) = database.message("Little").unwrap().signal("Straddle").unwrap();
    assert_eq!((straddle.minimum, straddle.maximum), (Some(-100.0), Some(923.75)));
    let (_, flag) = database.message("Little").unwrap().signal("Flag").unwrap();
    assert_eq!(flag.values, [(1, "on".to_owned()), (0, "off".to_owned())]);
    assert_eq!((flag.value_name(0), flag.value_name(2)), (Some("off"), None));
    let (_, speed) = database.message("Big").unwrap().signal("TwoBytes").unwrap();
    assert_eq!((speed.comment.as_deref(), speed.byte_order), (Some("A speed"), ByteOrder::Big));
    assert_eq!(speed.bytes(), Some(1..=2));
    let kind = |message: &str, signal: &str| database.message(message).unwrap().signal(signal).unwrap().1.kind;
    assert_eq!((kind("Reals", "FloatBig"), kind("Doubles", "DoubleBig")), (Kind::Float, Kind::Double));
}

#[test]
fn what_a_file_says_in_attributes() {
    let database = Database::parse(include_bytes!("../../tests/odd.dbc")).unwrap();
    let format = |message: &str| database.message(message).unwrap().format;
    assert_eq!(["EngineOne", "Brake"].map(format), [FrameFormat::J1939; 2]);
    assert_eq!(["FullFd", "ThreeDeep"].map(format), [FrameFormat::Fd; 2], "by its attribute, and by its length");
    assert_eq!(format("Crowded"), FrameFormat::Classic);
    let start = |message: &str, signal: &str| database.message(message).unwrap().signal(signal).unwrap().1.start_value;
    assert_eq!((start("EngineOne", "Torque"), start("SignedSelector", "Page")), (Some(125.0), Some(-1.5)));
    assert_eq!(start("Brake", "Override"), Some(0.0), "the attribute's default");
    let named = Database::parse(
        b"BO_ 1 A: 8 X\nBO_ 2 B: 8 X\nBA_DEF_ BO_ \"VFrameFormat\" STRING ;\nBA_DEF_DEF_ \"VFrameFormat\" \"J1939PG\";\n\
          BA_ \"VFrameFormat\" BO_ 2 \"StandardCAN_FD\";\n",
    );
    let formats: Vec<_> = named.unwrap().messages.iter().map(|message| message.format).collect();
    assert_eq!(formats, [FrameFormat::J1939, FrameFormat::Fd]);
    let numbered = Database::parse(
        b"BO_ 1 A: 8 X\nBO_ 2 B: 8 X\nBA_DEF_ BO_ \"VFrameFormat\" INT 0 15;\nBA_DEF_DEF_ \"VFrameFormat\" 3;\n\
          BA_ \"VFrameFormat\" BO_ 2 14;\n",
    );
    let formats: Vec<_> = numbered.unwrap().messages.iter().map(|message| message.format).collect();
    assert_eq!(formats, [FrameFormat::J1939, FrameFormat::Fd]);
}

#[test]
fn multiplexing() {
    let database = database();
    let of =
        |message: &str, signal: &str| database.message(message).unwrap().signal(signal).unwrap().1.multiplex.clone();
    assert_eq!(of("Simple", "Page"), Multiplex::Multiplexor);
    assert_eq!(of("Simple", "Always"), Multiplex::Plain);
    assert_eq!(of("Simple", "Third"), Multiplex::Of { multiplexor: 0, ranges: vec![10..=10] });
    assert_eq!(of("Nested", "Inner"), Multiplex::Nested { multiplexor: 0, ranges: vec![3..=3] });
    assert_eq!(of("Nested", "LeafRange"), Multiplex::Of { multiplexor: 1, ranges: vec![2..=4, 9..=12] });
    assert_eq!(of("Nested", "OfOther"), Multiplex::Of { multiplexor: 5, ranges: vec![7..=7, 128..=255] });
}

#[test]
fn a_multiplexor_that_nothing_names() {
    let text = "BO_ 1 m: 8 X\n SG_ A m1 : 0|8@1+ (1,0) [0|0] \"\" X\n SG_ B M : 8|8@1+ (1,0) [0|0] \"\" X\n\
                 SG_ C M : 16|8@1+ (1,0) [0|0] \"\" X\n SG_ D m1 : 24|8@1+ (1,0) [0|0] \"\" X\nSG_MUL_VAL_ 1 D D 1-1;\n";
    let database = Database::parse(text.as_bytes()).unwrap();
    let multiplex: Vec<_> = database.messages[0].signals.iter().map(|signal| &signal.multiplex).collect();
    assert_eq!(multiplex, [&Multiplex::Plain, &Multiplex::Multiplexor, &Multiplex::Multiplexor, &Multiplex::Plain]);
    let repairs: Vec<_> = database.repairs.iter().map(|repair| format!("{}: {}", repair.line, repair.what)).collect();
    assert_eq!(
        repairs,
        [
            "2: signal A: nothing says which signal is its multiplexor: taken as always there",
            "5: signal D: its multiplexor D is no other signal of its message: taken as always there",
        ]
    );
}

#[test]
fn signals_that_no_frame_can_hold() {
    let text = "BO_ 1 m: 2 X\n SG_ A : 0|0@1+ (1,0) [0|0] \"\" X\n SG_ B : 0|65@1+ (1,0) [0|0] \"\" X\n\
                 SG_ C : 0|16@1+ (1,0) [0|0] \"\" X\n SG_ D : 10|8@1+ (1,0) [0|0] \"\" X\n\
                 SG_ E : 70000|8@1+ (1,0) [0|0] \"\" X\n SG_ F : 0|8@1+ (1e999,0) [0|0] \"\" X\nSIG_VALTYPE_ 1 C : 1;\n";
    let database = Database::parse(text.as_bytes()).unwrap();
    let signals: Vec<_> = database.messages[0].signals.iter().map(|signal| signal.name.as_str()).collect();
    assert_eq!(signals, ["D"]);
    let repairs: Vec<_> = database.repairs.iter().map(|repair| format!("{}: {}", repair.line, repair.what)).collect();
    assert_eq!(
        repairs,
        [
            "2: signal A: a size of 0 bits is not read (1 to 64): left out",
            "3: signal B: a size of 65 bits is not read (1 to 64): left out",
            "4: signal C: a float of 16 bits is not read (32 or 64): left out",
            "5: signal D reaches past the 2 bytes of its message: not decoded from frames of that length",
            "6: signal E: start bit 70000 is over 65535: left out",
            "7: signal F: factor or offset is over what a 64 bit float holds: left out",
        ]
    );
}

#[test]
fn long_names() {
    let text = "BO_ 1 Short: 8 X\n SG_ S : 0|8@1+ (1,0) [0|0] \"\" X\nBA_DEF_ BO_ \"SystemMessageLongSymbol\" STRING ;\n\
                BA_DEF_ SG_ \"SystemSignalLongSymbol\" STRING ;\nBA_ \"SystemMessageLongSymbol\" BO_ 1 \"LongMessage\";\n\
                BA_ \"SystemSignalLongSymbol\" SG_ 1 S \"LongSignal\";\n";
    let database = Database::parse(text.as_bytes()).unwrap();
    assert_eq!(database.message("LongMessage").unwrap().signals[0].name, "LongSignal");
}

#[test]
fn line_ends_and_byte_order_marks() {
    for text in [
        "\u{FEFF}BO_ 1 m: 8 X\r\n SG_ A : 0|8@1+ (1,0) [0|0] \"µ\" X\r\n",
        "BO_ 1 m: 8 X\r SG_ A : 0|8@1+ (1,0) [0|0] \"µ\" X",
    ] {
        let database = Database::parse(text.as_bytes()).unwrap();
        assert_eq!(database.messages[0].signals[0].unit, "µ");
    }
    assert_eq!(Database::parse(b"").unwrap(), Database::default());
}

#[test]
fn errors_name_the_line_and_what_was_expected() {
    let signal = |rest: &str| refused(&format!("VERSION \"\"\n\nBO_ 1 m: 8 X\n SG_ A {rest}\n"));
    assert_eq!(signal(": 0|8@1+ (1,0 [0|0] \"\" X"), "line 4, column 22: expected `)`, found `[0|0] \"\" X`");
    assert_eq!(
        signal(": 0|8@2+ (1,0) [0|0] \"\" X"),
        "line 4, column 14: expected the byte order, 0 or 1, found `2+ (1,0) [0|0] \"\" X`"
    );
    assert_eq!(
        signal(": 0|8@1+ (1,0) [0|] \"\" X"),
        "line 4, column 26: expected the maximum, a number, found `] \"\" X`"
    );
    assert_eq!(
        signal("q2 : 0|8@1+ (1,0) [0|0] \"\" X"),
        "line 4, column 8: expected `:`, or M, m1 or m1M for multiplexing, found `q2 : 0|8@1+ (1,0) [0|0] \"\" X`"
    );
    assert_eq!(signal(": 0|8"), "line 4, column 13: expected `@`, found the end of the line");
    assert_eq!(refused("BO_ x m: 8 X\n"), "line 1, column 5: expected the message's id, found `x m: 8 X`");
    assert_eq!(
        refused("BO_ 1 m: 8 X\n\nnonsense\n"),
        "line 3, column 1: expected a statement (BO_, CM_, BA_DEF_, BA_, VAL_ and so on), found `nonsense`"
    );
    assert_eq!(
        refused("BO_ 1 m: 8 X\n SG_ A : -4|8@1+ (1,0) [0|0] \"\" X\n"),
        "line 2, column 10: expected the start bit, found `-4|8@1+ (1,0) [0|0] \"\" X`"
    );
    assert_eq!(
        refused("BO_ 1 m: 8 X\n SG_ A : 0|8@1+ (1,0) [0|0] \"\" X\n\nVAL_ 1 A 99999999999999999999 \"x\" ;\n"),
        "line 4: Invalid Int value: '99999999999999999999' (in `VAL_ 1 A 99999999999999999999 \"x\" ;`)"
    );
}

#[test]
fn a_statement_that_only_the_parser_would_take_is_refused() {
    let after = |line: &str| refused(&format!("BO_ 1 A: 8 X\n{line}\n"));
    assert_eq!(after("BO_1 B: 8 X"), "line 2, column 4: expected a blank, found `1 B: 8 X`");
    assert_eq!(after("BO_ 1B : 8 X"), "line 2, column 5: expected the message's id, found `1B : 8 X`");
    assert_eq!(
        after("BO_ 2 B: 8 X BO_ 1 C: 8 X"),
        "line 2, column 14: expected the end of the line, found `BO_ 1 C: 8 X`"
    );
    assert_eq!(
        after(" SG_S : 0|8@1+ (1,0) [0|0] \"\" X"),
        "line 2, column 5: expected a blank, found `S : 0|8@1+ (1,0) [0|0] \"\" X`"
    );
    assert!(Database::parse(b"BO_ 1 A: 8 X // a note\n SG_ S : 0|8@1+ (1,0) [0|0] \"\" X , Y // another\n").is_ok());
}

use super::*;

/// A file of one message, and what is said about it.
fn mended(text: &str) -> (String, Vec<String>) {
    let mended = mend(text).unwrap();
    assert!(mended.text.lines().count() <= text.lines().count(), "lines keep their numbers");
    (mended.text, mended.repairs.into_iter().map(|repair| format!("{}: {}", repair.line, repair.what)).collect())
}

const MESSAGE: &str = "BO_ 1 One: 8 X\n SG_ A : 0|8@1+ (1,0) [0|0] \"\" X\n";

#[test]
fn a_sound_file_stays_as_it_is_but_for_what_is_read_already() {
    let text = "VERSION \"\"\n\nNS_ :\n\tCM_\n\tBO_TX_BU_\n\nBS_:\nBU_: X Y\n\nBO_ 1 One: 8 X\n SG_ A m1 : 0|8@1+ (0.5,0) \
                [0|0] \"a.b\" X,Y\n\nCM_ BO_ 1 \"over\nlines; with \\\"quotes\\\"\";\nVAL_ 1 A 0 \"off\" ;\nEV_ E: 0 [0|1] \
                \"\" 0 1 DUMMY_NODE_VECTOR0 X;\n";
    assert_eq!(mend(text).unwrap().notes.len(), 2);
    let (mended, repairs) = mended(text);
    let read = "CM_ BO_ 1 \"over\nlines; with \\\"quotes\\\"\";\nVAL_ 1 A 0 \"off\" ;\n";
    assert_eq!(mended, text.replacen(read, "\n\n\n", 1));
    assert_eq!(repairs, [""; 0]);
}

#[test]
fn wide_ids_are_marked_as_extended_everywhere() {
    let text = "BO_ 2566848513 Marked: 8 X\nBO_ 419351041 Wide: 8 X\n SG_ A : 0|8@1+ (1,0) [0|0] \"\" X\n\
                BO_ 4294967295 Over: 8 X\nCM_ SG_ 419351041 A \"a\";\nVAL_ 419351041 A 1 \"x\" ;\nBA_ \"T\" BO_ 419351041 \
                5;\nSG_MUL_VAL_ 419351041 A A 1-1;\nSIG_VALTYPE_ 419351041 A : 1;\nBO_TX_BU_ 419351041 : X,Y;\n";
    let (mended, repairs) = mended(text);
    assert_eq!(mended.matches("2566848513").count(), 1);
    assert_eq!(mended.matches(&(419_351_041u32 | 1 << 31).to_string()).count(), 7);
    assert!(mended.contains(&format!("BO_ {} Over", 0x9FFF_FFFFu32)));
    assert_eq!(
        repairs,
        [
            "2: message Wide: id 419351041 has over 11 bits and lacks the mark of an extended id (bit 31): read as \
             extended 18FECA01",
            "4: message Over: id 4294967295 has over 29 bits: read as extended 1FFFFFFF",
        ]
    );
}

#[test]
fn comments_that_lack_something() {
    let text = format!(
        "{MESSAGE}CM_ SG_ 1 \"lost\";\nCM_ 1 \"implicit\";\nCM_ \"no end\"\nCM_ BO_ 1 \"two\nlines\"\nVAL_ 1 A 0 \"off\" 1 \
         \"on\"\n"
    );
    let (mended, repairs) = mended(&text);
    assert_eq!(
        mended,
        format!(
            "{MESSAGE}\nCM_ 1 \"implicit\";\nCM_ \"no end\";\nCM_ BO_ 1 \"two\nlines\";\nVAL_ 1 A 0 \"off\" 1 \"on\";\n"
        )
    );
    assert_eq!(
        repairs,
        [
            "3: a signal's comment without the signal's name: left out",
            "4: a comment on a message without BO_: taken as the message's",
            "5: CM_ does not end in `;`: added",
            "6: CM_ does not end in `;`: added",
            "8: VAL_ does not end in `;`: added",
        ]
    );
}

#[test]
fn statements_about_what_is_not_there() {
    let text = format!(
        "CM_ SG_ 1 A \"before its message\";\n{MESSAGE}VAL_ 1 B 0 \"off\" ;\nCM_ BO_ 2 \"x\ny\";\nVAL_ Env 1 \"x\" ;\n"
    );
    let (mended, repairs) = mended(&text);
    assert_eq!(mended, format!("\n{MESSAGE}\n\n\nVAL_ Env 1 \"x\" ;\n"));
    assert_eq!(
        repairs,
        [
            "4: VAL_ speaks of signal B, which message 1 does not have: left out",
            "5: CM_ speaks of message 2, which is not there: left out",
        ]
    );
}

#[test]
fn names_that_start_with_a_digit() {
    let text = "BO_ 1 2nd: 8 3Node\n SG_ 4th : 0|8@1+ (1,0) [0|0] \"\" X\nVAL_ 1 4th 0 \"4th\" ;\nSG_MUL_VAL_ 1 4th 4th \
                1-1;\nBO_TX_BU_ 1 : 3Node,X;\n";
    let (mended, repairs) = mended(text);
    assert_eq!(
        mended,
        "BO_ 1 _2nd: 8 _3Node\n SG_ _4th : 0|8@1+ (1,0) [0|0] \"\" X\nVAL_ 1 _4th 0 \"4th\" ;\nSG_MUL_VAL_ 1 _4th _4th \
         1-1;\nBO_TX_BU_ 1 : _3Node,X;\n"
    );
    assert_eq!(
        repairs,
        [
            "1: message 2nd starts with a digit: called _2nd",
            "1: node 3Node starts with a digit: called _3Node",
            "2: signal 4th starts with a digit: called _4th",
        ]
    );
}

#[test]
fn numbers_nodes_and_the_rest_of_a_line() {
    let text = "BO_ 1 One: 8\n SG_ A : 0|8@1+ (.25,-.5) [1.|2.5] \".5\" \n SG_ A : 8|8@1+ (1,0) [0|0] \"\" X\n\
                BO_ 1 Two: 8 X\n SG_ B : 0|8@1+ (1,0) [0|0] \"\" X\nFILTER 1;\n";
    let (mended, repairs) = mended(text);
    assert_eq!(mended, "BO_ 1 One: 8 Vector__XXX\n SG_ A : 0|8@1+ (0.25,-0.5) [1.0|2.5] \".5\"  Vector__XXX\n");
    assert_eq!(
        repairs,
        [
            "1: message One names no sender: taken as Vector__XXX",
            "2: signal A: a number lacks a digit at its point: 0 added",
            "2: signal A: a number lacks a digit at its point: 0 added",
            "2: signal A: a number lacks a digit at its point: 0 added",
            "2: signal A names no receiver: taken as Vector__XXX",
            "3: signal A is there twice in its message: the second is left out",
            "4: message Two has an id that is taken already: left out",
            "6: FILTER is not read: left out",
        ]
    );
}

#[test]
fn loose_signals_are_left_out_without_a_word() {
    let text = "BO_ 3221225472 VECTOR__INDEPENDENT_SIG_MSG: 0 X\n SG_ A : 0|8@1+ (1,0) [0|0] \"\" X\nBO_ 2147483648 Zero: \
                8 X\nCM_ SG_ 3221225472 A \"a\";\nBA_ \"T\" SG_ 3221225472 A 1;\n";
    let (mended, repairs) = mended(text);
    assert_eq!(mended, "\n \nBO_ 2147483648 Zero: 8 X\n");
    assert_eq!(repairs, [""; 0]);
}

#[test]
fn what_cannot_be_mended() {
    let error = |text: &str| mend(text).err().unwrap().to_string();
    assert_eq!(
        error("BO_ 4294967296 Big: 8 X\n"),
        "line 1: expected a message id of at most 32 bits, found 4294967296"
    );
    assert_eq!(
        error("BS_:\nCM_ \"one\"; CM_ BO_ 1\n  \"never closed\nBO_ 1 One: 8 X\n"),
        "line 3: expected a closing quote for the text that begins here, near `\"never closed`"
    );
}

use proptest::prelude::*;

use super::*;

fn told(text: &str) -> String {
    let mistakes = Node::json("x.json", text.as_bytes()).unwrap_err();
    mistakes.iter().map(Mistake::to_string).collect::<Vec<_>>().join("; ")
}

/// As serde_json has it, which keeps the last of two equal keys.
fn plain(node: &Node) -> serde_json::Value {
    match &node.content {
        Content::Null => serde_json::Value::Null,
        Content::Bool(flag) => (*flag).into(),
        Content::Number(number) => (*number).into(),
        Content::Text(text) => text.as_str().into(),
        Content::List(list) => list.iter().map(plain).collect(),
        Content::Table(entries) => {
            let entries = entries.iter().map(|entry| (entry.key.clone(), plain(&entry.value)));
            serde_json::Value::Object(entries.collect())
        }
    }
}

#[test]
fn a_document_is_read_with_the_places_of_its_parts() {
    let text = "{\n \"ü\": [1.5, -2e3, true, null],\n \"a\": {\"b\": \"\\u00e9\\ud83d\\ude00\\n\\/\"}\n}";
    let node = Node::json("x.json", text.as_bytes()).unwrap();
    assert_eq!(node.get("a").unwrap().get("b").unwrap().text(), Some("é😀\n/"));
    let list = node.get("ü").unwrap();
    assert_eq!(list.place, Place { line: 2, column: 7 });
    assert_eq!(list.list().unwrap()[1].place, Place { line: 2, column: 13 });
    assert_eq!(plain(&node).to_string(), r#"{"a":{"b":"é😀\n/"},"ü":[1.5,-2000.0,true,null]}"#);
}

#[test]
fn what_is_no_json_is_told_at_its_place() {
    for (text, expected) in [
        ("", "x.json:1:1: not JSON: expected a value, and the file ends"),
        ("{\n\"a\": 1,\n}", "x.json:3:1: not JSON: expected a key in quotes, found '}'"),
        ("{\"a\" 1}", "x.json:1:6: not JSON: expected `:`, found '1'"),
        ("[1 2]", "x.json:1:4: not JSON: expected `,` or `]`, found '2'"),
        ("{\"ü\": tru}", "x.json:1:7: not JSON: expected a value, found 't'"),
        ("\"a\nb\"", "x.json:1:3: not JSON: a text ends in the line in which it begins"),
        ("\"a", "x.json:1:3: not JSON: a text has no end"),
        ("\"\\ud800\"", "x.json:1:8: not JSON: half a character"),
        ("\"\\x\"", "x.json:1:3: not JSON: expected an escape such as `\\n`, found 'x'"),
        ("1e999", "x.json:1:1: not JSON: `1e999` is not a number"),
        ("{} {}", "x.json:1:4: not JSON: expected the end, found '{'"),
        ("Vehicle:\n", "x.json:1:1: not JSON: expected a value, found 'V'"),
    ] {
        assert_eq!(told(text), expected, "{text}");
    }
    let mistakes = Node::json("x.json", b"{\n\"a\": \"\xFF\"}").unwrap_err();
    assert_eq!(mistakes[0].to_string(), "x.json:2:7: byte 0xFF is not UTF-8: save the file as UTF-8");
}

#[test]
fn what_is_too_deep_too_many_or_too_long_is_refused() {
    assert_eq!(told(&"[".repeat(1_000_000)), "x.json:1:65: nested more than 64 deep");
    assert_eq!(told(&"{\"a\":".repeat(1_000_000)), "x.json:1:321: nested more than 64 deep");
    assert_eq!(told(&format!("[{}1]", "0,".repeat(MOST_VALUES))), "x.json:1:2000000: more than 1000000 values");
    assert_eq!(told(&" ".repeat(LONGEST + 1)), "x.json:1:1: longer than 16 MiB");
    assert!(Node::json("x.json", format!("{}{}", "[".repeat(64), "]".repeat(64)).as_bytes()).is_ok());
}

#[test]
fn every_key_that_stands_twice_is_told() {
    let text = "{\"a\": 1,\n\"b\": {\"c\": 1, \"c\": 2},\n\"a\": [{\"d\": 1,\n\"d\": 2}],\n\"a\": 3}";
    assert_eq!(
        told(text),
        "x.json:2:15: `c` is here already, in line 2; x.json:3:1: `a` is here already, in line 1; \
         x.json:4:1: `d` is here already, in line 3; x.json:5:1: `a` is here already, in line 3"
    );
}

proptest! {
    #[test]
    fn it_reads_what_serde_json_reads(text in r#"[\[\]{}:,"a\\un0-9.eE+ \n-]{0,40}|(true|false|null|[0-9]|"a"|"b":|[\[\]{},:]){0,16}"#) {
        let (ours, theirs) = (Node::json("x", text.as_bytes()), serde_json::from_str::<serde_json::Value>(&text));
        if let (Ok(ours), Ok(theirs)) = (&ours, &theirs) {
            let as_floats = serde_json::to_string(&plain(ours)).unwrap().replace(".0", "");
            prop_assert_eq!(as_floats, serde_json::to_string(theirs).unwrap().replace(".0", ""));
        }
        // Ours is stricter on keys alone, and takes numbers with zeros in front.
        if theirs.is_ok() {
            prop_assert!(ours.is_ok() || told(&text).contains("already"), "{text}");
        }
    }
}

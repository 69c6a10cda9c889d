use proptest::prelude::*;

use super::*;

fn value(text: &str, x: f64) -> f64 {
    Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).evaluate(x)
}

fn refusal(text: &str) -> String {
    Expression::parse(text).unwrap_err().to_string()
}

#[test]
fn operators_bind_as_in_school() {
    for (text, expected) in [
        ("x", 7.0),
        ("1 + 2 * x", 15.0),
        ("(1 + 2) * x", 21.0),
        ("10 - 3 - 2", 5.0),
        ("2 * 3 / 4", 1.5),
        ("2 ^ 3 ^ 2", 512.0),
        ("2**3**2", 512.0),
        ("-2 ^ 2", -4.0),
        ("2 ^ -1", 0.5),
        ("- -x", 7.0),
        ("1 - -1", 2.0),
        ("+x", 7.0),
        ("-7 % 360", 353.0),
        ("367 % 360", 7.0),
        ("7 % -3", -2.0),
        ("floor(x * 0.1) + 40", 40.0),
        ("floor((x*40)-100)", 180.0),
        ("round(2.5) + round(-2.5)", 0.0),
        ("ceil(1.2) + abs(-3) + sqrt(16)", 9.0),
        ("min(3, x, 2) + max(3, x, 2)", 9.0),
        ("pow(x, 2)", 49.0),
        ("if(x > 5, 1, 2) + if(x == 5, 10, 20)", 21.0),
        ("(x >= 7) + (x <= 7) + (x != 7) + (x < 7)", 2.0),
        ("1.5e2 + .5 + 2.", 152.5),
        ("exp(0) + log(E) + 0 * PI", 2.0),
    ] {
        assert_eq!(value(text, 7.0), expected, "{text}");
    }
}

#[test]
fn what_has_no_result_is_no_number() {
    for text in ["1 / 0", "0 / 0", "sqrt(-1)", "log(0)", "x % 0", "min(0 / 0, 1)", "max(1, 0 / 0)", "if(0 / 0, 1, 2)"] {
        assert!(!value(text, 1.0).is_finite(), "{text}");
    }
    assert!(value("1e300 * x", 1e300).is_infinite());
}

#[test]
fn a_mistake_says_where_it_is_and_what_was_expected() {
    for (text, expected) in [
        ("", "column 1: expected a number, `x`, a function or `(`, found the end"),
        ("x +", "column 4: expected a number, `x`, a function or `(`, found the end"),
        ("x * (2 + 3", "column 11: expected `)`, found the end"),
        ("x y", "column 3: expected an operator or the end, found `y`"),
        ("2 x", "column 3: expected an operator or the end, found `x`"),
        ("flor(x)", "column 1: unknown name `flor`: did you mean `floor`?"),
        (
            "1 + speed",
            "column 5: unknown name `speed`: the functions are floor ceil round abs sqrt exp log pow min max if, the value is `x`",
        ),
        ("floor x", "column 7: expected `(`, found `x`"),
        ("floor(x, 1)", "column 1: `floor` takes 1 values, found 2"),
        ("min(x)", "column 1: `min` takes 2 or more values, found 1"),
        ("if(x, 1)", "column 1: `if` takes 3 values, found 2"),
        ("1.2.3", "column 4: expected an operator or the end, found `.`"),
        (".", "column 1: `.` is not a number"),
        ("1e999", "column 1: `1e999` is not a number"),
        (
            "äö + ÷",
            "column 1: unknown name `äö`: the functions are floor ceil round abs sqrt exp log pow min max if, the value is `x`",
        ),
        ("x ÷ 2", "column 3: expected an operator or the end, found `÷`"),
    ] {
        assert_eq!(refusal(text), expected, "{text}");
    }
}

#[test]
fn what_is_too_long_or_too_deep_is_refused() {
    assert_eq!(refusal(&"1+".repeat(501)), "column 1001: longer than 1000 bytes");
    assert_eq!(refusal(&"(".repeat(900)), "column 33: nested more than 32 deep");
    assert_eq!(refusal(&"-".repeat(900)), "column 33: nested more than 32 deep");
    assert_eq!(refusal(&"2^".repeat(400)), "column 65: nested more than 32 deep");
    assert!(Expression::parse(&format!("{}x{}", "(".repeat(31), ")".repeat(31))).is_ok());
    let wide = format!("{}1{}", "if(1,2,".repeat(31), ")".repeat(31));
    assert_eq!(refusal(&wide), "column 250: more than 32 numbers would wait for their operators");
    assert_eq!(value(&format!("{}1{}", "if(0,2,".repeat(15), ")".repeat(15)), 0.0), 1.0);
}

/// The same arithmetic as a tree, walked by hand.
#[derive(Clone, Debug)]
enum Tree {
    X,
    Number(f64),
    One(&'static str, Box<Tree>),
    Two(&'static str, Box<Tree>, Box<Tree>),
    Choose(Box<[Tree; 3]>),
}

impl Tree {
    fn text(&self) -> String {
        match self {
            Self::X => "x".to_owned(),
            Self::Number(number) => format!("{number}"),
            Self::One("-", of) => format!("-({})", of.text()),
            Self::One(name, of) => format!("{name}({})", of.text()),
            Self::Two(name @ ("min" | "max" | "pow"), left, right) => {
                format!("{name}( {} ,{})", left.text(), right.text())
            }
            Self::Two(name, left, right) => format!("({}) {name} ({})", left.text(), right.text()),
            Self::Choose(of) => format!("if({}, {}, {})", of[0].text(), of[1].text(), of[2].text()),
        }
    }

    fn value(&self, x: f64) -> f64 {
        match self {
            Self::X => x,
            Self::Number(number) => *number,
            Self::One(name, of) => {
                let of = of.value(x);
                match *name {
                    "-" => -of,
                    "floor" => of.floor(),
                    "ceil" => of.ceil(),
                    "round" => of.round(),
                    "abs" => of.abs(),
                    _ => of.sqrt(),
                }
            }
            Self::Two(name, left, right) => {
                let (left, right) = (left.value(x), right.value(x));
                if matches!(*name, "min" | "max" | "<" | "==") && (left.is_nan() || right.is_nan()) {
                    return f64::NAN;
                }
                match *name {
                    "+" => left + right,
                    "-" => left - right,
                    "*" => left * right,
                    "/" => left / right,
                    "min" => {
                        if right < left {
                            right
                        } else {
                            left
                        }
                    }
                    "max" => {
                        if right > left {
                            right
                        } else {
                            left
                        }
                    }
                    "<" => f64::from(u8::from(left < right)),
                    "==" => f64::from(u8::from(left == right)),
                    _ => left.powf(right),
                }
            }
            Self::Choose(of) => match of[0].value(x) {
                condition if condition.is_nan() => f64::NAN,
                0.0 => of[2].value(x),
                _ => of[1].value(x),
            },
        }
    }
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![Just(Tree::X), (0.0..1000.0_f64).prop_map(Tree::Number)];
    leaf.prop_recursive(5, 24, 3, |inner| {
        let one = proptest::sample::select(vec!["-", "floor", "ceil", "round", "abs", "sqrt"]);
        let two = proptest::sample::select(vec!["+", "-", "*", "/", "min", "max", "<", "==", "pow", "^"]);
        prop_oneof![
            (one, inner.clone()).prop_map(|(name, of)| Tree::One(name, Box::new(of))),
            (two, inner.clone(), inner.clone()).prop_map(|(name, left, right)| Tree::Two(
                name,
                Box::new(left),
                Box::new(right)
            )),
            [inner.clone(), inner.clone(), inner].prop_map(|of| Tree::Choose(Box::new(of))),
        ]
    })
}

proptest! {
    #[test]
    fn a_program_computes_what_its_tree_does(tree in tree(), x in -1e6..1e6_f64) {
        let text = tree.text();
        if text.len() > LONGEST {
            return Ok(());
        }
        let (program, walked) = (value(&text, x), tree.value(x));
        prop_assert!(program.to_bits() == walked.to_bits() || program == walked || program.is_nan() && walked.is_nan(),
            "{text} of {x}: {program} and not {walked}");
    }

    #[test]
    fn no_text_whatever_is_more_than_refused(text in "[x0-9.+*/%^(),<>=! a-z-]{0,60}|.{0,40}", x in any::<f64>()) {
        match Expression::parse(&text) {
            Ok(expression) => { expression.evaluate(x); }
            Err(error) => prop_assert!(error.column <= text.chars().count() + 1, "{text}: {error}"),
        }
    }
}

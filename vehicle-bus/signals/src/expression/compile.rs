use super::{DEEPEST, ExpressionError, LONGEST, One, STACK, Step, Two};
use crate::nearest;

const FUNCTIONS: [&str; 11] = ["floor", "ceil", "round", "abs", "sqrt", "exp", "log", "pow", "min", "max", "if"];
const CONSTANTS: [&str; 3] = ["x", "PI", "E"];
/// Operators by how loosely they bind; the longer of two that begin alike first.
const LEVELS: [&[(&str, Two)]; 4] = [
    &[("==", Two::Equal), ("!=", Two::Unequal)],
    &[("<=", Two::LessOrEqual), (">=", Two::GreaterOrEqual), ("<", Two::Less), (">", Two::Greater)],
    &[("+", Two::Add), ("-", Two::Subtract)],
    &[("*", Two::Multiply), ("/", Two::Divide), ("%", Two::Remainder)],
];

pub(super) fn compile(text: &str) -> Result<Vec<Step>, ExpressionError> {
    let mut compiler = Compiler { text, at: 0, depth: 0, program: Vec::new() };
    if text.len() > LONGEST {
        return Err(compiler.wrong(LONGEST, format!("longer than {LONGEST} bytes")));
    }
    compiler.level(0)?;
    if let Some(next) = compiler.peek() {
        return Err(compiler.wrong(compiler.at, format!("expected an operator or the end, found `{next}`")));
    }
    let mut height = 0_usize;
    for step in &compiler.program {
        height = match step {
            Step::Input | Step::Number(_) => height + 1,
            Step::One(_) => height,
            Step::Two(_) => height - 1,
            Step::Choose => height - 2,
        };
        if height > STACK {
            return Err(compiler.wrong(text.len(), format!("more than {STACK} numbers would wait for their operators")));
        }
    }
    Ok(compiler.program)
}

/// One pass over the text: what has been read is in the program.
struct Compiler<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    program: Vec<Step>,
}

impl Compiler<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next character behind any space.
    fn peek(&mut self) -> Option<char> {
        self.at = self.text.len() - self.rest().trim_start().len();
        self.rest().chars().next()
    }

    fn take(&mut self, token: &str) -> bool {
        self.peek();
        let there = self.rest().starts_with(token);
        self.at += if there { token.len() } else { 0 };
        there
    }

    fn wrong(&self, at: usize, message: impl Into<String>) -> ExpressionError {
        let before = self.text.char_indices().take_while(|(start, _)| *start < at).count();
        ExpressionError { column: before + 1, message: message.into() }
    }

    fn expect(&mut self, token: &str) -> Result<(), ExpressionError> {
        if self.take(token) {
            return Ok(());
        }
        let found = self.peek().map_or("the end".to_owned(), |next| format!("`{next}`"));
        Err(self.wrong(self.at, format!("expected `{token}`, found {found}")))
    }

    fn level(&mut self, level: usize) -> Result<(), ExpressionError> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        self.level(level + 1)?;
        // `**` is a power, not a product.
        while let Some((_, two)) = operators.iter().find(|(token, _)| !self.is_power() && self.take(token)) {
            self.level(level + 1)?;
            self.program.push(Step::Two(*two));
        }
        Ok(())
    }

    fn is_power(&mut self) -> bool {
        self.peek();
        self.rest().starts_with("**")
    }

    fn unary(&mut self) -> Result<(), ExpressionError> {
        self.enter()?;
        if self.take("-") {
            self.unary()?;
            self.program.push(Step::One(One::Negate));
        } else if self.take("+") {
            self.unary()?;
        } else {
            self.power()?;
        }
        self.depth -= 1;
        Ok(())
    }

    fn power(&mut self) -> Result<(), ExpressionError> {
        self.atom()?;
        if self.take("**") || self.take("^") {
            // An exponent may have a sign, and a power of its own.
            self.unary()?;
            self.program.push(Step::Two(Two::Power));
        }
        Ok(())
    }

    fn enter(&mut self) -> Result<(), ExpressionError> {
        self.depth += 1;
        let deep = self.depth > DEEPEST;
        if deep { Err(self.wrong(self.at, format!("nested more than {DEEPEST} deep"))) } else { Ok(()) }
    }

    fn atom(&mut self) -> Result<(), ExpressionError> {
        match self.peek() {
            Some('(') => {
                self.at += 1;
                self.level(0)?;
                self.expect(")")
            }
            Some('0'..='9' | '.') => self.number(),
            Some(letter) if letter.is_alphabetic() || letter == '_' => self.named(),
            Some(other) => {
                Err(self.wrong(self.at, format!("expected a number, `x`, a function or `(`, found `{other}`")))
            }
            None => Err(self.wrong(self.at, "expected a number, `x`, a function or `(`, found the end")),
        }
    }

    fn number(&mut self) -> Result<(), ExpressionError> {
        let start = self.at;
        let digits = |text: &str| text.len() - text.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
        self.at += digits(self.rest());
        if self.rest().starts_with('.') {
            self.at += 1;
            self.at += digits(self.rest());
        }
        if self.rest().starts_with(['e', 'E']) {
            let sign = usize::from(self.rest().get(1..).is_some_and(|rest| rest.starts_with(['+', '-'])));
            let exponent = digits(self.rest().get(1 + sign..).unwrap_or_default());
            self.at += if exponent > 0 { 1 + sign + exponent } else { 0 };
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        let number = text.parse().ok().filter(|number: &f64| number.is_finite());
        let number = number.ok_or_else(|| self.wrong(start, format!("`{text}` is not a number")))?;
        self.program.push(Step::Number(number));
        Ok(())
    }

    fn named(&mut self) -> Result<(), ExpressionError> {
        let start = self.at;
        let letter = |letter: char| letter.is_alphanumeric() || letter == '_';
        let length = self.rest().find(|at: char| !letter(at)).unwrap_or(self.rest().len());
        let name = self.rest().get(..length).unwrap_or_default().to_owned();
        self.at += length;
        let constant = match name.as_str() {
            "x" => Some(Step::Input),
            "PI" => Some(Step::Number(std::f64::consts::PI)),
            "E" => Some(Step::Number(std::f64::consts::E)),
            _ => None,
        };
        if let Some(step) = constant {
            self.program.push(step);
            return Ok(());
        }
        if !FUNCTIONS.contains(&name.as_str()) {
            let known = FUNCTIONS.into_iter().chain(CONSTANTS);
            let hint = match nearest(&name, known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the functions are {}, the value is `x`", FUNCTIONS.join(" ")),
            };
            return Err(self.wrong(start, format!("unknown name `{name}`: {hint}")));
        }
        self.expect("(")?;
        let mut given = 0;
        loop {
            self.level(0)?;
            given += 1;
            // From two on, each more is compared with the outcome so far.
            if given > 1 && matches!(name.as_str(), "min" | "max") {
                self.program.push(Step::Two(if name == "min" { Two::Min } else { Two::Max }));
            }
            if !self.take(",") {
                break;
            }
        }
        self.expect(")")?;
        let one = match name.as_str() {
            "floor" => Some(One::Floor),
            "ceil" => Some(One::Ceil),
            "round" => Some(One::Round),
            "abs" => Some(One::Abs),
            "sqrt" => Some(One::Sqrt),
            "exp" => Some(One::Exp),
            "log" => Some(One::Log),
            _ => None,
        };
        let (step, wanted) = match (one, name.as_str()) {
            (Some(one), _) => (Some(Step::One(one)), 1..=1),
            (None, "pow") => (Some(Step::Two(Two::Power)), 2..=2),
            (None, "if") => (Some(Step::Choose), 3..=3),
            (None, _) => (None, 2..=usize::MAX),
        };
        if !wanted.contains(&given) {
            let wanted = if step.is_none() { "2 or more".to_owned() } else { wanted.start().to_string() };
            return Err(self.wrong(start, format!("`{name}` takes {wanted} values, found {given}")));
        }
        self.program.extend(step);
        Ok(())
    }
}

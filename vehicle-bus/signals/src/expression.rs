//! Arithmetic over one number, `floor(x * 0.1) + 40`: compiled once, run for every frame.

use std::fmt;

mod compile;

/// An expression in `x`, as a flat program over a stack of its own.
///
/// * **Operators**, from the loosest: `== !=`, `< <= > >=` (1 if so, else 0), `+ -`, `* / %`, unary `-` and `+`, `^` (or `**`; to the right). `%` has the sign
///   of its right side, so that `x % 360` of an angle lies in 0 to 360.
/// * **Functions**: `floor ceil round abs sqrt exp log` of one, `pow` of two, `min max` of two or more, `if(condition, then, else)`. `round` rounds half away
///   from zero. **Constants**: `PI`, `E`.
///
/// What has no result (a division by zero, the root of a negative number) is infinite or not a number, which no leaf takes: the reading is invalid.
#[derive(Clone, PartialEq)]
pub struct Expression {
    text: String,
    program: Vec<Step>,
}

/// Where an expression is wrong, and how.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {message}")]
pub struct ExpressionError {
    /// Counted from 1, in characters.
    pub column: usize,
    pub message: String,
}

/// Bytes of an expression.
pub(crate) const LONGEST: usize = 1000;
/// Parentheses and functions within each other.
pub(crate) const DEEPEST: usize = 32;
/// Numbers that wait at once for their operator.
const STACK: usize = 32;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Input,
    Number(f64),
    One(One),
    Two(Two),
    /// Condition, then, else: both were computed.
    Choose,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum One {
    Negate,
    Floor,
    Ceil,
    Round,
    Abs,
    Sqrt,
    Exp,
    Log,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Two {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
    Min,
    Max,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Expression {
    /// Compiles an expression of at most 1,000 bytes and 32 levels.
    ///
    /// # Errors
    /// The first mistake, with its column.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let program = compile::compile(text)?;
        Ok(Self { text: text.to_owned(), program })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The result for one `x`; infinite or not a number where there is none. Allocates nothing.
    pub fn evaluate(&self, x: f64) -> f64 {
        let mut stack = Stack { numbers: [0.0; STACK], height: 0 };
        for step in &self.program {
            match *step {
                Step::Input => stack.push(x),
                Step::Number(number) => stack.push(number),
                Step::One(one) => {
                    let number = stack.pop();
                    stack.push(one.apply(number));
                }
                Step::Two(two) => {
                    let (right, left) = (stack.pop(), stack.pop());
                    stack.push(two.apply(left, right));
                }
                Step::Choose => {
                    let (otherwise, then, condition) = (stack.pop(), stack.pop(), stack.pop());
                    let chosen = if condition == 0.0 { otherwise } else { then };
                    // A condition that has no result has no side.
                    stack.push(if condition.is_nan() { f64::NAN } else { chosen });
                }
            }
        }
        stack.pop()
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.text)
    }
}

/// The compiler lets no program through that would run over either end of it.
struct Stack {
    numbers: [f64; STACK],
    height: usize,
}

impl Stack {
    fn push(&mut self, number: f64) {
        if let Some(place) = self.numbers.get_mut(self.height) {
            *place = number;
            self.height += 1;
        }
    }

    fn pop(&mut self) -> f64 {
        self.height = self.height.saturating_sub(1);
        self.numbers.get(self.height).copied().unwrap_or(f64::NAN)
    }
}

impl One {
    fn apply(self, x: f64) -> f64 {
        match self {
            Self::Negate => -x,
            Self::Floor => x.floor(),
            Self::Ceil => x.ceil(),
            Self::Round => x.round(),
            Self::Abs => x.abs(),
            Self::Sqrt => x.sqrt(),
            Self::Exp => x.exp(),
            Self::Log => x.ln(),
        }
    }
}

impl Two {
    fn apply(self, left: f64, right: f64) -> f64 {
        let truth = |is: bool| if left.is_nan() || right.is_nan() { f64::NAN } else { f64::from(u8::from(is)) };
        match self {
            Self::Add => left + right,
            Self::Subtract => left - right,
            Self::Multiply => left * right,
            Self::Divide => left / right,
            Self::Remainder => {
                let rest = left % right;
                if rest != 0.0 && (rest < 0.0) != (right < 0.0) { rest + right } else { rest }
            }
            Self::Power => left.powf(right),
            // The library's forget what is not a number.
            Self::Min | Self::Max if left.is_nan() || right.is_nan() => f64::NAN,
            Self::Min => left.min(right),
            Self::Max => left.max(right),
            Self::Equal => truth(left == right),
            Self::Unequal => truth(left != right),
            Self::Less => truth(left < right),
            Self::LessOrEqual => truth(left <= right),
            Self::Greater => truth(left > right),
            Self::GreaterOrEqual => truth(left >= right),
        }
    }
}

#[cfg(test)]
mod tests;

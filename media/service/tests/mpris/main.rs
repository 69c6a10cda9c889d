//! Our player as a stranger meets it on the bus, by the specification and by what other players got wrong. The number of a test is that of the check it is.

#![cfg(test)]

mod script;
mod stage;
mod steering;
mod strangers;
mod telling;
mod whole;
mod words;

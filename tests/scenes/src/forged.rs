use std::num::NonZeroU32;

use serde::Serialize;
use zbus::DynamicType;
use zbus::message::Message;

/// Calls of a program that has just started have numbers below this.
const SERIALS: u32 = 64;

/// Answers to every call that this connection may wait for, with the same body.
pub fn answers<B: Serialize + DynamicType>(to: &str, body: &B) -> impl Iterator<Item = Message> {
    (1..SERIALS).filter_map(NonZeroU32::new).map(move |serial| {
        let call = Message::method_call("/", "Any").sender(to).serial(serial).build(&()).expect("a call");
        Message::method_return(&call.header()).build(body).expect("an answer")
    })
}

//! Notifications of a phone, as far as they may be shown.

use tandem_kdeconnect::{DeviceId, Note};

use super::Core;

/// Of one phone; the oldest go.
const NOTES: usize = 50;
/// Words beside which a number is nobody else's business.
const SECRET: [&str; 14] = [
    "code",
    "otp",
    "pin",
    "tan",
    "passcode",
    "password",
    "verification",
    "verify",
    "验证码",
    "驗證碼",
    "校验码",
    "动态码",
    "密码",
    "密碼",
];

/// Whether it looks like a password for once: a number of four to eight digits beside a word for one.
fn is_secret(text: &str) -> bool {
    let text = text.to_lowercase();
    // 123-456 and 123 456 are numbers, too.
    let joined = text.replace(['-', ' '], "");
    let long = |text: &str| text.split(|c: char| !c.is_ascii_digit()).any(|run| (4..=8).contains(&run.len()));
    let number = long(&text) || long(&joined);
    let word = |word: &str| match word.is_ascii() {
        // pincode, codes, Bestätigungscode
        true if word == "code" => text.contains(word),
        true => text.split(|c: char| !c.is_alphanumeric()).any(|part| part == word),
        false => text.contains(word),
    };
    number && SECRET.into_iter().any(word)
}

impl Core {
    pub(super) fn hear_note(&mut self, id: &DeviceId, note: Note) {
        let session = self.new_session();
        let Some(phone) = self.phones.get_mut(id).filter(|phone| phone.may("notes")) else { return };
        match &note {
            Note::Gone { id } => drop(phone.notes.remove(id)),
            Note::Shown { title, text, .. } if is_secret(&format!("{title} {text}")) => {}
            Note::Shown { id, .. } => {
                let session = phone.notes.get(id).map_or(session, |(session, _)| session.clone());
                if phone.notes.len() >= NOTES && !phone.notes.contains_key(id) {
                    let time = |note: &Note| if let Note::Shown { time_ms, .. } = note { *time_ms } else { None };
                    let oldest = phone.notes.iter().min_by_key(|(_, (_, note))| time(note)).map(|(id, _)| id.clone());
                    oldest.map(|id| phone.notes.remove(&id));
                }
                phone.notes.insert(id.clone(), (session, note));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_secret;

    #[test]
    fn passwords_for_once_are_known_by_a_word_and_a_number() {
        for text in [
            "Your code is 493021",
            "【银行】验证码 8821，请勿告诉他人",
            "TAN: 123456",
            "G-493021 is your verification code",
            "Ihr Bestätigungscode: 123456",
            "驗證碼 123456",
            "123-456 is your code",
        ] {
            assert!(is_secret(text), "{text}");
        }
        for text in
            ["Dinner at 1930?", "The code word is swordfish", "Pinned 4000 photos", "Room 12, code red", "会议 2026"]
        {
            assert!(!is_secret(text), "{text}");
        }
    }
}

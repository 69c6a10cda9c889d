/// What is wrong with a bus's configuration, a sentence for each rule that lets more through than one reads at a glance:
/// a call that does not say to whom, a signal that does not say which, at what object, a name that anybody may own, or a person's seat as a reason.
pub fn faults(configuration: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (number, line) in configuration.lines().enumerate() {
        let mut fault = |what: &str| faults.push(format!("line {}: {what}: {}", number + 1, line.trim()));
        let has = |attribute: &str| line.contains(&format!(" {attribute}=\""));
        let says = |attribute: &str, value: &str| line.contains(&format!(" {attribute}=\"{value}\""));
        if has("at_console") {
            fault("where somebody sits is no reason");
        }
        if line.contains(" eavesdrop=") {
            fault("nobody listens to others");
        }
        if !line.trim_start().starts_with("<allow") {
            continue;
        }
        if says("own", "*") || says("own_prefix", "") {
            fault("anybody may own anything");
        }
        if line.contains(" send_") {
            let is_signal = says("send_type", "signal");
            let is_bound = has("send_path") && has("send_interface") && has("send_member");
            let is_addressed = has("send_destination") && !says("send_destination", "*");
            match (is_signal, is_addressed, is_bound) {
                (true, _, false) => fault("a signal without its path, interface and member"),
                (false, false, _) => fault("a call without its destination"),
                _ => {}
            }
            if !(is_signal || has("send_interface") && has("send_member") && says("send_type", "method_call")) {
                fault("a call without its interface and member");
            }
        }
        if line.contains(" receive_") && !(has("receive_sender") && has("receive_interface")) {
            fault("something heard without its sender and interface");
        }
    }
    faults
}

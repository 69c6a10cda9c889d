use proptest::prelude::*;

use super::*;

/// `lat,lon|label`, `?query|label` or `~link|label`.
fn said(text: &str) -> String {
    match Destination::read(text) {
        None => "none".to_owned(),
        Some(Destination { target: Target::Point(point), label }) => {
            format!("{:.4},{:.4}|{label}", point.latitude(), point.longitude())
        }
        Some(Destination { target: Target::Query(query), label }) => format!("?{query}|{label}"),
        Some(Destination { target: Target::Link(_), label }) => format!("~|{label}"),
    }
}

#[test]
fn every_way_to_say_a_place_is_understood() {
    for (text, place) in [
        ("geo:52.5200,13.4050", "52.5200,13.4050|"),
        ("geo:52.52,13.405;u=35", "52.5200,13.4050|"),
        ("geo:0,0?q=52.52,13.405(Fernsehturm%20Berlin)", "52.5200,13.4050|Fernsehturm Berlin"),
        ("geo:52.52,13.405?q=52.52,13.405(Café am Dom)", "52.5200,13.4050|Café am Dom"),
        ("geo:48.1,11.5?q=52.52,13.405", "52.5200,13.4050|"),
        ("geo:0,0?q=Alexanderplatz+1", "?Alexanderplatz 1|"),
        ("geo:31.2304,121.4737?q=%E5%A4%96%E6%BB%A9", "31.2304,121.4737|外滩"),
        ("google.navigation:q=52.52,13.405", "52.5200,13.4050|"),
        ("google.navigation:q=Alexanderplatz+1,+Berlin&mode=d", "?Alexanderplatz 1, Berlin|"),
        ("52.52, 13.405", "52.5200,13.4050|"),
        ("https://www.google.com/maps/@52.52,13.405,17z", "52.5200,13.4050|"),
        (
            "https://www.google.de/maps/place/Caf%C3%A9+Kranzler/@52.5,13.3,17z/data=!3m1!4b1!4m5!3m4!1s0x47a!8m2!3d52.5041!4d13.3319",
            "52.5041,13.3319|Café Kranzler",
        ),
        ("https://www.google.com/maps/search/?api=1&query=52.52%2C13.405", "52.5200,13.4050|"),
        ("https://www.google.com/maps/dir/?api=1&destination=Berlin+Hbf", "?Berlin Hbf|"),
        ("https://www.google.com/maps/dir/Home/Berlin+Hbf/@52.5,13.4,12z/data=!3m1", "?Berlin Hbf|"),
        ("https://www.google.com/maps/dir//52.52,13.405/@1,2,12z", "52.5200,13.4050|"),
        ("https://www.google.com/maps/search/coffee/@52.5,13.4,12z", "?coffee|"),
        ("https://maps.google.com/?q=52.52,13.405", "52.5200,13.4050|"),
        ("https://maps.google.co.uk/maps?daddr=52.52,13.405", "52.5200,13.4050|"),
        ("https://maps.apple.com/?ll=52.52,13.405&q=Tower", "52.5200,13.4050|Tower"),
        ("https://maps.apple.com/?daddr=Unter+den+Linden+1", "?Unter den Linden 1|"),
        ("https://maps.apple.com/place?coordinate=52.52,13.405&name=Tower", "52.5200,13.4050|Tower"),
        ("https://www.openstreetmap.org/?mlat=52.52&mlon=13.405#map=17/1.0/2.0", "52.5200,13.4050|"),
        ("https://www.openstreetmap.org/#map=17/52.52/13.405", "52.5200,13.4050|"),
        ("https://osmand.net/map?pin=52.52,13.405#15/52.52/13.405", "52.5200,13.4050|"),
        ("ge0://B4srhdHVVt/Some_Name", "64.5234,12.1234|Some Name"),
        ("https://omaps.app/B4srhdHVVt/Some_Name", "64.5234,12.1234|Some Name"),
        ("https://maps.app.goo.gl/AbCdEf123", "~|"),
        ("Café Kranzler\nhttps://maps.app.goo.gl/AbCdEf123", "~|Café Kranzler"),
        ("Kranzler\nKurfürstendamm 18\nhttps://maps.google.com/?q=52.5041,13.3319", "52.5041,13.3319|Kranzler"),
        ("Look: geo:52.52,13.405", "52.5200,13.4050|Look:"),
    ] {
        assert_eq!(said(text), place, "{text}");
    }
}

#[test]
fn what_names_no_place_is_none() {
    for text in [
        "",
        "hello",
        "geo:91,0",
        "geo:0,0",
        "geo:NaN,inf",
        "geo:1e1,2e1",
        "https://example.org/?q=52.52,13.405",
        "https://google.com.evil.example/maps/@52.5,13.4,3z",
        "https://evilgoogle.com/maps/@52.5,13.4,3z",
        "https://www.google.com/search?q=52.52,13.405",
        "https://omaps.app/B4/x",
        "https://omaps.app/B4srhd!VVt/x",
        "tel:+49123",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "12.5, 200",
    ] {
        assert_eq!(said(text), "none", "{text}");
    }
    let long = format!("{} geo:52.52,13.405", "x".repeat(MAX_TEXT));
    assert_eq!(said(&long), "none", "what is too long is not cut: it would lead elsewhere");
}

#[test]
fn a_place_goes_back_to_the_phone_as_it_came() {
    let place = Destination::read("geo:0,0?q=52.52,13.405(Zum%20Löwen%20(hinten)%20%26%20links)").unwrap();
    assert_eq!(place.label, "Zum Löwen (hinten) & links");
    assert_eq!(Destination::read(&place.geo().unwrap()), Some(place));
    assert_eq!(Destination::read("geo:0,0?q=Somewhere").unwrap().geo(), None);
}

proptest! {
    #[test]
    fn any_text_is_a_place_or_none(text in ".{0,200}") {
        Destination::read(&text);
    }

    #[test]
    fn any_rest_of_a_link_is_a_place_or_none(at in 0..9_usize, rest in "[!-~]{0,80}") {
        let starts = ["geo:", "geo:0,0?q=", "google.navigation:q=", "https://www.google.com/maps/", "https://maps.apple.com/?",
            "https://www.openstreetmap.org/#map=", "https://osmand.net/map?pin=", "ge0://", "https://omaps.app/"];
        Destination::read(&format!("{}{rest}", starts[at]));
    }

    #[test]
    fn a_point_survives_its_way_to_the_phone_and_back(latitude in -89.9..89.9_f64, longitude in 1.0..179.9_f64, label in "[a-zA-Z äöü()&+%中]{0,20}") {
        let place = Destination { target: Target::Point(Point::new(latitude, longitude).unwrap()), label: label.trim().to_owned() };
        let back = Destination::read(&place.geo().unwrap()).unwrap();
        let Target::Point(point) = back.target else { panic!() };
        prop_assert!((point.latitude() - latitude).abs() < 1e-6 && (point.longitude() - longitude).abs() < 1e-6);
        prop_assert_eq!(back.label, place.label);
    }
}

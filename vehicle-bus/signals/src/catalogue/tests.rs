use super::*;

#[test]
fn our_own_catalogue_reads() {
    let files = [
        ("catalogue.toml", include_str!("../../../../assets/vss/catalogue.toml")),
        ("overlay.toml", include_str!("../../../../assets/vss/overlay.toml")),
    ];
    let catalogue = Catalogue::parse(&files).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"));
    assert_eq!(&catalogue, Catalogue::ours());
    assert!(catalogue.len() > 50);
    for (id, leaf) in catalogue.iter() {
        assert_eq!(catalogue.find(&leaf.path), Some(id));
        assert_eq!(catalogue.leaf(id), leaf);
    }
    let private: Vec<&str> =
        catalogue.iter().filter(|(_, leaf)| leaf.private).map(|(_, leaf)| leaf.path.as_str()).collect();
    assert_eq!(
        private,
        [
            "Vehicle.CurrentLocation.Latitude",
            "Vehicle.CurrentLocation.Longitude",
            "Vehicle.CurrentLocation.Altitude",
            "Vehicle.CurrentLocation.Heading",
            "Vehicle.VehicleIdentification.VIN"
        ]
    );
}

#[test]
fn an_id_of_another_catalogue_finds_nothing_private() {
    let leaf = Catalogue::default().leaf(LeafId(3)).clone();
    assert_eq!((leaf.path.as_str(), leaf.private), ("", true));
}

#[test]
fn every_mistake_of_every_file_is_told() {
    let files = [
        (
            "a.toml",
            "overlays = true\n[leaves.\"Vehicle.A\"]\nkind = \"sensr\"\ndatatype = \"uint8\"\nmin = 3\nmax = 3\n",
        ),
        (
            "b.toml",
            "[leaves.\"Vehicle.B\"]\nkind = \"sensor\"\ndatatype = \"boolean\"\ndescription = \"B.\"\nmin = 0\nallowed = [\"x\", 2]\n",
        ),
        ("c.toml", "[leaves.\"Vehicle.C\"]\nkind = \"sensor\"\ndatatype = \"string\"\ndescription = \"C.\"\n"),
        ("d.toml", "[leaves.\"Vehicle.C\"]\nkind = \"sensor\"\ndatatype = \"string\"\ndescription = \"C.\"\n"),
        ("e.toml", "[leaves]\n"),
    ];
    let mistakes = Catalogue::parse(&files).unwrap_err();
    let shown: String = mistakes.iter().map(|mistake| format!("{mistake}\n")).collect();
    insta::assert_snapshot!(shown);
}

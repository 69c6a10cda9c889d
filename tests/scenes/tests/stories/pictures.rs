//! A simulation that nobody watches leaves a picture of each screen, ends by itself, and leaves nothing else.

use tandem_scenes::{Pixels, Tandem};

#[test]
fn a_headless_simulation_leaves_a_picture_of_each_screen() {
    let folder = tempfile::tempdir().unwrap();
    let pictures = folder.path().join("pictures");
    let arguments = ["sim", "--headless", "--seconds", "4", "--screenshots"].map(str::to_owned);
    let tandem = Tandem::start(arguments.into_iter().chain([pictures.to_string_lossy().into_owned()]));
    let mark = tandem.mark().to_owned();
    tandem.finish().well();
    assert_eq!(tandem_scenes::processes(&mark), []);

    let mut names: Vec<_> = pictures.read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["centre.png", "cluster.png"]);
    for (name, size) in [("cluster.png", (1920, 720)), ("centre.png", (1920, 1080))] {
        let picture = Pixels::of_file(&pictures.join(name));
        assert_eq!(picture.size(), size, "{name}");
        assert!(picture.colours() > 100, "{name} has {} colours", picture.colours());
    }
}

/// An arrow that points up, about its own middle: its point, its right, its notch, its left.
const ARROW: [(f64, f64); 4] = [(0.0, -40.0), (27.0, 32.0), (0.0, 18.0), (-27.0, 32.0)];
/// The side of the box that those are drawn in.
const SIDE: f64 = 120.0;

/// An arrow turned clockwise by so many degrees, as commands of a path in a box with this side.
pub fn needle(side: f64, degrees: f64) -> String {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let mut commands = String::new();
    for (x, y) in ARROW {
        let place = |offset: f64| (SIDE / 2.0 + offset) * side / SIDE;
        let (x, y) = (place(x * cos - y * sin), place(x * sin + y * cos));
        commands.push_str(&format!("{} {x:.1} {y:.1} ", if commands.is_empty() { "M" } else { "L" }));
    }
    commands + "Z"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arrow_turns_about_the_middle_of_its_box() {
        assert!(needle(120.0, 0.0).starts_with("M 60.0 20.0 L 87.0 92.0"), "{}", needle(120.0, 0.0));
        assert!(needle(120.0, 90.0).starts_with("M 100.0 60.0 L 28.0 87.0"), "{}", needle(120.0, 90.0));
        assert!(needle(240.0, 0.0).starts_with("M 120.0 40.0 L 174.0 184.0"), "{}", needle(240.0, 0.0));
    }
}

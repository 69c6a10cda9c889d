#[path = "../kit/build/screen.rs"]
mod screen;

fn main() -> Result<(), slint_build::CompileError> {
    screen::compile("ui/centre.slint")
}

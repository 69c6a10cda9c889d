fn main() -> std::process::ExitCode {
    tandem::run()
}

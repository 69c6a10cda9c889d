//! What is not tried here is said loudly, and in CI it is a failure. The one place for it, of the tests and of xtask, which takes this file as it is.

/// Says that something is not tried, and what to do about it.
///
/// # Errors
/// This is CI (`CI` is set, as every CI and `.ci/run` do): what passes there was tried.
pub fn skip(why: &str) -> Result<(), String> {
    if std::env::var_os("CI").is_some_and(|word| !word.is_empty() && word != "false") {
        return Err(format!("not tried, and in CI everything is (CI=false lets it pass): {why}"));
    }
    skip_even_in_ci(why);
    Ok(())
}

/// The same of what a CI, too, need not have. DECISIONS.md names all that is.
pub fn skip_even_in_ci(why: &str) {
    eprintln!("==\n== SKIPPED: {why}\n==");
}

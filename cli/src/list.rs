pub fn list(_: &crate::arguments::Arguments) -> Result<std::process::ExitCode, crate::Failure> {
    Err("x".into())
}

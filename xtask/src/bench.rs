//! `cargo xtask bench`.
pub fn bench(_options: &[String]) -> anyhow::Result<()> {
    anyhow::bail!("not yet")
}

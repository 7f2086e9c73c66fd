//! Programs of PyPI that tests run: installed once, into the build's folder for temporary files. Without Python and a
//! package index there are none, and the tests say what they leave out.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The folder of the programs of some packages, if `works` runs there or does so once they are installed.
pub fn installed(
    name: &str,
    packages: &[&str],
    works: impl Fn(&Path) -> Command,
) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let programs = folder.join("bin");
    let works = || succeeds(&mut works(&programs));
    let install = || {
        let mut pip = Command::new(programs.join("pip"));
        succeeds(Command::new("python3").args(["-m", "venv"]).arg(&folder))
            && succeeds(pip.args(["install", "--quiet"]).args(packages))
    };
    (works() || install() && works()).then_some(programs)
}

/// Whether a command ends well; what it prints is nobody's concern.
pub fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

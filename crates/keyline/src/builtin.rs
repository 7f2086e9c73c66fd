//! The rules that Keyline brings, embedded from `rules/`.

use keyline_detect::load::{Loaded, Origin, load_text};

macro_rules! rules {
    ($($path:literal),* $(,)?) => {
        /// Path below the repository and text of each.
        pub const RULES: &[(&str, &str)] =
            &[$((concat!("rules/", $path), include_str!(concat!("../../../rules/", $path)))),*];
    };
}

rules![
    "credential-access/instance-credentials-from-a-second-network.yaml",
    "discovery/long-term-key-reconnaissance.yaml",
    "persistence/access-key-made-by-a-session.yaml",
];

/// Adds them to what was loaded.
pub fn load(loaded: &mut Loaded) {
    for (file, text) in RULES {
        load_text(file, text.as_bytes(), Origin::Named, loaded);
    }
}

#[cfg(test)]
mod tests {
    use super::RULES;

    #[test]
    fn every_rule_of_the_folder_is_embedded() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules");
        let mut found = Vec::new();
        for tactic in std::fs::read_dir(folder).unwrap() {
            for file in std::fs::read_dir(tactic.unwrap().path()).unwrap() {
                let path = file.unwrap().path();
                let below = path
                    .strip_prefix(folder)
                    .unwrap()
                    .to_string_lossy()
                    .into_owned();
                found.push(format!("rules/{below}"));
            }
        }
        found.sort();
        assert_eq!(
            found,
            RULES
                .iter()
                .map(|(path, _)| (*path).to_owned())
                .collect::<Vec<_>>()
        );
    }
}

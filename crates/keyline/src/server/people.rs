//! The people and groups of an organisation, and what each may do here.
//!
//! In: a person by their provider's word (`keyline_oidc`), and the file in which the operator says who has which role.
//! Out: a name and a role, or nobody. Whoever no line of the file fits is not let in. The file is read again when it
//! changes, and asked at every request: whoever is taken out of it is out at once.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use data_encoding::HEXLOWER;
use keyline_oidc::Person;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::watched::Watched;
use super::who::{NAME_MAX, Role, STRANGERS, check_name, is_name_letter};

/// Lines of one file: people come by their groups, where there are many.
const ENTRIES_MAX: usize = 1000;
/// Bytes of such a file.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// Digits of a hash that stand for what a name cannot hold.
const DIGITS: usize = 8;

pub struct People(Watched<Vec<Entry>>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    role: Vec<Entry>,
}

/// Whom a line is about, and what they may do.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    role: Role,
    /// Believed where the provider has verified it.
    email: Option<String>,
    /// What the provider calls one person for ever.
    sub: Option<String>,
    group: Option<String>,
    /// What that person is called in the audit log.
    name: Option<String>,
}

impl People {
    pub fn read(path: &Path) -> Result<People> {
        Watched::new(path, entries).map(People)
    }

    /// The name and role of a person; of several lines that fit, the one that lets them do most.
    pub fn find(&self, person: &Person) -> Option<(String, Role)> {
        let entries = self.0.current();
        let fitting = || entries.iter().filter(|entry| entry.fits(person));
        let role = fitting().map(|entry| entry.role).max()?;
        let named = fitting().find_map(|entry| entry.name.clone());
        let own = person.name.as_ref().or(person.email.as_ref());
        let name = named.unwrap_or_else(|| as_name(own.unwrap_or(&person.subject)));
        Some((name, role))
    }
}

impl Entry {
    fn fits(&self, person: &Person) -> bool {
        let email = self.email.as_deref().map(str::to_ascii_lowercase);
        match (&email, &self.sub, &self.group) {
            (Some(_), _, _) => person.email == email,
            (_, Some(sub), _) => *sub == person.subject,
            (_, _, Some(group)) => person.groups.contains(group),
            _ => false,
        }
    }

    fn check(&self) -> Result<()> {
        let ways = [&self.email, &self.sub, &self.group];
        let given: Vec<_> = ways.into_iter().flatten().collect();
        match given[..] {
            [one] if !one.is_empty() => {}
            _ => bail!(
                "expected one of `email`, `sub` and `group` for the role `{}`",
                self.role.name()
            ),
        }
        match (&self.name, &self.group) {
            (None, _) => Ok(()),
            (Some(_), Some(_)) => bail!("a group is several people, and has no `name`"),
            (Some(name), None) => check_name(name),
        }
    }
}

fn entries(path: &Path) -> Result<Vec<Entry>> {
    let naming = || format!("the roles in `{}`", path.display());
    let size = fs::metadata(path).with_context(naming)?.len();
    if size > FILE_BYTES_MAX {
        bail!(
            "`{}` has {size} bytes; at most {FILE_BYTES_MAX} are read",
            path.display()
        );
    }
    let text = fs::read_to_string(path).with_context(naming)?;
    let file: File = toml::from_str(&text).with_context(naming)?;
    if file.role.len() > ENTRIES_MAX {
        bail!(
            "`{}` has {} roles; at most {ENTRIES_MAX} are read: give them to groups",
            path.display(),
            file.role.len()
        );
    }
    for entry in &file.role {
        entry.check().with_context(naming)?;
    }
    Ok(file.role)
}

/// What somebody is called elsewhere as a name is here. What does not fit gets a part of its hash, so that two people
/// are not one.
fn as_name(text: &str) -> String {
    if !text.is_empty()
        && text.len() <= NAME_MAX
        && text.chars().all(is_name_letter)
        && !STRANGERS.contains(&text)
    {
        return text.to_owned();
    }
    let hash = HEXLOWER.encode(&Sha256::digest(text.as_bytes()));
    let letters = text.chars().map(|letter| match is_name_letter(letter) {
        true => letter,
        false => '_',
    });
    let kept: String = letters.take(NAME_MAX - DIGITS - 1).collect();
    format!("{kept}={}", &hash[..DIGITS])
}

/// What tells a person from everybody else, whatever they are called: it stands in the audit log.
pub fn subject_of(person: &Person) -> String {
    let both = format!("{}\n{}", person.issuer, person.subject);
    HEXLOWER.encode(&Sha256::digest(both.as_bytes())[..DIGITS])
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
        [[role]]
        role = "viewer"
        group = "everybody"
        [[role]]
        role = "responder"
        group = "incident response"
        [[role]]
        role = "approver"
        email = "Ada@Example.com"
        [[role]]
        role = "analyst"
        sub = "a1-b2"
        name = "rita"
    "#;

    fn person(subject: &str, email: &str, groups: &[&str]) -> Person {
        Person {
            issuer: "https://login.example.com".to_owned(),
            subject: subject.to_owned(),
            email: (!email.is_empty()).then(|| email.to_owned()),
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
            name: None,
        }
    }

    #[test]
    fn who_is_mapped_is_let_in_and_nobody_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("roles.toml");
        fs::write(&path, FILE).unwrap();
        let people = People::read(&path).unwrap();
        let found = |person: &Person| {
            let found = people.find(person);
            found.map_or("-".to_owned(), |(name, role)| {
                format!("{name} {}", role.name())
            })
        };
        for (who, expected) in [
            (person("x", "", &[]), "-"),
            (person("x", "", &["Everybody", "everybody2", ""]), "-"),
            (person("x", "", &["everybody"]), "x viewer"),
            (
                person("x", "bob@example.com", &["everybody"]),
                "bob@example.com viewer",
            ),
            // Of several lines the one that lets do most.
            (
                person("x", "", &["everybody", "incident response"]),
                "x responder",
            ),
            (
                person("x", "ada@example.com", &["everybody"]),
                "ada@example.com approver",
            ),
            // An address that nobody has verified is none: whoever calls themselves so is not let in by it.
            (person("ada@example.com", "", &[]), "-"),
            (
                person("a1-b2", "r@example.com", &["everybody"]),
                "rita analyst",
            ),
            (person("a1-b", "", &[]), "-"),
            (
                person("auth0|7 x", "", &["everybody"]),
                "auth0_7_x=30e6fd92 viewer",
            ),
        ] {
            let told = found(&who);
            let (told, expected) = match told.split_once('=') {
                // Which hash it is does not matter.
                Some((before, _)) => (before.to_owned(), expected.split('=').next().unwrap()),
                None => (told, expected),
            };
            assert_eq!(told, expected, "{who:?}");
        }
        // Whoever is taken out is out, and a file that is none lets nobody in.
        let later =
            |seconds| std::time::SystemTime::now() + std::time::Duration::from_secs(seconds);
        let write = |text: &str, seconds| {
            fs::write(&path, text).unwrap();
            let file = fs::File::options().write(true).open(&path).unwrap();
            file.set_modified(later(seconds)).unwrap();
        };
        write(&FILE.replace("Ada@", "Eve@"), 5);
        assert_eq!(found(&person("x", "ada@example.com", &[])), "-");
        write("[[role]]\nrole = \"king\"\nsub = \"x\"\n", 10);
        assert_eq!(found(&person("a1-b2", "", &[])), "-");
    }

    #[test]
    fn what_is_no_file_of_roles_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("roles.toml");
        for (text, says) in [
            (
                "[[role]]\nrole = \"viewer\"\n",
                "one of `email`, `sub` and `group`",
            ),
            ("[[role]]\nrole = \"viewer\"\ngroup = \"\"\n", "one of"),
            (
                "[[role]]\nrole = \"viewer\"\ngroup = \"a\"\nsub = \"b\"\n",
                "one of",
            ),
            (
                "[[role]]\nrole = \"viewer\"\ngroup = \"a\"\nname = \"b\"\n",
                "several people",
            ),
            (
                "[[role]]\nrole = \"viewer\"\nsub = \"a\"\nname = \"here\"\n",
                "nobody in particular",
            ),
            (
                "[[role]]\nrole = \"viewer\"\nsub = \"a\"\nname = \"a b\"\n",
                "letters, digits",
            ),
            ("[[role]]\nrole = \"king\"\nsub = \"a\"\n", "king"),
            ("[[role]]\nrole = \"viewer\"\nmail = \"a\"\n", "mail"),
        ] {
            fs::write(&path, text).unwrap();
            let error = format!("{:#}", People::read(&path).err().unwrap());
            assert!(error.contains(says), "{says}: {error}");
        }
        assert!(People::read(&folder.path().join("none.toml")).is_err());
    }

    #[test]
    fn names_have_the_letters_of_names_and_stay_apart() {
        let names: Vec<String> = [
            "ada@example.com",
            "a/b",
            "a_b",
            "a b",
            "a\"><b>",
            "here",
            "token",
            "é",
            "",
            &"x".repeat(49),
            &"x".repeat(50),
        ]
        .map(as_name)
        .to_vec();
        for name in &names {
            assert!(check_name(name).is_ok(), "{name}");
        }
        let apart: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(apart.len(), names.len(), "{names:?}");
        assert_eq!(names[0], "ada@example.com");
        let same = [
            person("x", "a@example.com", &[]),
            person("x", "b@example.com", &["g"]),
        ];
        assert_eq!(subject_of(&same[0]), subject_of(&same[1]));
        assert_ne!(subject_of(&same[0]), subject_of(&person("y", "", &[])));
    }
}

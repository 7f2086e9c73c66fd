//! Help, wrong usage, configuration, and the commands that read no logs.

use crate::support::Folder;

#[test]
fn wrong_usage_is_exit_code_2() {
    let folder = Folder::new();
    for line in [
        "",
        "huntt",
        "query",
        "query T --memory lots",
        "kql check",
        "query T -o yaml",
    ] {
        folder.line(line).expect(2);
    }
    folder
        .line("hunt --since yesterday logs")
        .expect(2)
        .says(&["yesterday", "2024-05-01"]);
    folder
        .line("hunt --memory 1MiB logs")
        .expect(2)
        .says(&["1MiB", "32 MiB"]);
}

#[test]
fn help_names_every_command() {
    let help = Folder::new().line("--help").expect(0).stdout;
    for command in [
        "hunt", "query", "rules", "kql", "convert", "simulate", "demo", "sinks", "doctor", "config",
    ] {
        assert!(help.contains(command), "{command} in {help}");
    }
}

#[test]
fn completions_and_the_manual_are_made_from_the_flags() {
    let folder = Folder::new();
    assert!(
        folder
            .line("completions bash")
            .expect(0)
            .stdout
            .contains("--no-builtin-rules")
    );
    assert!(folder.line("man").expect(0).stdout.contains("keyline"));
}

#[test]
fn a_misspelt_configuration_key_is_refused_with_its_place() {
    let folder = Folder::new();
    folder.write(
        "keyline.toml",
        "[estate]\ntrusted_acounts = [\"111122223333\"]\n",
    );
    folder
        .line("config")
        .expect(1)
        .says(&["keyline.toml", "trusted_acounts", "trusted_accounts"]);
}

#[test]
fn the_estate_is_configuration() {
    let folder = Folder::new();
    folder.write(
        "keyline.toml",
        "[estate]\norganization = \"o-example\"\negress_networks = [\"203.0.113.0/24\"]\n",
    );
    folder.write(
        "accounts.csv",
        "id,name,production\n000011112222,payments,true\n",
    );
    let printed = folder
        .line("config --accounts accounts.csv")
        .expect(0)
        .stdout;
    for part in [
        "o-example",
        "203.0.113.0/24",
        "000011112222",
        "production = true",
    ] {
        assert!(printed.contains(part), "{part} in {printed}");
    }
    folder.write("wrong.csv", "id,name\n12,short\n");
    folder
        .line("config --accounts wrong.csv")
        .expect(1)
        .says(&["wrong.csv", "12 digits"]);
    let named = folder.run(
        &[
            "query",
            "EstateAccount | where IsProduction | project Name",
            "--accounts",
            "accounts.csv",
            "-o",
            "csv",
        ],
        b"",
    );
    assert_eq!(named.expect(0).stdout, "Name\npayments\n");
}

#[test]
fn simulated_files_are_the_same_for_the_same_seed() {
    let folder = Folder::new();
    folder
        .line("simulate benign --events 300 --days 1 --seed 7 --out one")
        .expect(0);
    folder
        .line("simulate benign --events 300 --days 1 --seed 7 --out two")
        .expect(0);
    let read = |name: &str| {
        let query = "CloudTrail | summarize N = count() by EventName | sort by EventName asc";
        folder
            .run(&["query", query, "-o", "csv", "--data", name], b"")
            .expect(0)
            .stdout
    };
    assert_eq!(read("one"), read("two"));
    folder
        .line("simulate no-such-story --out three")
        .expect(1)
        .says(&["no-such-story", "--list"]);
}

#[test]
fn simulation_says_what_it_cannot_do() {
    let folder = Folder::new();
    folder
        .line("simulate benign --events 0 --days 1 --out none")
        .expect(0);
    assert!(folder.path().join("none/ip-ranges.json").is_file());
    for (line, code, said) in [
        ("simulate benign --days 4294967295 --out x", 2, "1..=3660"),
        ("simulate benign --days 0 --out x", 2, "1..=3660"),
        ("simulate benign --account-count 0 --out x", 2, "1..=900"),
        (
            "simulate backup-key --days 3 --out x",
            1,
            "`--days` is for `benign` alone",
        ),
        (
            "simulate backup-key --habits --out x",
            1,
            "`--habits` is for `benign` alone",
        ),
    ] {
        folder.line(line).expect(code).says(&[said]);
    }
    assert!(!folder.path().join("x").exists());
}

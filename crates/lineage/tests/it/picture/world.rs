//! Forests for pictures: credentials by hand, and three stories.
//!
//! Times of day are those of 14 October 2026, UTC.

use keyline_lineage::picture::Alert;
use keyline_lineage::{
    Candidate, Certainty, Change, Credential, Effect, Expiry, Forest, Kind, LinkRule, Origin,
    Parent, Source, Stretch,
};
use keyline_trail::time::parse_time;

pub const A: &str = "111122223333";
pub const B: &str = "222233334444";
pub const C: &str = "333344445555";

/// An instant of the day, or one that is written out.
pub fn at(text: &str) -> i64 {
    let whole = match text.len() {
        5 => format!("2026-10-14T{text}:00Z"),
        8 => format!("2026-10-14T{text}Z"),
        _ => text.to_owned(),
    };
    parse_time(whole.as_bytes()).unwrap()
}

/// A credential to be filled in.
pub fn credential(id: &str, kind: Kind, account: &str) -> Credential {
    let is_key = id.starts_with("AKIA") || id.starts_with("ASIA");
    Credential {
        id: format!("cr-{}", id.to_lowercase()),
        aliases: Vec::new(),
        kind,
        access_key_ids: if is_key {
            vec![id.to_owned()]
        } else {
            Vec::new()
        },
        minted_key_id: None,
        account_id: account.to_owned(),
        principal_id: String::new(),
        principal_arn: String::new(),
        role_arn: String::new(),
        session_name: String::new(),
        user_name: String::new(),
        source_identity: String::new(),
        partition: "aws",
        issued_at: None,
        expires_at: None,
        expiry: Expiry::None,
        issuing_api: String::new(),
        issuing_event_ids: Vec::new(),
        parent: None,
        parent_unknown_because: None,
        root: String::new(),
        depth: 0,
        children: Vec::new(),
        mfa_authenticated: None,
        mfa_serial: String::new(),
        origin: None,
        first_used: None,
        last_used: None,
        event_count: 0,
        error_count: 0,
        last_success: None,
        uses: Vec::new(),
        sources: Vec::new(),
        more_sources: false,
        user_agents: Vec::new(),
        more_user_agents: false,
        used_in_accounts: Vec::new(),
        changes: Vec::new(),
        revoked_before_issue: None,
        touches_production: false,
        forwarded_count: 0,
        forwarded_in_session_count: 0,
        forwarded_maybe_count: 0,
    }
}

/// What a story says of a credential, one clause after the other.
pub trait Told: Sized {
    fn user(self, name: &str) -> Self;
    fn role(self, name: &str, session: &str) -> Self;
    fn issued(self, from: &str, until: &str) -> Self;
    fn bounded(self) -> Self;
    fn below(self, parent: &str, rule: LinkRule) -> Self;
    fn used(self, from: &str, until: &str, calls: u64, failed: u64) -> Self;
    fn from(self, address: &str, agent: &str) -> Self;
    fn change(self, when: &str, effect: Effect, by: &str) -> Self;
}

impl Told for Credential {
    fn user(mut self, name: &str) -> Self {
        self.user_name = name.to_owned();
        self.principal_arn = format!("arn:aws:iam::{}:user/{name}", self.account_id);
        self
    }

    fn role(mut self, name: &str, session: &str) -> Self {
        self.role_arn = format!("arn:aws:iam::{}:role/{name}", self.account_id);
        self.principal_arn = format!(
            "arn:aws:sts::{}:assumed-role/{name}/{session}",
            self.account_id
        );
        self.session_name = session.to_owned();
        self
    }

    fn issued(mut self, from: &str, until: &str) -> Self {
        self.issued_at = Some(at(from));
        self.minted_key_id = self.access_key_ids.first().cloned();
        if !until.is_empty() {
            self.expires_at = Some(at(until));
            self.expiry = Expiry::Exact;
        }
        self
    }

    fn bounded(mut self) -> Self {
        self.expiry = Expiry::Bounded;
        self.minted_key_id = None;
        self
    }

    fn below(mut self, parent: &str, rule: LinkRule) -> Self {
        self.parent = Some(Parent {
            id: format!("cr-{}", parent.to_lowercase()),
            certainty: Certainty::Exact,
            rule,
            confidence: 1.0,
            candidates: Vec::new(),
        });
        self
    }

    fn used(mut self, from: &str, until: &str, calls: u64, failed: u64) -> Self {
        self.first_used = Some(at(from));
        self.last_used = Some(at(until));
        self.event_count = calls;
        self.error_count = failed;
        self.last_success = (failed < calls).then(|| at(until));
        self.uses = stretches(&self);
        self
    }

    fn from(mut self, address: &str, agent: &str) -> Self {
        self.sources.push(Source {
            address: address.to_owned(),
            first_used: self.first_used.unwrap_or_default(),
            last_used: self.last_used.unwrap_or_default(),
            event_count: self.event_count,
        });
        self.user_agents.push(agent.to_owned());
        self
    }

    fn change(mut self, when: &str, effect: Effect, by: &str) -> Self {
        self.changes.push(Change {
            at: at(when),
            effect,
            by: by.to_owned(),
            event_id: String::new(),
            by_credential: None,
        });
        self
    }
}

/// The parent is one of several that fit.
pub fn uncertain(mut credential: Credential, others: &[&str]) -> Credential {
    if let Some(parent) = &mut credential.parent {
        let fits = others.len() + 1;
        parent.certainty = Certainty::Ambiguous;
        parent.confidence = 0.95 / fits as f64;
        let ids = others.iter().map(|id| format!("cr-{}", id.to_lowercase()));
        parent.candidates = std::iter::once(parent.id.clone())
            .chain(ids)
            .map(|id| Candidate {
                id,
                confidence: parent.confidence,
            })
            .collect();
    }
    credential
}

/// A key, its tokens, roles over three accounts, a backup key, and what survives the deactivation.
pub fn stolen_key() -> Forest {
    let mut dormant = credential("ASIAQWERTYUIOPASD9K1", Kind::SessionToken, A)
        .issued("10:12", "22:12")
        .below("AKIAIOSFODNN7EXAMPLE", LinkRule::AccessKeyId)
        .user("ci-deploy");
    dormant.mfa_authenticated = Some(false);
    let backup = credential("AKIAI44QH8DHBEXAMPLE", Kind::AccessKey, A)
        .issued("11:02", "")
        .user("ci-deploy")
        .below("AKIAIOSFODNN7EXAMPLE", LinkRule::SelfManagedKey)
        .used("11:40", "12:44", 31, 0)
        .from("198.51.100.9", "aws-cli/2.15.0 Python/3.11");
    let forest = vec![
        credential("AKIAIOSFODNN7EXAMPLE", Kind::AccessKey, A)
            .user("ci-deploy")
            .used("09:05", "12:39", 214, 12)
            .from("203.0.113.7", "Boto3/1.28.4")
            .change("12:41", Effect::Inactive, "iam:UpdateAccessKey by secops"),
        credential("ASIAZXCVBNMASDFGH7Q2", Kind::SessionToken, A)
            .issued("10:12", "22:12")
            .user("ci-deploy")
            .below("AKIAIOSFODNN7EXAMPLE", LinkRule::AccessKeyId)
            .used("10:14", "12:47", 88, 9)
            .from("203.0.113.7", "Boto3/1.28.4"),
        dormant,
        credential("ASIAPRODADMINSESSN05", Kind::RoleSession, B)
            .issued("10:40", "11:40")
            .role("prod-admin", "ci")
            .below("ASIAZXCVBNMASDFGH7Q2", LinkRule::AccessKeyId)
            .used("10:41", "11:31", 640, 3)
            .from("203.0.113.7", "Boto3/1.28.4"),
        credential("ASIAAUDITROSESSION08", Kind::RoleSession, C)
            .issued("11:20", "13:20")
            .role("audit-ro", "ci")
            .below("ASIAPRODADMINSESSN05", LinkRule::AccessKeyId)
            .used("11:21", "12:20", 12, 12)
            .change(
                "12:30",
                Effect::Revoked,
                "iam:PutRolePolicy AWSRevokeOlderSessions",
            )
            .from("203.0.113.7", "Boto3/1.28.4"),
        credential("ASIADATAREADERSESS06", Kind::RoleSession, B)
            .issued("12:03", "13:03")
            .role("data-reader", "i-0ab")
            .below("ASIAZXCVBNMASDFGH7Q2", LinkRule::PrincipalAndCreationDate)
            .used("12:03", "12:46", 9143, 1)
            .from("198.51.100.9", "aws-cli/2.15.0 Python/3.11"),
        backup,
        uncertain(
            credential("ASIATOKENOFBACKUP011", Kind::SessionToken, A)
                .issued("12:43", "2026-10-15T00:43:00Z")
                .user("ci-deploy")
                .below("AKIAI44QH8DHBEXAMPLE", LinkRule::PrincipalAndCreationDate)
                .used("12:44", "12:48", 4, 0)
                .from("198.51.100.9", "aws-cli/2.15.0 Python/3.11"),
            &["AKIAIOSFODNN7EXAMPLE"],
        ),
        credential("ASIALATEUSEOFREVOK12", Kind::RoleSession, C)
            .issued("11:50", "12:50")
            .role("backup-operator", "nightly")
            .below("ASIAZXCVBNMASDFGH7Q2", LinkRule::AccessKeyId)
            .used("11:51", "12:38", 57, 2)
            .change(
                "12:20",
                Effect::Revoked,
                "iam:PutRolePolicy AWSRevokeOlderSessions",
            )
            .from("198.51.100.9", "aws-cli/2.15.0 Python/3.11"),
    ];
    Forest::from_credentials(forest, Some(at("12:49")))
}

/// When a credential was used, in stretches of five minutes.
fn stretches(credential: &Credential) -> Vec<Stretch> {
    let length = 300_000_000;
    let (Some(first), Some(last)) = (credential.first_used, credential.last_used) else {
        return Vec::new();
    };
    let start = first - first.rem_euclid(length);
    let number = 1 + (last - start) / length;
    let failing = (number as u64).min(4);
    let stretch = |at: i64| {
        // Work swells and ebbs; what fails fails first.
        let wave = 1 + (at * 7 + number) % 5 + 4 * (at * 3 / number.max(1) % 2);
        let share = u128::from(credential.event_count) * wave as u128 / (number as u128 * 4);
        let calls = u64::try_from(share).unwrap_or(u64::MAX).saturating_add(1);
        let errors = match credential.error_count {
            all if all == credential.event_count => calls,
            some if (at as u64) < failing => some / failing,
            _ => 0,
        };
        Stretch {
            from: start + at * length,
            length,
            event_count: calls,
            error_count: errors.min(calls),
            succeeded: 0,
        }
    };
    (0..number).map(stretch).collect()
}

pub fn alerts_of_the_stolen_key(forest: &Forest) -> Vec<Alert> {
    [
        (
            "cr-akiaiosfodnn7example",
            "10:12",
            "Medium",
            "Session tokens from a new network",
        ),
        (
            "cr-asiaprodadminsessn05",
            "10:41",
            "High",
            "Role chain into another account",
        ),
        (
            "cr-asiadatareadersess06",
            "12:30",
            "High",
            "Unusual number of objects read",
        ),
    ]
    .into_iter()
    .map(|(id, when, severity, title)| Alert {
        node: forest.by_id(id).unwrap(),
        at: at(when),
        title: title.to_owned(),
        severity: severity.to_owned(),
    })
    .collect()
}

/// An instance service with many sessions of one role, a busy key, and loose ends.
pub fn busy() -> Forest {
    let mut forest = Vec::new();
    let mut service = credential("service-ec2", Kind::Service, "");
    service.principal_id = "ec2.amazonaws.com".to_owned();
    forest.push(service);
    for number in 0..46 {
        let (hour, minute) = (2 + number / 6, number % 6 * 10);
        let mut session = credential(
            &format!("ASIAWEBROLE{number:04}SESSN"),
            Kind::ServiceSession,
            A,
        )
        .issued(
            &format!("{hour:02}:{minute:02}"),
            &format!("{:02}:{minute:02}", hour + 6),
        )
        .role("web-fleet", &format!("i-0c8fba8f9e3{number:04}ab"))
        .below("service-ec2", LinkRule::Service)
        .used(
            &format!("{hour:02}:{minute:02}"),
            &format!("{:02}:{minute:02}", hour + 5),
            40 + number,
            0,
        );
        session.origin = Some(Origin {
            kind: "ec2-instance",
            id: session.session_name.clone(),
        });
        forest.push(session);
    }
    forest.push(
        credential("AKIADEPLOYKEYEXAMPLE", Kind::AccessKey, B)
            .user("deployer")
            .used("01:10", "16:40", 3204, 25),
    );
    for number in 0..24_u64 {
        let (hour, minute) = (3 + number / 2, number % 2 * 30);
        forest.push(
            credential(
                &format!("ASIADEPLOYER{number:04}ROLE"),
                Kind::RoleSession,
                if number % 3 == 0 { C } else { B },
            )
            .issued(
                &format!("{hour:02}:{minute:02}"),
                &format!("{:02}:{minute:02}", hour + 1 + number % 3),
            )
            .role(
                [
                    "deploy-frontend",
                    "deploy-backend",
                    "terraform-plan-and-apply-with-a-long-name",
                ][number as usize % 3],
                "gitlab",
            )
            .below("AKIADEPLOYKEYEXAMPLE", LinkRule::AccessKeyId)
            .used(
                &format!("{hour:02}:{minute:02}"),
                &format!("{hour:02}:{:02}", minute + 9),
                10 + 300 * (number % 5),
                number % 4,
            ),
        );
    }
    for (number, name) in ["alice", "bob", "carol"].into_iter().enumerate() {
        let mut password = credential(&format!("password-{name}"), Kind::Password, A).user(name);
        password.mfa_serial = format!("arn:aws:iam::{A}:mfa/{name}");
        forest.push(password);
        let mut console = credential(&format!("console-{name}"), Kind::ConsoleSession, A)
            .issued(
                &format!("0{}:05", 7 + number),
                &format!("{}:05", 19 + number),
            )
            .bounded()
            .user(name)
            .below(&format!("password-{name}"), LinkRule::ConsoleLogin)
            .used(
                &format!("0{}:06", 7 + number),
                &format!("1{number}:30"),
                120,
                4,
            );
        console.access_key_ids = (0..6)
            .map(|key| format!("ASIACONSOLE{number}{key}{}", "AB12CDE"))
            .collect();
        console.mfa_authenticated = Some(number != 1);
        forest.push(console);
    }
    let mut orphan = credential("ASIAORPHANSESSION001", Kind::RoleSession, C)
        .role("legacy-batch", "botocore-session-1760400000")
        .issued("06:00", "18:00")
        .bounded()
        .used("06:01", "14:00", 77, 77);
    orphan.parent_unknown_because = Some("it was issued before the first record");
    forest.push(orphan);
    Forest::from_credentials(forest, Some(at("16:45")))
}

/// Names that want to break out.
pub fn hostile() -> Forest {
    let mut key = credential("AKIAIOSFODNN7EXAMPLE", Kind::AccessKey, A)
        .user("</text><script>alert(1)</script>")
        .used("09:00", "10:00", 3, 0)
        .from(
            "<img src=x onerror=alert(1)>",
            "\u{1b}[2J\u{1b}]0;gone\u{7} ' \" onload=\"x\" --> ]]> \u{202e}txet",
        );
    key.mfa_serial = "arn:aws:iam::1:mfa/\u{0}\u{feff}\u{2066}x".to_owned();
    let mut session = credential(
        "ASIAHOSTILESESSION01",
        Kind::RoleSession,
        "\"><svg onload=alert(1)>",
    )
    .issued("09:10", "10:10")
    .role(
        &"W".repeat(400),
        "\u{202e}\u{1b}[31mevil\nsecond line\u{85}",
    )
    .below("AKIAIOSFODNN7EXAMPLE", LinkRule::AccessKeyId)
    .used("09:11", "09:40", u64::MAX, 3);
    session.user_agents = vec![
        "z\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}algo &amp; {{7*7}} ${jndi:ldap://x}".to_owned(),
    ];
    let mut minted = credential("ASIA", Kind::RoleSession, B)
        .issued("1971-01-01T00:00:00Z", "9999-01-01T00:00:00Z")
        .role(
            "ツヅキ役割名前とても長い名前ですから切らなければなりません",
            "会",
        )
        .below("ASIAHOSTILESESSION01", LinkRule::AccessKeyId);
    minted.access_key_ids = vec!["ASIA<b>\u{200f}&".to_owned()];
    minted.minted_key_id = Some("ASIA<b>\u{200f}&".to_owned());
    Forest::from_credentials(vec![key, session, minted], Some(at("09:50")))
}

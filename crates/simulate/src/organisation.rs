//! The made-up organisation: accounts, the regions they work in, and everybody who acts in them.
//!
//! In: a [`Config`]. Out: an [`Organisation`], the same for the same seed: accounts with their
//! people and pipelines, and one [`Stream`] for each account and region with its machines. What
//! somebody holds at an instant is computed (`credential`), never stored, so that any file of the
//! logs can be made without making the ones before it. Deliberately not here: what they do
//! (`traffic`).

use crate::address;
use crate::clock::HOUR;
use crate::ids;
use crate::random::{derive, derive_text, scale};

/// What to simulate. Everything is stated by the caller: two callers that mean the same organisation
/// must say the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    pub seed: u64,
    /// How many benign events, exactly.
    pub events: u64,
    /// The first instant, in seconds since 1970. Days are counted from here.
    pub start: i64,
    pub days: u32,
    /// How many accounts, at least one and at most [`crate::limits::ACCOUNTS_MAX`].
    pub accounts: u32,
}

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An EC2 instance with an instance profile.
    Instance,
    /// A Lambda function with its execution role.
    Function,
    /// An ECS task with its task role.
    Task,
    /// A build pipeline that assumes a role with a web identity token.
    Pipeline,
    /// A person who signs in through Identity Center and works in a permission set's role.
    Workforce,
    /// An IAM user with an access key, who takes session tokens with MFA.
    User,
    /// An IAM user in the console.
    Console,
    /// The role of another account's automation, reached by assuming it from a hub role.
    Hub,
}

impl Kind {
    pub const ALL: [Kind; 8] = [
        Kind::Instance,
        Kind::Function,
        Kind::Task,
        Kind::Pipeline,
        Kind::Workforce,
        Kind::User,
        Kind::Console,
        Kind::Hub,
    ];

    /// The bit by which actions name this kind.
    pub const fn bit(self) -> u16 {
        1 << self as u16
    }

    /// How long one credential of this kind is in use before the next takes its place, in seconds.
    const fn period(self) -> i64 {
        match self {
            Kind::Instance => 3 * HOUR,
            Kind::Function => 2 * HOUR,
            Kind::Task | Kind::User | Kind::Console => 12 * HOUR,
            Kind::Workforce => 8 * HOUR,
            Kind::Pipeline | Kind::Hub => HOUR,
        }
    }

    /// How long one credential of this kind is valid, in seconds, as seen in real logs.
    pub const fn lifetime(self) -> i64 {
        match self {
            Kind::Instance => 6 * HOUR + 35 * 60,
            Kind::Function => 2 * HOUR + 600,
            Kind::Task => 6 * HOUR,
            Kind::Workforce => 8 * HOUR,
            Kind::Pipeline | Kind::Hub => HOUR,
            Kind::User | Kind::Console => 12 * HOUR,
        }
    }
}

/// Somebody or something that acts.
#[derive(Debug, Clone)]
pub struct Principal {
    pub kind: Kind,
    pub seed: u64,
    /// Index of the account that owns the role or user.
    pub account: usize,
    /// The role's or user's name.
    pub name: String,
    /// `AROA…` or `AIDA…`.
    pub id: String,
    /// The session's name; empty for users.
    pub session_name: String,
    /// `AKIA…` for users; empty for roles.
    pub key: String,
    pub address: String,
    pub agent: String,
}

/// What a principal holds during one period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    pub number: u64,
    pub issued: i64,
    pub expires: i64,
    pub key: String,
}

#[derive(Debug, Clone)]
pub struct Account {
    pub number: u64,
    /// The twelve digits.
    pub id: String,
    pub name: &'static str,
    pub people: Vec<Principal>,
}

/// One account in one region: the unit that has log files of its own.
#[derive(Debug, Clone)]
pub struct Stream {
    pub account: usize,
    pub region: &'static str,
    /// How much of all traffic is here, in parts of the sum of all weights.
    pub weight: u64,
    pub machines: Vec<Principal>,
    /// Whether the events of global services are recorded here.
    pub home: bool,
}

#[derive(Debug, Clone)]
pub struct Organisation {
    pub seed: u64,
    pub id: String,
    pub accounts: Vec<Account>,
    pub streams: Vec<Stream>,
}

const ACCOUNT_NAMES: [&str; 8] = [
    "production",
    "staging",
    "data",
    "security",
    "shared",
    "sandbox",
    "payments",
    "research",
];
const PEOPLE: [&str; 16] = [
    "amira", "bela", "chen", "dario", "elif", "fiona", "goran", "hana", "ivo", "joana", "kofi",
    "lena", "mateo", "nadia", "omar", "priya",
];
const SERVICES: [&str; 12] = [
    "checkout", "catalog", "search", "billing", "ingest", "reports", "gateway", "orders",
    "identity", "images", "mailer", "metrics",
];
/// Regions with their share; the first is the home of the global services.
const REGIONS: [(&str, u64); 4] = [
    ("us-east-1", 46),
    ("eu-west-1", 30),
    ("eu-central-1", 15),
    ("ap-southeast-2", 9),
];

pub fn organisation(config: &Config) -> Organisation {
    let seed = mix_config(config);
    let count = config.accounts.clamp(1, crate::limits::ACCOUNTS_MAX) as usize;
    let accounts: Vec<Account> = (0..count).map(|index| account(seed, index)).collect();
    let mut streams = Vec::new();
    for (index, owner) in accounts.iter().enumerate() {
        // Later accounts are smaller and work in fewer regions, as in most organisations.
        let regions = if index == 0 { 4 } else { 2 + index % 2 };
        for (position, &(region, share)) in REGIONS.iter().take(regions).enumerate() {
            let weight = share * 12 / (index as u64 + 2);
            streams.push(Stream {
                account: index,
                region,
                weight,
                machines: Vec::new(),
                home: position == 0,
            });
            debug_assert_eq!(owner.name, ACCOUNT_NAMES[index % ACCOUNT_NAMES.len()]);
        }
    }
    let total: u64 = streams.iter().map(|stream| stream.weight).sum();
    for stream in &mut streams {
        // The more traffic a stream has in a day, the more machines make it.
        let events = config.events * stream.weight / total.max(1) / u64::from(config.days.max(1));
        stream.machines = machines(seed, stream, &accounts[stream.account], events);
    }
    let mut id = String::from("o-");
    ids::hex(derive(seed, 3), 10, &mut id);
    Organisation {
        seed,
        id,
        accounts,
        streams,
    }
}

impl Organisation {
    /// What a principal holds at an instant.
    pub fn credential(&self, principal: &Principal, at: i64) -> Credential {
        let period = principal.kind.period();
        let phase = scale(derive(principal.seed, 11), period as u64) as i64;
        let issued = (at - phase).div_euclid(period) * period + phase;
        let number = derive(principal.seed, issued as u64);
        let mut key = String::with_capacity(20);
        ids::access_key(
            "ASIA",
            self.accounts[principal.account].number,
            number,
            &mut key,
        );
        Credential {
            number,
            issued,
            expires: issued + principal.kind.lifetime(),
            key,
        }
    }

    /// The instants in `from..until` at which a principal takes a new credential.
    pub fn issues(
        &self,
        principal: &Principal,
        from: i64,
        until: i64,
    ) -> impl Iterator<Item = i64> {
        let period = principal.kind.period();
        let phase = scale(derive(principal.seed, 11), period as u64) as i64;
        let first = (from - phase + period - 1).div_euclid(period) * period + phase;
        (first..until).step_by(period as usize)
    }

    pub fn account(&self, principal: &Principal) -> &Account {
        &self.accounts[principal.account]
    }
}

fn mix_config(config: &Config) -> u64 {
    derive(config.seed, u64::from(config.accounts))
}

fn account(seed: u64, index: usize) -> Account {
    let number = ids::account_number(index as u64, seed);
    let name = ACCOUNT_NAMES[index % ACCOUNT_NAMES.len()];
    let seed = derive(seed, 100 + index as u64);
    let mut people = Vec::new();
    for position in 0..4 {
        let person = PEOPLE[(index * 5 + position * 3) % PEOPLE.len()];
        let set = [
            "PowerUserAccess",
            "ReadOnlyAccess",
            "AdministratorAccess",
            "DataAnalyst",
        ];
        let mut role = format!("AWSReservedSSO_{}_", set[position]);
        ids::hex(derive(seed, position as u64), 16, &mut role);
        people.push(Principal {
            session_name: format!("{person}@example.com"),
            address: address::office(derive_text(seed, person)),
            agent: BROWSERS[position % BROWSERS.len()].to_owned(),
            ..principal(Kind::Workforce, seed, index, role)
        });
    }
    for position in 0..3 {
        let person = PEOPLE[(index * 7 + position * 2 + 1) % PEOPLE.len()];
        let mut user = Principal {
            address: address::office(derive_text(seed, person)),
            agent: CLIS[position % CLIS.len()].to_owned(),
            ..principal(Kind::User, seed, index, person.to_owned())
        };
        ids::access_key("AKIA", number, derive(user.seed, 5), &mut user.key);
        people.push(user);
    }
    let person = PEOPLE[(index * 3 + 2) % PEOPLE.len()];
    people.push(Principal {
        address: address::office(derive_text(seed, person)),
        agent: BROWSERS[index % BROWSERS.len()].to_owned(),
        ..principal(Kind::Console, seed, index, format!("{person}-console"))
    });
    for position in 0..2 {
        let service = SERVICES[(index * 5 + position * 4) % SERVICES.len()];
        people.push(Principal {
            session_name: "GitHubActions".to_owned(),
            address: address::outside(derive_text(seed, service)),
            agent: "aws-sdk-js/3.712.0 os/linux/6.8.0 lang/js md/nodejs/20.18.1 \
                    configure-aws-credentials-for-github-actions"
                .to_owned(),
            ..principal(Kind::Pipeline, seed, index, format!("deploy-{service}"))
        });
    }
    people.push(Principal {
        session_name: "inventory".to_owned(),
        address: address::egress("us-east-1", derive(seed, 77)),
        agent: "Boto3/1.36.3 md/Botocore#1.36.3 ua/2.0 os/linux lang/python#3.12.8".to_owned(),
        ..principal(Kind::Hub, seed, index, "estate-inventory".to_owned())
    });
    Account {
        number,
        id: format!("{number:012}"),
        name,
        people,
    }
}

const BROWSERS: [&str; 3] = [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) \
     Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 \
     Safari/537.36",
];
const CLIS: [&str; 3] = [
    "aws-cli/2.22.7 md/awscrt#0.23.4 ua/2.0 os/macos#24.1.0 md/arch#arm64 lang/python#3.12.6 \
     md/pyimpl#CPython cfg/retry-mode#standard md/installer#exe md/prompt#off",
    "Boto3/1.35.80 md/Botocore#1.35.80 ua/2.0 os/linux#6.8.0-49-generic md/arch#x86_64 \
     lang/python#3.11.10 md/pyimpl#CPython cfg/retry-mode#legacy Botocore/1.35.80",
    "APN/1.0 HashiCorp/1.0 Terraform/1.10.3 (+https://www.terraform.io) \
     terraform-provider-aws/5.82.2 aws-sdk-go-v2/1.32.7 ua/2.1 os/linux lang/go#1.23.3",
];
const SDKS: [&str; 4] = [
    "aws-sdk-java/2.29.34 Linux/5.10.230-223.885.amzn2.x86_64 OpenJDK_64-Bit_Server_VM/21.0.5+11 \
     Java/21.0.5 kotlin/1.9.25 vendor/Amazon.com_Inc. exec-env/AWS_ECS_FARGATE io/sync \
     http/Apache cfg/retry-mode/legacy",
    "aws-sdk-go-v2/1.32.7 ua/2.1 os/linux lang/go#1.23.4 md/GOOS#linux md/GOARCH#amd64",
    "Boto3/1.35.90 md/Botocore#1.35.90 ua/2.0 os/linux#6.1.119-129.201.amzn2023.x86_64 \
     md/arch#x86_64 lang/python#3.11.6 md/pyimpl#CPython cfg/retry-mode#legacy",
    "aws-sdk-rust/1.3.3 os/linux lang/rust/1.82.0",
];

fn machines(seed: u64, stream: &Stream, account: &Account, events_a_day: u64) -> Vec<Principal> {
    let label = derive_text(derive(seed, account.number), stream.region);
    let count = |events_each: u64, most: u64| (events_a_day / events_each).clamp(1, most);
    let mut machines = Vec::new();
    for position in 0..count(150, 24) {
        let seed = derive(label, position);
        let service = SERVICES[(position as usize + stream.account) % SERVICES.len()];
        let mut session_name = String::from("i-0");
        ids::hex(seed, 16, &mut session_name);
        machines.push(Principal {
            session_name,
            // Instances of one service leave by one NAT gateway.
            address: address::egress(stream.region, derive_text(label, service)),
            agent: SDKS[position as usize % SDKS.len()].replace("exec-env/AWS_ECS_FARGATE ", ""),
            ..principal(
                Kind::Instance,
                seed,
                stream.account,
                format!("{service}-instance-role"),
            )
        });
    }
    for position in 0..count(200, 16) {
        let service = SERVICES[(position as usize * 5 + 1) % SERVICES.len()];
        let seed = derive(label, 1_000 + position);
        machines.push(Principal {
            session_name: format!("{service}-handler-{position}"),
            address: address::service(stream.region, seed),
            agent: SDKS[(position as usize + 2) % SDKS.len()]
                .replace("AWS_ECS_FARGATE", "AWS_Lambda_java21"),
            ..principal(
                Kind::Function,
                seed,
                stream.account,
                format!("{service}-lambda-role"),
            )
        });
    }
    for position in 0..count(300, 10) {
        let service = SERVICES[(position as usize * 7 + 2) % SERVICES.len()];
        let seed = derive(label, 2_000 + position);
        let mut session_name = String::new();
        ids::hex(seed, 32, &mut session_name);
        machines.push(Principal {
            session_name,
            address: address::private(seed),
            agent: SDKS[position as usize % SDKS.len()].to_owned(),
            ..principal(
                Kind::Task,
                seed,
                stream.account,
                format!("{service}-task-role"),
            )
        });
    }
    machines
}

/// A principal with what follows from its name; the caller states the rest.
fn principal(kind: Kind, seed: u64, account: usize, name: String) -> Principal {
    let mut id = String::with_capacity(21);
    let prefix = if matches!(kind, Kind::User | Kind::Console) {
        "AIDA"
    } else {
        "AROA"
    };
    // A role's id belongs to the role: every instance of a service shares it.
    let role = derive_text(account as u64 ^ 0x0a11, &name);
    ids::principal(prefix, role, &mut id);
    Principal {
        kind,
        seed: derive_text(seed, &name),
        account,
        name,
        id,
        session_name: String::new(),
        key: String::new(),
        address: String::new(),
        agent: String::new(),
    }
}

//! Who appears on a stage: accounts in a partition, users, roles, and the credentials they hold.
//!
//! In: names. Out: small handles ([`Account`], [`User`], [`Role`], [`Cred`]) that stories pass from
//! verb to verb, and behind them what a record needs to know. Deliberately not here: what anybody
//! does (`sts`, `iam`, `console`, `services`).

use super::Stage;
use crate::ids;
use crate::random::{derive, derive_text};
use crate::stories::truth::{Certainty, Expected, Expiry, Parentage};

/// A part of AWS with names of its own.
#[derive(Debug, PartialEq, Eq)]
pub struct Partition {
    /// As in an ARN.
    pub name: &'static str,
    /// Where the events of global services are recorded.
    pub home: &'static str,
    /// The DNS suffix of endpoints and of most service principals.
    pub suffix: &'static str,
    /// The host of the console.
    pub console: &'static str,
}

pub static AWS: Partition = Partition {
    name: "aws",
    home: "us-east-1",
    suffix: "amazonaws.com",
    console: "console.aws.amazon.com",
};
pub static GOVCLOUD: Partition = Partition {
    name: "aws-us-gov",
    home: "us-gov-west-1",
    suffix: "amazonaws.com",
    console: "console.amazonaws-us-gov.com",
};
pub static CHINA: Partition = Partition {
    name: "aws-cn",
    home: "cn-north-1",
    suffix: "amazonaws.com.cn",
    console: "console.amazonaws.cn",
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account(pub(super) usize);
impl Account {
    /// Its place in the cast.
    pub fn index(self) -> usize {
        self.0
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct User(pub(super) usize);
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Role(pub(super) usize);
/// A credential, or something that credentials come from: a password, a portal session, a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cred(pub(super) usize);

#[derive(Debug, Clone)]
pub(super) struct AccountCard {
    pub number: u64,
    pub id: String,
    /// Whether the account's trail is among the logs.
    pub recorded: bool,
}

#[derive(Debug, Clone)]
pub(super) struct UserCard {
    pub account: Account,
    pub name: String,
    pub id: String,
}

#[derive(Debug, Clone)]
pub(super) struct RoleCard {
    pub account: Account,
    /// With its slashes, as in `/aws-reserved/sso.amazonaws.com/`.
    pub path: &'static str,
    pub name: String,
    pub id: String,
}

/// In whose name a credential speaks, as far as records show it.
#[derive(Debug, Clone)]
pub(super) enum Who {
    User(User),
    UserSession {
        user: User,
        mfa: bool,
    },
    Federated {
        user: User,
        name: String,
    },
    RoleSession(Session),
    Root(Account),
    /// Signs nothing: a password, a portal session, a subject of another house, a machine.
    Unsigned,
}

/// One session of a role.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub role: Role,
    pub name: String,
    pub mfa: bool,
    pub source_identity: String,
    /// The provider of a web identity; empty for others.
    pub provider: String,
    /// JSON members after the attributes of the session's context, each with a leading comma.
    pub context: String,
    /// JSON members after the session's context, each with a leading comma.
    pub beside: String,
}

#[derive(Debug, Clone)]
pub(super) struct Card {
    pub who: Who,
    pub issued: i64,
    /// The key under which the next call is signed.
    pub key: String,
    pub told: Expected,
}

impl Stage {
    /// One of the organisation's accounts, its management account first.
    pub fn account(&self, index: usize) -> Account {
        assert!(index < self.accounts.len(), "the cast has no such account");
        Account(index)
    }

    /// The organisation's accounts, the management account first.
    pub fn organisation_accounts(&self) -> impl Iterator<Item = Account> + use<> {
        let count = self.accounts.iter().filter(|account| account.recorded);
        (0..count.count()).map(Account)
    }

    /// The name of a role session.
    pub fn session_of(&self, cred: Cred) -> String {
        match &self.cards[cred.0].who {
            Who::RoleSession(session) => session.name.clone(),
            _ => String::new(),
        }
    }

    /// An account of somebody else, whose trail is not among the logs.
    pub fn foreign_account(&mut self) -> Account {
        let number = ids::account_number(700 + self.accounts.len() as u64, self.seed);
        self.accounts.push(AccountCard {
            number,
            id: format!("{number:012}"),
            recorded: false,
        });
        Account(self.accounts.len() - 1)
    }

    pub fn user(&mut self, account: Account, name: &str) -> User {
        let mut id = String::new();
        ids::principal("AIDA", self.number_of(account, name), &mut id);
        self.users.push(UserCard {
            account,
            name: name.to_owned(),
            id,
        });
        User(self.users.len() - 1)
    }

    pub fn role(&mut self, account: Account, name: &str) -> Role {
        self.role_under(account, "/", name)
    }

    /// The role of a permission set of Identity Center.
    pub fn permission_set(&mut self, account: Account, set: &str) -> Role {
        let mut name = format!("AWSReservedSSO_{set}_");
        ids::hex(self.number_of(account, set), 16, &mut name);
        self.role_under(account, "/aws-reserved/sso.amazonaws.com/", &name)
    }

    fn role_under(&mut self, account: Account, path: &'static str, name: &str) -> Role {
        let mut id = String::new();
        ids::principal("AROA", self.number_of(account, name), &mut id);
        self.roles.push(RoleCard {
            account,
            path,
            name: name.to_owned(),
            id,
        });
        Role(self.roles.len() - 1)
    }

    /// A user's long-term key that was there before the story began.
    pub fn key_of(&mut self, user: User) -> Cred {
        let key = self.key_in_turn_id(user, 0);
        self.long_term_key(user, key)
    }

    /// The key of a user who changes keys, in a turn that the caller counts; turn 0 is [`Stage::key_of`].
    pub fn key_in_turn(&mut self, user: User, turn: u64) -> Cred {
        let key = self.key_in_turn_id(user, turn);
        self.long_term_key(user, key)
    }

    pub(super) fn key_in_turn_id(&self, user: User, turn: u64) -> String {
        let account = self.users[user.0].account;
        let first = derive_text(self.number_of(account, "key"), &self.users[user.0].name);
        let number = match turn {
            0 => first,
            turn => derive(first, turn),
        };
        let mut key = String::new();
        ids::access_key("AKIA", self.accounts[account.0].number, number, &mut key);
        key
    }

    fn long_term_key(&mut self, user: User, key: String) -> Cred {
        let account = self.users[user.0].account;
        let told = Expected {
            kind: "access-key",
            access_key_ids: vec![key.clone()],
            account: self.id_of(account),
            principal_id: self.users[user.0].id.clone(),
            ..Expected::default()
        };
        self.enter(Who::User(user), 0, key, told)
    }

    /// Something that credentials come from and that signs nothing itself.
    pub fn source_of_credentials(
        &mut self,
        kind: &'static str,
        account: Account,
        principal_id: &str,
    ) -> Cred {
        let told = Expected {
            kind,
            account: self.id_of(account),
            principal_id: principal_id.to_owned(),
            ..Expected::default()
        };
        self.enter(Who::Unsigned, 0, String::new(), told)
    }

    pub fn id_of(&self, account: Account) -> String {
        self.accounts[account.0].id.clone()
    }

    /// The access key ids under which a credential has been seen so far.
    pub fn keys_of(&self, cred: Cred) -> &[String] {
        &self.cards[cred.0].told.access_key_ids
    }

    pub fn user_arn(&self, user: User) -> String {
        let card = &self.users[user.0];
        let (partition, account) = (self.partition.name, &self.accounts[card.account.0].id);
        format!("arn:{partition}:iam::{account}:user/{}", card.name)
    }

    pub fn role_arn(&self, role: Role) -> String {
        let card = &self.roles[role.0];
        let (partition, account) = (self.partition.name, &self.accounts[card.account.0].id);
        format!(
            "arn:{partition}:iam::{account}:role{}{}",
            card.path, card.name
        )
    }

    pub(super) fn session_arn(&self, role: Role, session: &str) -> String {
        let card = &self.roles[role.0];
        let (partition, account) = (self.partition.name, &self.accounts[card.account.0].id);
        format!(
            "arn:{partition}:sts::{account}:assumed-role/{}/{session}",
            card.name
        )
    }

    /// The account in which a credential acts, and whose trail records it.
    pub(super) fn account_of(&self, cred: Cred) -> Account {
        match &self.cards[cred.0].who {
            Who::User(user) | Who::UserSession { user, .. } | Who::Federated { user, .. } => {
                self.users[user.0].account
            }
            Who::RoleSession(session) => self.roles[session.role.0].account,
            Who::Root(account) => *account,
            Who::Unsigned => panic!("a source of credentials calls nothing"),
        }
    }

    /// Brings a credential onto the stage.
    pub(super) fn enter(&mut self, who: Who, issued: i64, key: String, told: Expected) -> Cred {
        let same_kind = self.cards.iter().filter(|c| c.told.kind == told.kind);
        let name = format!("{} {}", told.kind, same_kind.count() + 1);
        self.cards.push(Card {
            who,
            issued,
            key,
            told: Expected { name, ..told },
        });
        Cred(self.cards.len() - 1)
    }

    /// A temporary credential minted now: its key, its issue, its exact end and its parent.
    pub(super) fn minted(
        &mut self,
        kind: &'static str,
        who: Who,
        seconds: i64,
        parent: Cred,
    ) -> Cred {
        let account = match &who {
            Who::User(user) | Who::UserSession { user, .. } | Who::Federated { user, .. } => {
                self.users[user.0].account
            }
            Who::RoleSession(session) => self.roles[session.role.0].account,
            Who::Root(account) => *account,
            Who::Unsigned => panic!("a minted credential speaks for somebody"),
        };
        let key = self.fresh_key(account);
        let told = Expected {
            kind,
            access_key_ids: vec![key.clone()],
            minted_key_id: Some(key.clone()),
            account: self.id_of(account),
            principal_id: self.principal_id(&who),
            issued_at: Some(self.now),
            expires_at: Some(self.now + seconds),
            expiry: Expiry::Exact,
            parent: Some(Parentage {
                name: self.cards[parent.0].told.name.clone(),
                certainty: Certainty::Exact,
            }),
            attackers: self.hand.thief,
            ..Expected::default()
        };
        self.enter(who, self.now, key, told)
    }

    pub(super) fn fresh_key(&mut self, account: Account) -> String {
        let number = self.fresh_number();
        let mut key = String::with_capacity(20);
        ids::access_key("ASIA", self.accounts[account.0].number, number, &mut key);
        key
    }

    pub(super) fn principal_id(&self, who: &Who) -> String {
        match who {
            Who::User(user) | Who::UserSession { user, .. } => self.users[user.0].id.clone(),
            Who::Federated { user, name } => {
                format!("{}:{name}", self.id_of(self.users[user.0].account))
            }
            Who::RoleSession(session) => {
                format!("{}:{}", self.roles[session.role.0].id, session.name)
            }
            Who::Root(account) => self.id_of(*account),
            Who::Unsigned => String::new(),
        }
    }

    fn number_of(&self, account: Account, name: &str) -> u64 {
        derive_text(derive(self.accounts[account.0].number, self.cast), name)
    }
}

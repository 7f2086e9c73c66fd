//! Made-up forests: single credentials by hand, and random ones for properties.
//!
//! Accounts are of the documentation's pattern. Every credential is complete enough to be contained: names,
//! ARNs and principal ids as AWS writes them.

use keyline_contain::{Breadth, Estate, Inventory, Plan, Reach, Request, Target, plan};
use keyline_lineage::{
    Candidate, Certainty, Credential, Expiry, Forest, Kind, LinkRule, Origin, Parent,
};

pub const OURS: &str = "111122223333";
pub const OTHER: &str = "444455556666";
pub const FOREIGN: &str = "999988887777";
/// Noon of some day, in microseconds.
pub const NOW: i64 = 1_791_979_200_000_000;
pub const HOUR: i64 = 3_600_000_000;

/// A credential of which only the id and the kind are known.
pub fn bare(id: &str, kind: Kind, account: &str) -> Credential {
    Credential {
        id: id.to_owned(),
        aliases: Vec::new(),
        kind,
        access_key_ids: Vec::new(),
        minted_key_id: None,
        account_id: account.to_owned(),
        principal_id: String::new(),
        principal_arn: String::new(),
        role_arn: String::new(),
        session_name: String::new(),
        user_name: String::new(),
        source_identity: String::new(),
        partition: "aws",
        issued_at: Some(NOW - HOUR),
        expires_at: None,
        expiry: Expiry::None,
        issuing_api: String::new(),
        issuing_event_ids: Vec::new(),
        parent: None,
        parent_unknown_because: None,
        root: id.to_owned(),
        depth: 0,
        children: Vec::new(),
        mfa_authenticated: None,
        mfa_serial: String::new(),
        origin: None,
        first_used: None,
        last_used: None,
        event_count: 1,
        forwarded_count: 0,
        forwarded_in_session_count: 0,
        forwarded_maybe_count: 0,
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
    }
}

fn of_user(id: &str, kind: Kind, account: &str, user: &str) -> Credential {
    Credential {
        user_name: user.to_owned(),
        principal_id: format!("AIDA{}", user.to_uppercase()),
        principal_arn: format!("arn:aws:iam::{account}:user/{user}"),
        ..bare(id, kind, account)
    }
}

pub fn key(id: &str, account: &str, user: &str) -> Credential {
    Credential {
        access_key_ids: vec![format!("AKIA{}", id.to_uppercase().replace('-', ""))],
        ..of_user(id, Kind::AccessKey, account, user)
    }
}

pub fn password(id: &str, account: &str, user: &str) -> Credential {
    of_user(id, Kind::Password, account, user)
}

pub fn token(id: &str, account: &str, user: &str) -> Credential {
    until(
        NOW + 6 * HOUR,
        of_user(id, Kind::SessionToken, account, user),
    )
}

pub fn console(id: &str, account: &str, user: &str) -> Credential {
    until(
        NOW + 6 * HOUR,
        of_user(id, Kind::ConsoleSession, account, user),
    )
}

pub fn federated(id: &str, account: &str, user: &str, name: &str) -> Credential {
    let federated = Credential {
        principal_id: format!("{account}:{name}"),
        principal_arn: format!("arn:aws:sts::{account}:federated-user/{name}"),
        ..of_user(id, Kind::FederationToken, account, user)
    };
    until(NOW + 6 * HOUR, federated)
}

pub fn session(id: &str, account: &str, role: &str, name: &str) -> Credential {
    let session = Credential {
        session_name: name.to_owned(),
        principal_id: format!(
            "AROA{}{account}:{name}",
            role.to_uppercase().replace('_', "")
        ),
        principal_arn: format!("arn:aws:sts::{account}:assumed-role/{role}/{name}"),
        role_arn: format!("arn:aws:iam::{account}:role/{role}"),
        ..bare(id, Kind::RoleSession, account)
    };
    until(NOW + HOUR, session)
}

pub fn instance(id: &str, account: &str, role: &str, instance: &str) -> Credential {
    Credential {
        origin: Some(Origin {
            kind: "ec2-instance",
            id: format!("arn:aws:ec2:eu-west-1:{account}:instance/{instance}"),
        }),
        ..session(id, account, role, instance)
    }
}

pub fn until(end: i64, credential: Credential) -> Credential {
    Credential {
        expires_at: Some(end),
        expiry: Expiry::Exact,
        ..credential
    }
}

/// The same, made by another one.
pub fn by(maker: &Credential, certainty: Certainty, made: Credential) -> Credential {
    let confidence = if certainty == Certainty::Exact {
        1.0
    } else {
        0.5
    };
    Credential {
        parent: Some(Parent {
            id: maker.id.clone(),
            certainty,
            rule: LinkRule::AccessKeyId,
            confidence,
            candidates: match certainty {
                Certainty::Ambiguous => vec![Candidate {
                    id: maker.id.clone(),
                    confidence,
                }],
                _ => Vec::new(),
            },
        }),
        root: maker.root.clone(),
        depth: maker.depth + 1,
        ..made
    }
}

/// The same, made by another one beyond doubt.
pub fn from(maker: &Credential, made: Credential) -> Credential {
    by(maker, Certainty::Exact, made)
}

pub fn forest(credentials: &[Credential]) -> Forest {
    Forest::from_credentials(credentials.to_vec(), Some(NOW))
}

/// What a plan is asked for, with everything at its plainest.
pub struct Ask<'a> {
    pub forest: &'a Forest,
    pub target: &'a str,
    pub inventory: Inventory,
    pub estate: Estate,
    pub reach: Reach,
    pub breadth: Breadth,
    pub events: Vec<keyline_contain::AlteringEvent>,
    pub as_of: i64,
    pub stolen_since: Option<i64>,
    pub first_alert: Option<i64>,
}

impl<'a> Ask<'a> {
    pub fn of(forest: &'a Forest, target: &'a str) -> Ask<'a> {
        Ask {
            forest,
            target,
            inventory: Inventory::default(),
            estate: Estate::default(),
            reach: Reach::Tree,
            breadth: Breadth::Broad,
            events: Vec::new(),
            as_of: NOW,
            stolen_since: None,
            first_alert: None,
        }
    }

    pub fn plan(&self) -> Plan {
        plan(&Request {
            target: &Target::Pivot(self.target.to_owned()),
            forest: self.forest,
            as_of: self.as_of,
            made_at: self.as_of + HOUR,
            inventory: &self.inventory,
            events: &self.events,
            estate: &self.estate,
            reach: self.reach,
            breadth: self.breadth,
            stolen_since: self.stolen_since,
            first_alert: self.first_alert,
        })
        .unwrap()
    }
}

//! How long credentials live at most, for those whose end no event says.

use crate::credential::Kind;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;

/// A row: kind, where it comes from, and the longest life in seconds. The first row that fits is taken.
struct Bound {
    kind: Kind,
    from: Issue,
    seconds: Option<i64>,
}

/// What the bound of a life depends on, beside the kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Issue {
    /// Of the root of an account.
    Root,
    /// By a role session: a chain of roles has an hour a link.
    Chained,
    /// To a program that its user signed in to with the console's sign-in: `aws login`.
    ToProgram,
    /// By the service of that name, to which the role's own maximum does not apply.
    Service(&'static str),
    Any,
}

const BOUNDS: &[Bound] = &[
    Bound {
        kind: Kind::SessionToken,
        from: Issue::Root,
        seconds: Some(HOUR),
    },
    Bound {
        kind: Kind::SessionToken,
        from: Issue::Any,
        seconds: Some(36 * HOUR),
    },
    Bound {
        kind: Kind::FederationToken,
        from: Issue::Root,
        seconds: Some(HOUR),
    },
    Bound {
        kind: Kind::FederationToken,
        from: Issue::Any,
        seconds: Some(36 * HOUR),
    },
    Bound {
        kind: Kind::RoleSession,
        from: Issue::Chained,
        seconds: Some(HOUR),
    },
    Bound {
        kind: Kind::RoleSession,
        from: Issue::Service("cognito-identity"),
        seconds: Some(HOUR),
    },
    Bound {
        kind: Kind::RoleSession,
        from: Issue::Any,
        seconds: Some(12 * HOUR),
    },
    Bound {
        kind: Kind::ServiceSession,
        from: Issue::Service("ec2"),
        seconds: Some(6 * HOUR + 40 * MINUTE),
    },
    Bound {
        kind: Kind::ServiceSession,
        from: Issue::Service("ecs-tasks"),
        seconds: Some(6 * HOUR + 10 * MINUTE),
    },
    Bound {
        kind: Kind::ServiceSession,
        from: Issue::Service("pods.eks"),
        seconds: Some(6 * HOUR),
    },
    Bound {
        kind: Kind::ServiceSession,
        from: Issue::Any,
        seconds: Some(12 * HOUR),
    },
    Bound {
        kind: Kind::RootSession,
        from: Issue::Any,
        seconds: Some(15 * MINUTE),
    },
    Bound {
        kind: Kind::ConsoleSession,
        from: Issue::Any,
        seconds: Some(12 * HOUR),
    },
    Bound {
        kind: Kind::UnknownTemporary,
        from: Issue::Any,
        seconds: Some(36 * HOUR),
    },
    // A command line renews its keys for so long after its user signed in; what else was given access
    // renews it until somebody revokes it.
    Bound {
        kind: Kind::OauthSession,
        from: Issue::ToProgram,
        seconds: Some(12 * HOUR),
    },
    Bound {
        kind: Kind::OauthSession,
        from: Issue::Any,
        seconds: None,
    },
    // The longest that an administrator can set; eight hours if nobody set anything.
    Bound {
        kind: Kind::IdentityCenterSession,
        from: Issue::Any,
        seconds: Some(90 * 24 * HOUR),
    },
];

/// The longest life of a credential in seconds; `None` where it has no known end.
pub(crate) fn longest(kind: Kind, issue: Issue) -> Option<i64> {
    let fits =
        |bound: &&Bound| bound.kind == kind && (bound.from == issue || bound.from == Issue::Any);
    BOUNDS.iter().find(fits).and_then(|bound| bound.seconds)
}

/// The services that have a row of their own.
pub(crate) fn service(name: &str) -> Issue {
    let rows = BOUNDS.iter().map(|bound| bound.from);
    rows.into_iter()
        .find(|from| matches!(from, Issue::Service(service) if *service == name))
        .unwrap_or(Issue::Any)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrowest_row_counts() {
        for (kind, issue, hours) in [
            (Kind::SessionToken, Issue::Root, Some(1)),
            (Kind::SessionToken, Issue::Any, Some(36)),
            (Kind::SessionToken, Issue::Chained, Some(36)),
            (Kind::RoleSession, Issue::Chained, Some(1)),
            (Kind::RoleSession, service("sts"), Some(12)),
            (Kind::ServiceSession, service("pods.eks"), Some(6)),
            (Kind::OauthSession, Issue::ToProgram, Some(12)),
            (Kind::OauthSession, Issue::Any, None),
            (Kind::IdentityCenterSession, Issue::Any, Some(90 * 24)),
            (Kind::AccessKey, Issue::Any, None),
        ] {
            let found = longest(kind, issue).map(|seconds| seconds / HOUR);
            assert_eq!(found, hours, "{kind:?} {issue:?}");
        }
    }
}

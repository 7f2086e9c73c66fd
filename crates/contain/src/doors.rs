//! Doors that the tree opened, and who came in by them.
//!
//! In: what was made and altered, the credentials of the tree that are beyond doubt, and the forest. Out: the
//! credentials that came in by something which the tree made or altered: a role whose trust it wrote, an MFA
//! device that it enrolled, a user, a person, a machine, a function or an identity provider that it made. No
//! link of the lineage leads to them, because the tree minted none of them. Deliberately not here: how a plan
//! stops them, which it does as it stops whatever belongs to the tree.

use std::collections::{BTreeMap, BTreeSet};

use keyline_lineage::{Certainty, Credential, CredentialId, Kind, Node};
use keyline_trail::partition::{Partition, service_name};
use keyline_trail::time::format_time;
use serde_json::Value;

use crate::aws::document;
use crate::guard::without_path;
use crate::limits::DOCUMENT_DEPTH_MAX;
use crate::owner::{Owner, is_account, is_aws_name, named_by};
use crate::request::AlteringEvent;
use crate::scope::made_at;
use crate::survey::Survey;
use crate::trust::{Trusted, account_of, trusted};
use crate::undo_map::plain_name;

/// Something that let somebody in, and what shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Door {
    pub event_id: String,
    pub event_name: String,
    /// Who opened it.
    pub by: CredentialId,
    pub at: i64,
    /// Exact where nobody else could come in there; inferred where others may have used the same way.
    pub certainty: Certainty,
    /// What the tree did, as half a sentence.
    pub what: String,
    pub sort: Sort,
}

/// What sort of door it is: it decides what else came in with whoever used it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    Role,
    User,
    Person,
    Device,
    Workload,
    Provider,
    Certificate,
    /// A service took a role that the tree gave to something there.
    Passed,
}

/// A machine or a function that the tree had its hands on.
pub(crate) struct Machine {
    pub region: String,
    /// The tree made it, so that nothing rightful runs there.
    pub made: bool,
    /// It was given a role, as far as its record says.
    pub has_role: bool,
    pub is_function: bool,
    /// What the tree did, as half a sentence.
    pub what: String,
}

/// Services at which something of a caller's runs, or acts at a time, by a role that was given to it. Functions and
/// instances have doors of their own.
const RUNNING: &[&str] = &[
    "batch",
    "cloudformation",
    "codebuild",
    "codepipeline",
    "datapipeline",
    "ecs",
    "eks",
    "elasticmapreduce",
    "events",
    "glue",
    "sagemaker",
    "scheduler",
    "ssm",
    "states",
];

/// What the tree opened, by what a session shows of the way that it came.
#[derive(Default)]
pub(crate) struct Doors<'a> {
    trust: BTreeMap<Owner, Vec<Trust<'a>>>,
    users: BTreeMap<Owner, Opening<'a>>,
    persons: BTreeMap<String, Opening<'a>>,
    /// By account and serial number.
    devices: BTreeMap<(String, String), Opening<'a>>,
    /// By account and id: of an instance, a task, a function.
    workloads: BTreeMap<(String, String), Opening<'a>>,
    providers: BTreeMap<(&'a str, &'a str), Opening<'a>>,
    /// Roles that certificates may take.
    certificates: BTreeMap<Owner, Opening<'a>>,
    /// Roles that the tree gave to something of its own at a service, by the service.
    passed: BTreeMap<(Owner, &'a str), Opening<'a>>,
    /// Instances on which the tree had something run, or was itself, by account.
    entered: BTreeSet<(&'a str, &'a str)>,
}

struct Opening<'a> {
    event: &'a AlteringEvent,
    certainty: Certainty,
    what: String,
}

/// What a role's trust policy was set to, and whether the tree did it.
struct Trust<'a> {
    event: &'a AlteringEvent,
    by_tree: bool,
    says: Vec<Trusted>,
}

impl<'a> Doors<'a> {
    /// The doors of these events: those that such credentials opened since an instant.
    pub fn of(
        events: &'a [AlteringEvent],
        opens: impl Fn(Node) -> bool,
        since: Option<i64>,
        survey: &Survey<'_>,
    ) -> Doors<'a> {
        let mut doors = Doors::default();
        let mut events: Vec<&AlteringEvent> = events
            .iter()
            .filter(|event| !event.failed && event.at <= survey.as_of && is_account(&event.account))
            .collect();
        events.sort_by_key(|event| (event.at, &event.event_id, &event.account));
        for event in events {
            let by_tree = since.is_none_or(|since| event.at >= since)
                && survey.forest.by_id(&event.credential).is_some_and(&opens);
            doors.trust_of(event, by_tree);
            if by_tree {
                doors.open(event);
            }
        }
        // Trust that only others wrote is no door.
        doors
            .trust
            .retain(|_, history| history.iter().any(|trust| trust.by_tree));
        doors
    }

    fn is_empty(&self) -> bool {
        self.trust.is_empty()
            && self.users.is_empty()
            && self.persons.is_empty()
            && self.devices.is_empty()
            && self.workloads.is_empty()
            && self.providers.is_empty()
            && self.certificates.is_empty()
            && self.passed.is_empty()
    }

    /// Machines and functions that the tree made or changed, by account and id.
    pub fn workloads(&self) -> BTreeMap<(String, String), Machine> {
        let known = self.workloads.iter();
        known
            .map(|((account, id), opening)| {
                let machine = Machine {
                    region: opening.event.region.clone(),
                    made: opening.certainty == Certainty::Exact,
                    has_role: opening.event.name != "RunInstances"
                        || !opening.event.request["iamInstanceProfile"].is_null(),
                    is_function: opening.event.source.starts_with("lambda."),
                    what: opening.what.clone(),
                };
                ((account.clone(), id.clone()), machine)
            })
            .collect()
    }

    /// Users and roles that the tree made: nobody's rightful work is done by them.
    pub fn made(&self) -> BTreeSet<Owner> {
        let roles = self.trust.iter().filter(|(_, history)| {
            let mut made = history.iter();
            made.any(|trust| trust.by_tree && trust.event.name == "CreateRole")
        });
        let roles = roles.map(|(owner, _)| owner);
        self.users.keys().chain(roles).cloned().collect()
    }

    fn trust_of(&mut self, event: &'a AlteringEvent, by_tree: bool) {
        let policy = match event.name.as_str() {
            "CreateRole" => &event.request["assumeRolePolicyDocument"],
            "UpdateAssumeRolePolicy" => &event.request["policyDocument"],
            _ => return,
        };
        let name = event.request["roleName"].as_str().unwrap_or_default();
        if !is_aws_name(name) {
            return;
        }
        let owner = Owner::Role {
            account: event.account.clone(),
            name: name.to_owned(),
        };
        self.trust.entry(owner).or_default().push(Trust {
            event,
            by_tree,
            says: trusted(&document(policy)),
        });
    }

    fn open(&mut self, event: &'a AlteringEvent) {
        use Certainty::{Exact, Inferred};
        let account = event.account.as_str();
        let text = |name: &str| event.request[name].as_str().unwrap_or_default();
        let opening = |certainty, what: String| Opening {
            event,
            certainty,
            what,
        };
        let service = event.source.split('.').next().unwrap_or_default();
        for owner in passed_by(event) {
            let partition = Partition::of_region(&event.region).name();
            let what = format!("gave the role {} to {service}", owner.arn(partition));
            let taken_by = takes_roles_as(service);
            self.passed
                .entry((owner, taken_by))
                .or_insert_with(|| opening(Inferred, what));
        }
        match (service, plain_name(&event.name)) {
            ("iam", "CreateUser") if is_aws_name(text("userName")) => {
                let (account, name) = (account.to_owned(), text("userName").to_owned());
                let what = format!("made the user {name} in {account}");
                let owner = Owner::User { account, name };
                self.users
                    .entry(owner)
                    .or_insert_with(|| opening(Exact, what));
            }
            ("sso-directory" | "identitystore", "CreateUser") if !text("userName").is_empty() => {
                let name = text("userName").to_owned();
                let what = format!("made the person {name} in Identity Center");
                self.persons
                    .entry(name)
                    .or_insert_with(|| opening(Exact, what));
            }
            ("iam", "EnableMFADevice") => {
                let serial = event.request["serialNumber"].as_str().unwrap_or_default();
                if !serial.is_empty() {
                    let what = format!("enrolled the MFA device {serial} for {}", text("userName"));
                    self.devices
                        .entry((account.to_owned(), serial.to_owned()))
                        .or_insert_with(|| opening(Exact, what));
                }
            }
            ("iam", "CreateSAMLProvider" | "CreateOpenIDConnectProvider") => {
                let arns = ["sAMLProviderArn", "openIDConnectProviderArn"];
                let arn = arns
                    .iter()
                    .find_map(|name| event.response[*name].as_str())
                    .unwrap_or_default();
                let what = format!("made the identity provider {arn}");
                self.provider(arn, opening(Exact, what));
            }
            ("iam", "UpdateSAMLProvider") => {
                let arn = event.request["sAMLProviderArn"]
                    .as_str()
                    .unwrap_or_default();
                let what = format!("changed the identity provider {arn}");
                self.provider(arn, opening(Inferred, what));
            }
            ("iam", "AddClientIDToOpenIDConnectProvider") => {
                let arn = event.request["openIDConnectProviderArn"]
                    .as_str()
                    .unwrap_or_default();
                let what = format!("let another client use the identity provider {arn}");
                self.provider(arn, opening(Inferred, what));
            }
            ("rolesanywhere", "CreateProfile" | "UpdateProfile") => {
                let roles = event.request["roleArns"].as_array().into_iter().flatten();
                for owner in roles.filter_map(|arn| named_by(arn.as_str()?)) {
                    let Owner::Role { name, .. } = &owner else {
                        continue;
                    };
                    let what = format!("let certificates take the role {name}");
                    self.certificates
                        .entry(owner)
                        .or_insert_with(|| opening(Inferred, what));
                }
            }
            ("ec2", "RunInstances") => self.instances(event, Exact, "started the instance"),
            ("ec2", "AssociateIamInstanceProfile" | "ReplaceIamInstanceProfileAssociation") => {
                self.instances(event, Inferred, "gave another role to the instance")
            }
            ("ec2", "ModifyInstanceAttribute") if !event.request["userData"].is_null() => {
                self.enter(event, "instanceId");
                self.instances(
                    event,
                    Inferred,
                    "wrote what runs at the start of the instance",
                );
            }
            ("ssm", "SendCommand") => {
                let ids = event.request["instanceIds"]
                    .as_array()
                    .into_iter()
                    .flatten();
                let ids = ids.filter_map(Value::as_str);
                self.entered.extend(ids.map(|id| (account, id)));
            }
            ("ssm", "StartSession") => self.enter(event, "target"),
            ("ec2-instance-connect", _) => self.enter(event, "instanceId"),
            ("ecs", "RunTask") => {
                let tasks = event.response["tasks"].as_array().into_iter().flatten();
                for task in tasks.filter_map(|task| task["taskArn"].as_str()) {
                    let id = last_part(task).to_owned();
                    let what = format!("started the task {id}");
                    self.workload(account, id, opening(Exact, what));
                }
            }
            (
                "lambda",
                name @ ("CreateFunction" | "UpdateFunctionCode" | "UpdateFunctionConfiguration"),
            ) => {
                let named = [&event.response, &event.request];
                let named = named.iter().find_map(|part| part["functionName"].as_str());
                let id = function_name(named.unwrap_or_default()).to_owned();
                let (certainty, did) = match name {
                    "CreateFunction" => (Exact, "made the function"),
                    "UpdateFunctionCode" => (Inferred, "changed the code of the function"),
                    _ => (Inferred, "changed the configuration of the function"),
                };
                let what = format!("{did} {id}");
                self.workload(account, id, opening(certainty, what));
            }
            _ => {}
        }
    }

    fn enter(&mut self, event: &'a AlteringEvent, named: &str) {
        if let Some(id) = event.request[named].as_str() {
            self.entered.insert((&event.account, id));
        }
    }

    /// Instances that the tree was on, by account and id: it may have taken the credentials of their roles.
    pub fn entered(&self) -> impl Iterator<Item = (String, String)> {
        let entered = self.entered.iter().filter(|(_, id)| id.starts_with("i-"));
        entered.map(|(account, id)| ((*account).to_owned(), (*id).to_owned()))
    }

    fn provider(&mut self, arn: &'a str, opening: Opening<'a>) {
        if !arn.is_empty() {
            let account = opening.event.account.as_str();
            self.providers.entry((account, arn)).or_insert(opening);
        }
    }

    fn instances(&mut self, event: &'a AlteringEvent, certainty: Certainty, did: &str) {
        let mut ids = BTreeSet::new();
        for part in [&event.request, &event.response] {
            instance_ids(part, DOCUMENT_DEPTH_MAX, &mut ids);
        }
        for id in ids {
            let what = format!("{did} {id}");
            let opening = Opening {
                event,
                certainty,
                what,
            };
            self.workload(&event.account, id, opening);
        }
    }

    fn workload(&mut self, account: &str, id: String, opening: Opening<'a>) {
        if !id.is_empty() {
            let place = (account.to_owned(), id);
            self.workloads.entry(place).or_insert(opening);
        }
    }

    /// Who came in, besides those that belong to the tree already, in the forest's order.
    pub fn entrants(&self, members: &BTreeSet<Node>, survey: &Survey<'_>) -> Vec<(Node, Door)> {
        let mut found = Vec::new();
        if self.is_empty() {
            return found;
        }
        // By whom a role was taken before the tree first wrote its trust: nobody needed a door for that.
        let mut before: BTreeSet<(Owner, String)> = BTreeSet::new();
        let mut perhaps: Vec<(Node, Door, (Owner, String))> = Vec::new();
        for node in survey.forest.nodes() {
            if matches!(
                survey.forest.kind(node),
                Kind::Service | Kind::Workload | Kind::External | Kind::MfaDevice
            ) {
                continue;
            }
            let owner = survey.owner(node);
            let credential = survey.forest.alone(node);
            let Some(born) = made_at(&credential) else {
                continue;
            };
            let maker = survey.forest.parent(node);
            let history = self.trust.get(owner);
            let first = history.and_then(|history| history.iter().find(|trust| trust.by_tree));
            let by = maker.map(|maker| (owner.clone(), who(maker, survey)));
            if let (Some(first), Some(by)) = (first, &by)
                && born < first.event.at
            {
                before.insert(by.clone());
            }
            if members.contains(&node) {
                continue;
            }
            match (self.door_of(node, &credential, survey), by) {
                (Some(door), Some(by)) if door.is_of_unknown_trust() => {
                    perhaps.push((node, door, by));
                }
                (Some(door), _) => found.push((node, door)),
                _ => {}
            }
        }
        let by_door = perhaps
            .into_iter()
            .filter(|(_, _, by)| !before.contains(by));
        found.extend(by_door.map(|(node, door, _)| (node, door)));
        found.sort_by_key(|(node, _)| *node);
        found
    }

    /// The door by which one credential came in.
    pub fn door_of(
        &self,
        node: Node,
        credential: &Credential,
        survey: &Survey<'_>,
    ) -> Option<Door> {
        let born = made_at(credential)?;
        let itself = self.of_itself(node, credential, survey);
        match itself.filter(|(opening, _)| born >= opening.event.at) {
            Some((opening, sort)) => Some(opening.door(sort)),
            None => {
                let history = self.trust.get(survey.owner(node))?;
                taken(history, born, survey.forest.parent(node), survey)
            }
        }
    }

    /// The door that what is known of a credential itself leads to.
    fn of_itself(
        &self,
        node: Node,
        credential: &Credential,
        survey: &Survey<'_>,
    ) -> Option<(&Opening<'a>, Sort)> {
        let owner = survey.owner(node);
        let account = credential.account_id.as_str();
        if let Some(opening) = self.users.get(owner) {
            return Some((opening, Sort::User));
        }
        if let Owner::Person { name } = owner
            && let Some(opening) = self.persons.get(name)
        {
            return Some((opening, Sort::Person));
        }
        let device = (account.to_owned(), credential.mfa_serial.clone());
        if let Some(opening) = self.devices.get(&device) {
            return Some((opening, Sort::Device));
        }
        if let Some((_, id)) = survey.origin(node, credential) {
            let id = function_name(&id);
            let workload = (account.to_owned(), last_part(id).to_owned());
            if let Some(opening) = self.workloads.get(&workload) {
                return Some((opening, Sort::Workload));
            }
        }
        let maker = survey.forest.alone(survey.forest.parent(node)?);
        match maker.kind {
            Kind::FederatedIdentity => {
                let mut providers = self.providers.iter();
                let known = providers.find(|((of, arn), _)| {
                    *of == account && same_provider(arn, &maker.principal_arn)
                });
                known.map(|(_, opening)| (opening, Sort::Provider))
            }
            Kind::Certificate => {
                let opening = self.certificates.get(owner)?;
                Some((opening, Sort::Certificate))
            }
            Kind::Service | Kind::Workload => {
                let service = match maker.kind {
                    Kind::Service => maker.principal_id,
                    _ => {
                        let above = survey.forest.parent(survey.forest.parent(node)?)?;
                        survey.forest.alone(above).principal_id
                    }
                };
                let taken_by = service_name(&service);
                let mut passed = self.passed.iter();
                let known = passed.find(|((of, by), _)| of == owner && *by == taken_by);
                known.map(|(_, opening)| (opening, Sort::Passed))
            }
            _ => None,
        }
    }
}

impl Opening<'_> {
    fn door(&self, sort: Sort) -> Door {
        door(self.event, self.certainty, self.what.clone(), sort)
    }
}

impl Door {
    /// Whether it is one only as far as nobody came the same way before.
    fn is_of_unknown_trust(&self) -> bool {
        self.sort == Sort::Role && self.certainty != Certainty::Exact
    }

    /// The evidence as a sentence.
    pub fn why(&self) -> String {
        let sure = match self.certainty {
            Certainty::Exact => "",
            _ => "; others may have come the same way",
        };
        format!(
            "the tree {} at {} ({}, event {}){sure}",
            self.what,
            format_time(self.at),
            self.event_name,
            self.event_id
        )
    }
}

fn door(event: &AlteringEvent, certainty: Certainty, what: String, sort: Sort) -> Door {
    Door {
        event_id: event.event_id.clone(),
        event_name: event.name.clone(),
        by: event.credential.clone(),
        at: event.at,
        certainty,
        what,
        sort,
    }
}

/// The door by which a role was taken at an instant, if it was one: the tree made the role, or what it had written
/// then lets the maker in, and what others had written before does not.
fn taken(
    history: &[Trust<'_>],
    born: i64,
    maker: Option<Node>,
    survey: &Survey<'_>,
) -> Option<Door> {
    let name = |trust: &Trust<'_>| {
        let name = trust.event.request["roleName"].as_str().unwrap_or_default();
        format!("{name} in {}", trust.event.account)
    };
    let made = history
        .iter()
        .find(|trust| trust.event.name == "CreateRole" && trust.event.at <= born)
        .filter(|trust| trust.by_tree);
    if let Some(made) = made {
        let what = format!("made the role {}", name(made));
        return Some(door(made.event, Certainty::Exact, what, Sort::Role));
    }
    let now = history.iter().rposition(|trust| trust.event.at <= born)?;
    let opened = &history[now];
    let maker = maker?;
    if !opened.by_tree || !lets_in(&opened.says, maker, survey) {
        return None;
    }
    let others = history[..now].iter().rfind(|trust| !trust.by_tree);
    let certainty = match others {
        Some(others) if lets_in(&others.says, maker, survey) => return None,
        Some(_) => Certainty::Exact,
        // What stood there before is in no log that was read.
        None => Certainty::Inferred,
    };
    let to = survey.forest.alone(maker);
    let what = format!(
        "opened the role {} to {}",
        name(opened),
        shown(&to, survey.owner(maker))
    );
    Some(door(opened.event, certainty, what, Sort::Role))
}

/// Whether a trust policy lets this credential take the role.
pub(crate) fn lets_in(trust: &[Trusted], maker: Node, survey: &Survey<'_>) -> bool {
    let forest = survey.forest;
    let credential = forest.alone(maker);
    let owner = survey.owner(maker);
    let arn = owner.arn(credential.partition);
    let account = match owner {
        Owner::Outside | Owner::Unknown | Owner::Person { .. } => &credential.account_id,
        owned => owned.account(),
    };
    let principal = |known: &str| match credential.kind {
        Kind::Service | Kind::Workload | Kind::FederatedIdentity | Kind::Certificate => false,
        _ if known == "*" => true,
        _ => {
            let whole = known == account || known.ends_with(":root");
            // Of a stranger no more than the account is sure.
            let stranger = credential.kind == Kind::External;
            let unique = !known.contains(':') && !known.is_empty() && !is_account(known);
            (account_of(known) == Some(account) && (whole || stranger))
                || without_path(known) == arn
                || known == credential.principal_arn
                || unique && credential.principal_id.starts_with(known)
        }
    };
    let mut allows = trust.iter().filter(|trusted| trusted.effect == "Allow");
    allows.any(|trusted| match trusted.kind.as_str() {
        "AWS" => principal(&trusted.principal),
        // All but some: whoever is not named there, and those who are seldom matter.
        "*" | "NotPrincipal" => principal("*"),
        "Service" => match credential.kind {
            Kind::Service => credential.principal_id == trusted.principal,
            Kind::Workload => forest
                .parent(maker)
                .is_some_and(|service| forest.alone(service).principal_id == trusted.principal),
            Kind::Certificate => trusted.principal.starts_with("rolesanywhere."),
            _ => false,
        },
        "Federated" => {
            credential.kind == Kind::FederatedIdentity
                && same_provider(&trusted.principal, &credential.principal_arn)
        }
        _ => false,
    })
}

/// Who took a role, so that whoever comes again is known: a stranger by its account, others by whose they are.
fn who(maker: Node, survey: &Survey<'_>) -> String {
    match survey.owner(maker) {
        Owner::Outside | Owner::Unknown => {
            let credential = survey.forest.alone(maker);
            match credential.kind {
                Kind::External => credential.account_id,
                Kind::Workload => {
                    let service = survey.forest.parent(maker);
                    service.map_or(credential.id, |service| survey.forest.id(service))
                }
                _ => credential.id,
            }
        }
        owner => owner.arn(""),
    }
}

fn shown(maker: &Credential, owner: &Owner) -> String {
    match owner {
        Owner::Outside | Owner::Unknown => {
            let names = [&maker.principal_arn, &maker.account_id, &maker.principal_id];
            let name = names.into_iter().find(|name| !name.is_empty());
            name.unwrap_or(&maker.id).clone()
        }
        owned => owned.arn(maker.partition),
    }
}

/// The roles that an event gives to something at a service, in its own account: a build, a notebook, a job, a stack, a
/// timer. What runs there is the thief's, and acts by the role.
pub(crate) fn passed_by(event: &AlteringEvent) -> BTreeSet<Owner> {
    let mut owners = BTreeSet::new();
    let service = event.source.split('.').next().unwrap_or_default();
    if RUNNING.contains(&service) {
        roles_in(&event.request, DOCUMENT_DEPTH_MAX, &mut owners);
    }
    owners.retain(|owner| owner.account() == event.account);
    owners
}

/// The roles that stand in members of a request that are called so.
fn roles_in(value: &Value, deep: usize, owners: &mut BTreeSet<Owner>) {
    let Some(deeper) = deep.checked_sub(1) else {
        return;
    };
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let called = name.to_ascii_lowercase();
                let is_role = called.ends_with("role") || called.ends_with("rolearn");
                match member.as_str().filter(|_| is_role).and_then(named_by) {
                    Some(owner @ Owner::Role { .. }) => {
                        owners.insert(owner);
                    }
                    _ => roles_in(member, deeper, owners),
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                roles_in(item, deeper, owners);
            }
        }
        _ => {}
    }
}

/// Under which name a service takes roles, where that is another than in its events.
fn takes_roles_as(service: &str) -> &str {
    match service {
        "ecs" => "ecs-tasks",
        "eks" => "pods.eks",
        service => service,
    }
}

/// Whether two texts name one identity provider: records give an OpenID provider by its ARN or by its address.
fn same_provider(one: &str, other: &str) -> bool {
    let address = |text: &'_ str| match text.split_once(":oidc-provider/") {
        Some((_, address)) => address.to_owned(),
        None => text.to_owned(),
    };
    !one.is_empty() && address(one) == address(other)
}

/// The ids of instances in a part of a record, wherever they stand: newer calls nest their members.
fn instance_ids(value: &Value, deep: usize, ids: &mut BTreeSet<String>) {
    let Some(deeper) = deep.checked_sub(1) else {
        return;
    };
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member.as_str() {
                    Some(id) if name.eq_ignore_ascii_case("instanceId") && id.starts_with("i-") => {
                        ids.insert(id.to_owned());
                    }
                    _ => instance_ids(member, deeper, ids),
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                instance_ids(item, deeper, ids);
            }
        }
        _ => {}
    }
}

/// The name of a function, of its ARN with or without a qualifier too.
pub(crate) fn function_name(text: &str) -> &str {
    match text.split_once(":function:") {
        Some((_, rest)) => rest.split(':').next().unwrap_or(rest),
        None => text,
    }
}

pub(crate) fn last_part(text: &str) -> &str {
    text.rsplit([':', '/']).next().unwrap_or(text)
}

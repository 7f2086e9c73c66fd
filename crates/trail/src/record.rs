//! One CloudTrail record: which of its members become which columns.
//!
//! A window and the token of a record's bracket go in; where the values of the wanted columns stand comes
//! out, without a byte copied. An object that is a known wrapper around records says so instead. Nothing is
//! converted here: see `batch.rs`.

use crate::json::{Kind, Stop, Value, Window};
use crate::projection::Projection;
use crate::schema::{COLUMNS, Column};

/// Where the values of one record stand in its window.
pub(crate) struct Slots {
    /// A bit for each column that the record has.
    present: u128,
    values: [Value; COLUMNS.len()],
    /// The extent of the record.
    pub start: usize,
    pub end: usize,
    /// The tokens of the record, its brackets included.
    pub first_token: usize,
    pub end_token: usize,
}

const NOTHING: Value = Value {
    kind: Kind::Null,
    start: 0,
    end: 0,
};

impl Slots {
    pub(crate) fn new() -> Self {
        Slots {
            present: 0,
            values: [NOTHING; COLUMNS.len()],
            start: 0,
            end: 0,
            first_token: 0,
            end_token: 0,
        }
    }

    /// The value of a column; `None` where the record has none or null.
    #[inline(always)]
    pub(crate) fn get(&self, column: Column) -> Option<Value> {
        (self.present >> column as u32 & 1 == 1).then(|| self.values[column as usize])
    }

    /// Those of the columns that the record has, with their values.
    #[inline(always)]
    pub(crate) fn present(&self, columns: Projection) -> impl Iterator<Item = (Column, Value)> {
        let mut rest = self.present & columns.bits();
        std::iter::from_fn(move || {
            let number = rest.trailing_zeros() as usize;
            let column = *Column::all().get(number)?;
            rest &= rest - 1;
            Some((column, self.values[number]))
        })
    }

    /// Sets a value that was passed over, whose end is known only now unless it is text.
    #[inline(always)]
    fn set_until(&mut self, column: Column, value: Value, end: usize) {
        let end = if value.kind == Kind::Text {
            value.end
        } else {
            end
        };
        self.set(column, Value { end, ..value });
    }

    #[inline(always)]
    fn set(&mut self, column: Column, value: Value) {
        let bit = 1 << column as u32;
        if value.kind == Kind::Null {
            self.present &= !bit;
        } else {
            self.present |= bit;
            self.values[column as usize] = value;
        }
    }
}

/// What an object turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A record, now in the slots; `token` is behind it.
    Record,
    /// An object that has nothing of a record; `token` is behind it.
    Stranger,
    /// A wrapper with a list of records (`Records`, `Events`): `token` is the list's bracket.
    List,
    /// A wrapper with one record (`detail`): `token` is that record's bracket.
    Inner,
    /// A wrapper with one record as text (`CloudTrailEvent`): where the text stands; `token` is behind it.
    Text(usize, usize),
}

/// Which columns to look for, with the groups of them that stand in one object.
#[derive(Clone, Copy)]
pub(crate) struct Wanted {
    columns: Projection,
    identity: bool,
    session: bool,
    tls: bool,
}

impl Wanted {
    pub(crate) fn new(mut columns: Projection) -> Self {
        use Column::*;
        // Whether a record is one that this reader knows is asked of each.
        columns = columns.with(EventVersion);
        // Columns that are made from others need those.
        for (column, needs) in [
            (
                SessionKey,
                &[
                    UserIdentityAccountId,
                    UserIdentityPrincipalid,
                    SessionCreationDate,
                ][..],
            ),
            (AwsPartition, &[UserIdentityArn, AWSRegion]),
            (SourceAddress, &[SourceIpAddress]),
            (AccessKeyId, &[UserIdentityAccessKeyId]),
            (IpProtocol, &[RequestParameters]),
            (SourcePort, &[RequestParameters]),
            (DestinationPort, &[RequestParameters]),
            (CidrIp, &[RequestParameters]),
            (RawRecord, &[ResponseElements]),
        ] {
            if columns.contains(column) {
                columns = columns.union(Projection::of(needs));
            }
        }
        let any = |of: &[Column]| of.iter().any(|column| columns.contains(*column));
        let session = any(&[
            SessionMfaAuthenticated,
            SessionCreationDate,
            SessionIssuerType,
            SessionIssuerPrincipalId,
            SessionIssuerArn,
            SessionIssuerAccountId,
            SessionIssuerUserName,
            EC2RoleDelivery,
            SourceIdentity,
            SignInSessionArn,
            AssumedRoot,
            WebIdFederationData,
        ]);
        let identity = session
            || any(&[
                UserIdentityType,
                UserIdentityPrincipalid,
                UserIdentityArn,
                UserIdentityAccountId,
                UserIdentityInvokedBy,
                UserIdentityAccessKeyId,
                UserIdentityUserName,
                UserIdentityUserId,
                UserIdentityStoreArn,
                InScopeOf,
                OnBehalfOf,
                InvokedByDelegate,
                IdentityProvider,
                UserIdentityCredentialId,
            ]);
        let tls = any(&[
            TlsVersion,
            CipherSuite,
            ClientProvidedHostHeader,
            TlsKeyExchange,
        ]);
        Wanted {
            columns,
            identity,
            session,
            tls,
        }
    }
}

/// Reads the object whose bracket is `token`.
pub(crate) fn read_object(
    window: &Window<'_>,
    token: &mut usize,
    wanted: &Wanted,
    slots: &mut Slots,
) -> Result<Found, Stop> {
    slots.present = 0;
    slots.first_token = *token;
    slots.start = *window.index.tokens.get(*token).ok_or(Stop::Incomplete)? as usize;
    let mut is_record = false;
    let mut more = window.enter(token)?;
    while more {
        let member = window.member(token)?;
        let value = member.value;
        let start = *token;
        let column = match member_of_record(member.key) {
            Name::Column(column) => {
                is_record |= column.is_of_record();
                wanted.columns.contains(column).then_some(column)
            }
            Name::Identity => {
                is_record = true;
                if wanted.identity && value.kind == Kind::Object {
                    look_inside(token, start, |token| identity(window, token, wanted, slots))?;
                }
                None
            }
            Name::Tls => {
                if wanted.tls && value.kind == Kind::Object {
                    look_inside(token, start, |token| flat(window, token, tls_member, slots))?;
                }
                None
            }
            Name::Addendum => {
                if value.kind == Kind::Object {
                    look_inside(token, start, |token| {
                        flat(window, token, addendum_member, slots)
                    })?;
                }
                None
            }
            Name::List if !is_record && value.kind == Kind::Array => return Ok(Found::List),
            Name::Detail if !is_record && value.kind == Kind::Object => return Ok(Found::Inner),
            Name::Text if !is_record && value.kind == Kind::Text => {
                let text = Found::Text(value.start, value.end);
                close(window, token, value.end + 1)?;
                return Ok(text);
            }
            Name::List | Name::Detail | Name::Text | Name::Other => None,
        };
        let end = window.after(&value, token)?;
        if let Some(column) = column {
            slots.set_until(column, value, end);
        }
        more = window.another(token, end)?;
    }
    slots.end_token = *token;
    slots.end = window.index.tokens[*token - 1] as usize + 1;
    Ok(if is_record {
        Found::Record
    } else {
        Found::Stranger
    })
}

/// Passes over the members that are left of an object, from the end of one of its values.
pub(crate) fn close(window: &Window<'_>, token: &mut usize, mut end: usize) -> Result<(), Stop> {
    while window.another(token, end)? {
        let member = window.member(token)?;
        end = window.after(&member.value, token)?;
    }
    Ok(())
}

/// Whether a wrapper's member of this name is a list of records.
pub(crate) fn is_list(key: &[u8]) -> bool {
    matches!(member_of_record(key), Name::List)
}

/// Whether a wrapper's member of this name is a record.
pub(crate) fn is_detail(key: &[u8]) -> bool {
    matches!(member_of_record(key), Name::Detail)
}

/// Runs `look` over an object that stays the current token; what is wrong inside it is passed over.
#[inline(always)]
fn look_inside(
    token: &mut usize,
    start: usize,
    look: impl FnOnce(&mut usize) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let mut inside = start;
    let result = look(&mut inside);
    *token = start;
    match result {
        Err(Stop::Incomplete) => Err(Stop::Incomplete),
        _ => Ok(()),
    }
}

fn identity(
    window: &Window<'_>,
    token: &mut usize,
    wanted: &Wanted,
    slots: &mut Slots,
) -> Result<(), Stop> {
    use Column::*;
    let mut more = window.enter(token)?;
    while more {
        let member = window.member(token)?;
        let value = member.value;
        let start = *token;
        let column = match member.key {
            b"type" => Some(UserIdentityType),
            b"principalId" => Some(UserIdentityPrincipalid),
            b"arn" => Some(UserIdentityArn),
            b"accountId" => Some(UserIdentityAccountId),
            b"accessKeyId" => Some(UserIdentityAccessKeyId),
            b"userName" => Some(UserIdentityUserName),
            b"invokedBy" => Some(UserIdentityInvokedBy),
            b"identityProvider" => Some(IdentityProvider),
            b"credentialId" => Some(UserIdentityCredentialId),
            b"inScopeOf" => Some(InScopeOf),
            b"invokedByDelegate" => Some(InvokedByDelegate),
            b"sessionContext" => {
                if wanted.session && value.kind == Kind::Object {
                    look_inside(token, start, |token| session(window, token, slots))?;
                }
                None
            }
            b"onBehalfOf" => {
                if value.kind == Kind::Object {
                    look_inside(token, start, |token| {
                        flat(window, token, on_behalf_member, slots)
                    })?;
                }
                Some(OnBehalfOf)
            }
            _ => None,
        };
        let end = window.after(&value, token)?;
        if let Some(column) = column {
            slots.set_until(column, value, end);
        }
        more = window.another(token, end)?;
    }
    Ok(())
}

fn session(window: &Window<'_>, token: &mut usize, slots: &mut Slots) -> Result<(), Stop> {
    use Column::*;
    let mut more = window.enter(token)?;
    while more {
        let member = window.member(token)?;
        let value = member.value;
        let start = *token;
        let column = match member.key {
            b"attributes" if value.kind == Kind::Object => {
                look_inside(token, start, |token| flat(window, token, attribute, slots))?;
                None
            }
            b"sessionIssuer" if value.kind == Kind::Object => {
                look_inside(token, start, |token| {
                    flat(window, token, issuer_member, slots)
                })?;
                None
            }
            b"ec2RoleDelivery" => Some(EC2RoleDelivery),
            b"sourceIdentity" => Some(SourceIdentity),
            b"signInSessionArn" => Some(SignInSessionArn),
            b"assumedRoot" => Some(AssumedRoot),
            b"webIdFederationData" => Some(WebIdFederationData),
            _ => None,
        };
        let end = window.after(&value, token)?;
        if let Some(column) = column {
            slots.set_until(column, value, end);
        }
        more = window.another(token, end)?;
    }
    Ok(())
}

/// Takes the members of an object that has no objects of interest.
#[inline(always)]
fn flat(
    window: &Window<'_>,
    token: &mut usize,
    name: impl Fn(&[u8]) -> Option<Column>,
    slots: &mut Slots,
) -> Result<(), Stop> {
    let mut more = window.enter(token)?;
    while more {
        let member = window.member(token)?;
        let value = member.value;
        let end = window.after(&value, token)?;
        if let Some(column) = name(member.key) {
            slots.set_until(column, value, end);
        }
        more = window.another(token, end)?;
    }
    Ok(())
}

/// What a member of the outermost object is.
enum Name {
    Column(Column),
    Identity,
    Tls,
    Addendum,
    List,
    Detail,
    Text,
    Other,
}

#[inline(always)]
fn member_of_record(key: &[u8]) -> Name {
    use Column::*;
    Name::Column(match key {
        b"eventVersion" => EventVersion,
        b"userIdentity" => return Name::Identity,
        b"eventTime" => TimeGenerated,
        b"eventSource" => EventSource,
        b"eventName" => EventName,
        b"awsRegion" => AWSRegion,
        b"sourceIPAddress" => SourceIpAddress,
        b"userAgent" => UserAgent,
        b"errorCode" => ErrorCode,
        b"errorMessage" => ErrorMessage,
        b"requestParameters" => RequestParameters,
        b"responseElements" => ResponseElements,
        b"additionalEventData" => AdditionalEventData,
        b"requestID" => AwsRequestId_,
        b"eventID" => AwsEventId,
        b"readOnly" => ReadOnly,
        b"resources" => Resources,
        b"eventType" => EventTypeName,
        b"apiVersion" => APIVersion,
        b"managementEvent" => ManagementEvent,
        b"recipientAccountId" => RecipientAccountId,
        b"serviceEventDetails" => ServiceEventDetails,
        b"sharedEventID" => SharedEventId,
        b"vpcEndpointId" => VpcEndpointId,
        b"vpcEndpointAccountId" => VpcEndpointAccountId,
        b"eventCategory" => Category,
        b"tlsDetails" => return Name::Tls,
        b"sessionCredentialFromConsole" => SessionCredentialFromConsole,
        b"eventContext" => EventContext,
        b"insightDetails" => InsightDetails,
        b"addendum" => return Name::Addendum,
        b"Records" | b"Events" => return Name::List,
        b"detail" => return Name::Detail,
        b"CloudTrailEvent" => return Name::Text,
        _ => return Name::Other,
    })
}

impl Column {
    /// Whether a member of this name shows that an object is a CloudTrail record: some names, such as
    /// `resources`, stand in wrappers too.
    fn is_of_record(self) -> bool {
        use Column::*;
        matches!(
            self,
            EventVersion | TimeGenerated | EventSource | EventName | AwsEventId | EventTypeName
        )
    }
}

fn attribute(key: &[u8]) -> Option<Column> {
    match key {
        b"mfaAuthenticated" => Some(Column::SessionMfaAuthenticated),
        b"creationDate" => Some(Column::SessionCreationDate),
        _ => None,
    }
}

fn issuer_member(key: &[u8]) -> Option<Column> {
    use Column::*;
    Some(match key {
        b"type" => SessionIssuerType,
        b"principalId" => SessionIssuerPrincipalId,
        b"arn" => SessionIssuerArn,
        b"accountId" => SessionIssuerAccountId,
        b"userName" => SessionIssuerUserName,
        _ => return None,
    })
}

fn on_behalf_member(key: &[u8]) -> Option<Column> {
    match key {
        b"userId" => Some(Column::UserIdentityUserId),
        b"identityStoreArn" => Some(Column::UserIdentityStoreArn),
        _ => None,
    }
}

fn tls_member(key: &[u8]) -> Option<Column> {
    match key {
        b"tlsVersion" => Some(Column::TlsVersion),
        b"cipherSuite" => Some(Column::CipherSuite),
        b"clientProvidedHostHeader" => Some(Column::ClientProvidedHostHeader),
        b"keyExchange" => Some(Column::TlsKeyExchange),
        _ => None,
    }
}

fn addendum_member(key: &[u8]) -> Option<Column> {
    match key {
        b"reason" => Some(Column::AddendumReason),
        b"originalEventID" => Some(Column::AddendumOriginalEventId),
        b"updatedFields" => Some(Column::AddendumUpdatedFields),
        _ => None,
    }
}

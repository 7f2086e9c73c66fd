//! The columns of a batch that lineage looks at.
//!
//! A batch of trail's columns goes in; values of one row come out, as text or as the view that stands for the
//! text. A column that the batch lacks is empty in every row.

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Array, BooleanArray, RecordBatch, StringViewArray, TimestampMicrosecondArray};

use keyline_trail::{Column, Projection};

use crate::sighting::is_service;
use crate::usage::NEVER;

/// What says who made a call; equal views mean equal callers.
pub(crate) const CALLER: [Column; 18] = [
    Column::UserIdentityAccessKeyId,
    Column::UserIdentityPrincipalid,
    Column::UserIdentityAccountId,
    Column::UserIdentityType,
    Column::UserIdentityArn,
    Column::UserIdentityInvokedBy,
    Column::UserIdentityUserName,
    Column::UserIdentityUserId,
    Column::UserIdentityStoreArn,
    Column::SessionIssuerArn,
    Column::EC2RoleDelivery,
    Column::InScopeOf,
    Column::SourceIdentity,
    Column::SignInSessionArn,
    Column::WebIdFederationData,
    Column::UserIdentityCredentialId,
    Column::InvokedByDelegate,
    Column::RecipientAccountId,
];

/// The places of some of these: the service that calls on the caller's behalf, what a web identity provider says,
/// the provider that the caller let act for it, and the account whose trail has the event.
pub(crate) const INVOKED_BY: usize = 5;
pub(crate) const WEB: usize = 14;
pub(crate) const DELEGATE: usize = 16;
pub(crate) const RECIPIENT: usize = CALLER.len() - 1;

/// Text that differs from call to call.
const CALL: [Column; 4] = [
    Column::EventSource,
    Column::EventName,
    Column::SourceIpAddress,
    Column::UserAgent,
];

/// Text that minting and changing events are asked for.
const DETAIL: [Column; 8] = [
    Column::AwsEventId,
    Column::SharedEventId,
    Column::IdentityProvider,
    Column::RequestParameters,
    Column::ResponseElements,
    Column::AdditionalEventData,
    Column::ServiceEventDetails,
    Column::Resources,
];

/// The columns that every event is asked for.
pub(crate) fn narrow() -> Projection {
    Projection::of(&CALLER)
        .union(Projection::of(&CALL))
        .union(Projection::of(&[
            Column::TimeGenerated,
            Column::ErrorCode,
            Column::SessionCreationDate,
            Column::SessionMfaAuthenticated,
            Column::AssumedRoot,
            Column::SessionCredentialFromConsole,
        ]))
}

/// The columns that minting and changing events are asked for beside those.
pub(crate) fn wide() -> Projection {
    Projection::of(&DETAIL)
}

pub(crate) struct Columns<'a> {
    caller: [Option<&'a StringViewArray>; CALLER.len()],
    source: Option<&'a StringViewArray>,
    name: Option<&'a StringViewArray>,
    address: Option<&'a StringViewArray>,
    agent: Option<&'a StringViewArray>,
    error: Option<&'a StringViewArray>,
    time: Option<&'a TimestampMicrosecondArray>,
    created: Option<&'a TimestampMicrosecondArray>,
    flags: [Option<&'a BooleanArray>; 3],
    details: [Option<&'a StringViewArray>; DETAIL.len()],
    rows: &'a RecordBatch,
}

impl<'a> Columns<'a> {
    pub(crate) fn new(rows: &'a RecordBatch) -> Columns<'a> {
        Columns {
            caller: CALLER.map(|column| text(rows, column)),
            source: text(rows, Column::EventSource),
            name: text(rows, Column::EventName),
            address: text(rows, Column::SourceIpAddress),
            agent: text(rows, Column::UserAgent),
            error: text(rows, Column::ErrorCode),
            time: time(rows, Column::TimeGenerated),
            created: time(rows, Column::SessionCreationDate),
            flags: [
                Column::SessionMfaAuthenticated,
                Column::AssumedRoot,
                Column::SessionCredentialFromConsole,
            ]
            .map(|column| rows.column_by_name(column.name())?.as_boolean_opt()),
            details: DETAIL.map(|column| text(rows, column)),
            rows,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.num_rows()
    }

    #[inline(always)]
    pub(crate) fn caller_view(&self, column: usize, row: usize) -> u128 {
        view(self.caller[column], row)
    }

    /// The views of a column of the caller, if it differs from row to row.
    pub(crate) fn varying_views(&self, column: usize) -> Option<&'a [u128]> {
        let views = &self.caller[column]?.views()[..];
        let first = views.first()?;
        views.iter().any(|view| view != first).then_some(views)
    }

    /// The text of a column of [`CALLER`].
    pub(crate) fn caller_text(&self, column: usize, row: usize) -> &'a str {
        value(self.caller[column], row)
    }

    #[inline(always)]
    pub(crate) fn time(&self, row: usize) -> i64 {
        instant(self.time, row)
    }

    #[inline(always)]
    pub(crate) fn created(&self, row: usize) -> i64 {
        instant(self.created, row)
    }

    /// MFA, assumed root and from the console: two bits each, one for known and one for true.
    #[inline(always)]
    pub(crate) fn flags(&self, row: usize) -> u8 {
        let mut bits = 0;
        for (place, flag) in self.flags.iter().enumerate() {
            if let Some(flag) = flag
                && !flag.is_null(row)
            {
                bits |= (1 | u8::from(flag.value(row)) << 1) << (2 * place);
            }
        }
        bits
    }

    #[inline(always)]
    pub(crate) fn name_view(&self, row: usize) -> u128 {
        view(self.name, row)
    }

    pub(crate) fn name(&self, row: usize) -> &'a str {
        value(self.name, row)
    }

    pub(crate) fn source(&self, row: usize) -> &'a str {
        value(self.source, row)
    }

    #[inline(always)]
    pub(crate) fn address_view(&self, row: usize) -> u128 {
        view(self.address, row)
    }

    /// Whether a call came from a service: an address ends in a digit, save for some of IPv6.
    #[inline(always)]
    pub(crate) fn is_from_service(&self, row: usize) -> bool {
        let text = self.address(row);
        !text
            .bytes()
            .next_back()
            .is_none_or(|last| last.is_ascii_digit())
            && is_service(text)
            || text.starts_with("AWS Internal")
    }

    pub(crate) fn address(&self, row: usize) -> &'a str {
        value(self.address, row)
    }

    #[inline(always)]
    pub(crate) fn agent_view(&self, row: usize) -> u128 {
        view(self.agent, row)
    }

    pub(crate) fn agent(&self, row: usize) -> &'a str {
        value(self.agent, row)
    }

    #[inline(always)]
    pub(crate) fn failed(&self, row: usize) -> bool {
        // The lower half of a view begins with the length.
        view(self.error, row) as u32 != 0
    }

    /// The text of a column that minting and changing events are asked for.
    pub(crate) fn detail(&self, column: Column, row: usize) -> &'a str {
        let place = DETAIL.iter().position(|known| *known == column);
        place.map_or("", |place| value(self.details[place], row))
    }
}

fn text(rows: &RecordBatch, column: Column) -> Option<&StringViewArray> {
    rows.column_by_name(column.name())?.as_string_view_opt()
}

fn time(rows: &RecordBatch, column: Column) -> Option<&TimestampMicrosecondArray> {
    rows.column_by_name(column.name())?
        .as_primitive_opt::<TimestampMicrosecondType>()
}

#[inline(always)]
fn view(column: Option<&StringViewArray>, row: usize) -> u128 {
    column.map_or(0, |column| column.views()[row])
}

#[inline(always)]
fn value(column: Option<&StringViewArray>, row: usize) -> &str {
    match column {
        Some(column) if !column.is_null(row) => column.value(row),
        _ => "",
    }
}

#[inline(always)]
fn instant(column: Option<&TimestampMicrosecondArray>, row: usize) -> i64 {
    match column {
        Some(column) if !column.is_null(row) => column.value(row),
        _ => NEVER,
    }
}

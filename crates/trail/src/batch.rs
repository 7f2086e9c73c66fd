//! Rows in the making: values of records become typed Arrow columns.
//!
//! Slots of one record at a time go in, a `Batch` of the wanted columns comes out when there are enough. The
//! loose types of records are settled here: booleans as text, times in several forms, objects where text is
//! expected and the other way round. Where values stand was found by `record.rs`.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, RecordBatch, RecordBatchOptions,
    TimestampMicrosecondArray,
};
use arrow_buffer::{BooleanBufferBuilder, NullBufferBuilder};
use arrow_schema::SchemaRef;
use memchr::memmem;

use crate::address;
use crate::content::{Content, id_hash, identity_of_bytes};
use crate::json::{Kind, Value, Window, lossy, unescape};
use crate::limits::{BATCH_BYTES, BATCH_PASSED_OVER};
use crate::partition::Partition;
use crate::permissions::{self, Permissions, permissions};
use crate::projection::Projection;
use crate::read::{Addendum, Batch, EventIdentity, Identity, ReadOptions, SessionTokens, place};
use crate::record::Slots;
use crate::schema::{COLUMNS, Column, KqlType, arrow_schema};
use crate::session::SessionKeys;
use crate::text::{TextColumn, constant};
use crate::time::parse_time;
use crate::token;

/// The rows that wait for their batch.
pub(crate) struct Rows {
    schema: SchemaRef,
    columns: Vec<(Column, Builder)>,
    /// The columns of text that is copied as it stands: of these only what a record has is looked at.
    copied: Projection,
    /// The place of each column in `columns`.
    places: [u8; COLUMNS.len()],
    /// The places of all columns that are not copied.
    others: Vec<usize>,
    /// The columns that only some records fill.
    detail: Projection,
    rows: usize,
    batch_rows: usize,
    bytes: usize,
    identities: Option<Vec<EventIdentity>>,
    identity: Identity,
    passed_over: Vec<EventIdentity>,
    row_places: Option<Vec<i64>>,
    /// The place of the record at hand.
    file: u32,
    record: u64,
    addenda: Vec<Addendum>,
    content: Content,
    session_keys: SessionKeys,
    session_tokens: SessionTokens,
    wants_permissions: bool,
    permissions_finder: memmem::Finder<'static>,
    scratch: Vec<u8>,
    scratch_more: Vec<u8>,
}

enum Builder {
    Text(Box<TextColumn>),
    Constant(&'static str),
    Time(Vec<i64>, NullBufferBuilder),
    Bool(BooleanBufferBuilder, NullBufferBuilder),
    /// A column that is null in every row.
    Nothing,
}

impl Builder {
    fn new(column: Column) -> Self {
        match (column, column.spec().kql) {
            (Column::SourceSystem, _) => Builder::Constant("Aws"),
            (Column::OperationName, _) => Builder::Constant("CloudTrail"),
            (Column::Type, _) => Builder::Constant("AWSCloudTrail"),
            (Column::AwsRequestId | Column::TenantId | Column::_IsBillable, _) => {
                Builder::Constant("")
            }
            (_, KqlType::String) => Builder::Text(Box::new(TextColumn::new())),
            (_, KqlType::DateTime) => Builder::Time(Vec::new(), NullBufferBuilder::new(0)),
            (_, KqlType::Bool) => {
                Builder::Bool(BooleanBufferBuilder::new(0), NullBufferBuilder::new(0))
            }
            (_, KqlType::Real) => Builder::Nothing,
        }
    }

    fn push_nothing(&mut self) {
        match self {
            Builder::Time(values, nulls) => {
                values.push(0);
                nulls.append(false);
            }
            Builder::Bool(values, nulls) => {
                values.append(false);
                nulls.append(false);
            }
            // Text that nothing was pushed for is empty.
            Builder::Text(_) | Builder::Constant(_) | Builder::Nothing => {}
        }
    }

    fn take(&mut self, rows: usize) -> ArrayRef {
        match self {
            Builder::Text(column) => column.take(rows),
            Builder::Constant(value) => constant(value, rows),
            Builder::Time(values, nulls) => {
                let values = std::mem::take(values);
                Arc::new(
                    TimestampMicrosecondArray::new(values.into(), nulls.finish())
                        .with_timezone("UTC"),
                )
            }
            Builder::Bool(values, nulls) => {
                Arc::new(BooleanArray::new(values.finish(), nulls.finish()))
            }
            Builder::Nothing => Arc::new(Float64Array::new_null(rows)),
        }
    }
}

impl Rows {
    pub(crate) fn new(options: &ReadOptions) -> Self {
        let (mut projection, mut detail) = (options.projection, Projection::none());
        for column in options
            .details
            .iter()
            .flat_map(|detail| detail.projection.columns())
            .filter(|column| !options.projection.contains(*column))
        {
            projection = projection.with(column);
            detail = detail.with(column);
        }
        let wants = |columns: &[Column]| columns.iter().any(|column| projection.contains(*column));
        let columns: Vec<(Column, Builder)> = projection
            .columns()
            .map(|column| (column, Builder::new(column)))
            .collect();
        let mut copied = Projection::none();
        let mut places = [0; COLUMNS.len()];
        let mut others = Vec::new();
        for (place, (column, builder)) in columns.iter().enumerate() {
            places[*column as usize] = place as u8;
            if matches!(builder, Builder::Text(_)) && is_copied(*column) {
                copied = copied.with(*column);
            } else {
                others.push(place);
            }
        }
        Rows {
            schema: arrow_schema(&projection),
            columns,
            copied,
            places,
            others,
            detail,
            rows: 0,
            batch_rows: options.batch_rows.max(1),
            bytes: 0,
            identities: (options.identity != Identity::Skip).then(Vec::new),
            identity: options.identity,
            passed_over: Vec::new(),
            row_places: options.places.then(Vec::new),
            file: 0,
            record: 0,
            addenda: Vec::new(),
            content: Content::new(),
            session_keys: SessionKeys::new(),
            session_tokens: options.session_tokens,
            wants_permissions: wants(&[
                Column::IpProtocol,
                Column::SourcePort,
                Column::DestinationPort,
                Column::CidrIp,
            ]),
            permissions_finder: memmem::Finder::new(permissions::NAME),
            scratch: Vec::new(),
            scratch_more: Vec::new(),
        }
    }

    pub(crate) fn begin_file(&mut self, number: u32) {
        self.file = number;
    }

    /// The next record comes after so many others of its file.
    pub(crate) fn next_record(&mut self, before: u64) {
        self.record = before;
    }

    pub(crate) fn is_full(&self) -> bool {
        self.rows >= self.batch_rows
            || self.bytes >= BATCH_BYTES
            || self.passed_over.len() >= BATCH_PASSED_OVER
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows == 0 && self.passed_over.is_empty()
    }

    /// The rows so far as a batch; none are left.
    pub(crate) fn take(&mut self) -> Batch {
        let arrays = self
            .columns
            .iter_mut()
            .map(|(_, builder)| builder.take(self.rows))
            .collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        let rows = RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options)
            .expect("every builder makes the type of its column and got a value for every row");
        self.rows = 0;
        self.bytes = 0;
        let identities = self
            .identities
            .as_mut()
            .map(std::mem::take)
            .unwrap_or_default();
        Batch {
            rows,
            identities,
            passed_over: std::mem::take(&mut self.passed_over),
            places: self
                .row_places
                .as_mut()
                .map(std::mem::take)
                .unwrap_or_default(),
            addenda: std::mem::take(&mut self.addenda),
        }
    }

    /// Notes a record whose row is not wanted.
    pub(crate) fn pass_over(&mut self, window: &Window<'_>, slots: &Slots) {
        let identity = self.identity(window, slots);
        self.passed_over.extend(identity);
    }

    /// A record's identity, if identities are asked for.
    #[inline(always)]
    fn identity(&mut self, window: &Window<'_>, slots: &Slots) -> Option<EventIdentity> {
        self.identities.as_ref()?;
        let account = bytes_of(window, slots, Column::RecipientAccountId);
        let id = bytes_of(window, slots, Column::AwsEventId);
        if self.identity == Identity::OfBytes && !id.is_empty() {
            let record = &window.text[slots.start..slots.end];
            return Some(identity_of_bytes(record, account, id));
        }
        let (first, end) = (slots.first_token, slots.end_token);
        Some(self.content.identity(window, first, end, account, id))
    }

    /// Appends one record; `time` is its `eventTime`, `filled` which columns of details it fills.
    pub(crate) fn push(
        &mut self,
        window: &Window<'_>,
        slots: &Slots,
        time: Option<i64>,
        filled: Projection,
    ) {
        let identity = self.identity(window, slots);
        if let (Some(identities), Some(identity)) = (&mut self.identities, identity) {
            identities.push(identity);
        }
        if slots
            .get(Column::AddendumReason)
            .or(slots.get(Column::AddendumOriginalEventId))
            .is_some()
        {
            self.push_addendum(window, slots);
        }
        let permissions = if self.wants_permissions {
            permissions(&self.permissions_finder, window, slots)
        } else {
            None
        };
        let left_out = self.detail.without(filled);
        let mut wanted = self.copied.without(left_out);
        if window.session_token && wanted.contains(Column::ResponseElements) {
            wanted = wanted.without(Projection::of(&[Column::ResponseElements]));
            let at = usize::from(self.places[Column::ResponseElements as usize]);
            self.push_made(at, window, slots, None);
        }
        for (column, value) in slots.present(wanted) {
            let at = usize::from(self.places[column as usize]);
            if let Builder::Text(text) = &mut self.columns[at].1 {
                text.reach(self.rows);
                self.bytes += push_value(text, window, value, &mut self.scratch);
            }
        }
        for place in 0..self.others.len() {
            let at = self.others[place];
            let (column, builder) = &mut self.columns[at];
            if left_out.contains(*column) {
                builder.push_nothing();
                continue;
            }
            match builder {
                Builder::Text(_) => self.push_made(at, window, slots, permissions.as_ref()),
                Builder::Time(values, nulls) => {
                    let value = match column {
                        Column::TimeGenerated => time,
                        column => slots.get(*column).and_then(|value| time_of(window, value)),
                    };
                    values.push(value.unwrap_or(0));
                    nulls.append(value.is_some());
                }
                Builder::Bool(values, nulls) => {
                    let value = slots.get(*column).and_then(|value| bool_of(window, value));
                    values.append(value.unwrap_or(false));
                    nulls.append(value.is_some());
                }
                Builder::Constant(_) | Builder::Nothing => {}
            }
        }
        if let Some(places) = &mut self.row_places {
            places.push(place(self.file, self.record));
        }
        self.rows += 1;
    }

    /// Appends the value of a column that is not simply copied.
    fn push_made(
        &mut self,
        at: usize,
        window: &Window<'_>,
        slots: &Slots,
        permissions: Option<&Permissions>,
    ) {
        let (column, Builder::Text(text)) = &mut self.columns[at] else {
            return;
        };
        text.reach(self.rows);
        let made: &str = match column {
            Column::SessionKey => {
                let created = slots.get(Column::SessionCreationDate);
                match created.and_then(|value| time_of(window, value)) {
                    Some(created) => {
                        let account = plain(window, slots, Column::UserIdentityAccountId);
                        let principal = plain(window, slots, Column::UserIdentityPrincipalid);
                        self.session_keys.key(&account, &principal, created)
                    }
                    None => "",
                }
            }
            Column::AccessKeyId => {
                if let Some(value) = slots.get(Column::UserIdentityAccessKeyId) {
                    self.bytes += push_value(text, window, value, &mut self.scratch);
                }
                return;
            }
            Column::AwsPartition
                if bytes_of(window, slots, Column::UserIdentityArn).starts_with(b"arn:aws:") =>
            {
                "aws"
            }
            Column::AwsPartition => {
                let arn = plain(window, slots, Column::UserIdentityArn);
                let region = plain(window, slots, Column::AWSRegion);
                Partition::of_arn(&lossy(&arn))
                    .unwrap_or_else(|| Partition::of_region(&lossy(&region)))
                    .name()
            }
            Column::SourceAddress => {
                let source = plain(window, slots, Column::SourceIpAddress);
                if address::is_canonical_v4(&source) {
                    self.bytes += text.push(&source, 0, source.len());
                    return;
                }
                &address::canonical(&lossy(&source))
            }
            Column::IpProtocol => permissions.map_or("", |found| &found.protocols),
            Column::SourcePort => permissions.map_or("", |found| &found.from_ports),
            Column::DestinationPort => permissions.map_or("", |found| &found.to_ports),
            Column::CidrIp => permissions.map_or("", |found| &found.networks),
            Column::RawRecord => {
                raw_record(
                    window,
                    slots,
                    self.session_tokens,
                    &mut self.scratch,
                    &mut self.scratch_more,
                );
                self.bytes += push_lossy(text, window, &self.scratch, 0, self.scratch.len());
                return;
            }
            _ => {
                self.bytes += match slots.get(Column::ResponseElements) {
                    Some(value)
                        if self.session_tokens == SessionTokens::Hash
                            && token::may_hold_token(&window.text[value.start..value.end]) =>
                    {
                        let plain = text_value(window, value, &mut self.scratch);
                        self.scratch_more.clear();
                        token::hash_tokens(plain, &mut self.scratch_more);
                        push_lossy(text, window, &self.scratch_more, 0, self.scratch_more.len())
                    }
                    Some(value) => push_value(text, window, value, &mut self.scratch),
                    None => 0,
                };
                return;
            }
        };
        self.bytes += text.push(made.as_bytes(), 0, made.len());
    }

    fn push_addendum(&mut self, window: &Window<'_>, slots: &Slots) {
        let mut text_of = |column| match slots.get(column) {
            Some(value) => lossy(text_value(window, value, &mut self.scratch)).into_owned(),
            None => String::new(),
        };
        let original_event_id = text_of(Column::AddendumOriginalEventId);
        // The documentation shows text; a list serves as well.
        let fields = text_of(Column::AddendumUpdatedFields);
        let fields = fields
            .split(|c: char| c.is_whitespace() || ",[]\"".contains(c))
            .filter(|field| !field.is_empty());
        self.addenda.push(Addendum {
            row: self.rows,
            reason: text_of_reason(window, slots),
            original: id_hash(
                bytes_of(window, slots, Column::RecipientAccountId),
                original_event_id.as_bytes(),
            ),
            updated_fields: fields.map(str::to_owned).collect(),
            original_event_id,
        });
    }
}

/// Whether a column's text is what stands in the record, with nothing made of it; tokens apart.
fn is_copied(column: Column) -> bool {
    use Column::*;
    !matches!(
        column,
        IpProtocol
            | SourcePort
            | DestinationPort
            | CidrIp
            | AccessKeyId
            | SessionKey
            | AwsPartition
            | SourceAddress
            | RawRecord
    )
}

fn text_of_reason(window: &Window<'_>, slots: &Slots) -> String {
    let mut scratch = Vec::new();
    match slots.get(Column::AddendumReason) {
        Some(value) => lossy(text_value(window, value, &mut scratch)).into_owned(),
        None => String::new(),
    }
}

/// A column's text without its escapes.
fn plain<'a>(window: &Window<'a>, slots: &Slots, column: Column) -> Cow<'a, [u8]> {
    match slots.get(column) {
        Some(value) if value.kind == Kind::Text && window.has_escape(value.start, value.end) => {
            let mut out = Vec::new();
            unescape(&window.text[value.start..value.end], &mut out);
            out.into()
        }
        Some(value) => window.text[value.start..value.end].into(),
        None => Cow::Borrowed(&[]),
    }
}

/// A column's bytes as they stand in the record.
pub(crate) fn bytes_of<'a>(window: &Window<'a>, slots: &Slots, column: Column) -> &'a [u8] {
    slots
        .get(column)
        .map_or(&[], |value| &window.text[value.start..value.end])
}

/// A value as text: a string without its escapes, anything else as compact JSON.
pub(crate) fn text_value<'s>(
    window: &'s Window<'_>,
    value: Value,
    scratch: &'s mut Vec<u8>,
) -> &'s [u8] {
    match value.kind {
        Kind::Text => window.unescaped(value.start, value.end, scratch),
        Kind::Scalar => &window.text[value.start..value.end],
        Kind::Null => &[],
        Kind::Object | Kind::Array => window.compact(value.start, value.end, scratch),
    }
}

#[inline(always)]
fn push_value(
    text: &mut TextColumn,
    window: &Window<'_>,
    value: Value,
    scratch: &mut Vec<u8>,
) -> usize {
    let as_it_stands = match value.kind {
        Kind::Text => !window.index.backslash.any(value.start, value.end),
        Kind::Object | Kind::Array => !window.index.blank.any(value.start, value.end),
        Kind::Scalar | Kind::Null => true,
    };
    if as_it_stands && window.utf8 {
        return text.push(window.text, value.start, value.end);
    }
    let made = text_value(window, value, scratch);
    push_lossy(text, window, made, 0, made.len())
}

/// Appends text that is UTF-8 if its window is.
fn push_lossy(
    text: &mut TextColumn,
    window: &Window<'_>,
    from: &[u8],
    start: usize,
    end: usize,
) -> usize {
    if window.utf8 {
        return text.push(from, start, end);
    }
    let replaced = lossy(&from[start..end]);
    text.push(replaced.as_bytes(), 0, replaced.len())
}

/// A value as an instant, in microseconds since 1970.
pub(crate) fn time_of(window: &Window<'_>, value: Value) -> Option<i64> {
    match value.kind {
        Kind::Text | Kind::Scalar => parse_time(&window.text[value.start..value.end]),
        _ => None,
    }
}

/// `true` and `false`, as JSON has them or as text.
fn bool_of(window: &Window<'_>, value: Value) -> Option<bool> {
    match (&window.text[value.start..value.end], value.kind) {
        (_, Kind::Object | Kind::Array | Kind::Null) => None,
        (text, _) if text.eq_ignore_ascii_case(b"true") => Some(true),
        (text, _) if text.eq_ignore_ascii_case(b"false") => Some(false),
        _ => None,
    }
}

/// The whole record as compact JSON into `out`.
fn raw_record(
    window: &Window<'_>,
    slots: &Slots,
    tokens: SessionTokens,
    out: &mut Vec<u8>,
    scratch: &mut Vec<u8>,
) {
    out.clear();
    let mut append = |start: usize, end: usize, out: &mut Vec<u8>| {
        out.extend_from_slice(window.compact(start, end, scratch))
    };
    match slots.get(Column::ResponseElements) {
        Some(value) if tokens == SessionTokens::Hash && window.session_token => {
            append(slots.start, value.start, out);
            let mut hashed = Vec::new();
            if value.kind == Kind::Text {
                // JSON as text inside JSON: the token stands in it escaped.
                let mut plain = Vec::new();
                let plain = window.unescaped(value.start, value.end, &mut plain);
                if token::may_hold_token(plain) {
                    let mut replaced = Vec::new();
                    token::hash_tokens(plain, &mut replaced);
                    crate::json::escape(&replaced, &mut hashed);
                } else {
                    hashed.extend_from_slice(&window.text[value.start..value.end]);
                }
            } else {
                let mut response = Vec::new();
                append(value.start, value.end, &mut response);
                token::hash_tokens(&response, &mut hashed);
            }
            out.extend_from_slice(&hashed);
            append(value.end, slots.end, out);
        }
        _ => append(slots.start, slots.end, out),
    }
}

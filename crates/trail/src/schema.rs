//! The columns of the event table: the one list.
//!
//! `COLUMNS` says for every column its name, its KQL type, where it comes from in a CloudTrail record and
//! what it means. The first 55 are Sentinel's `AWSCloudTrail`, exactly and in order; what follows is what
//! Sentinel lacks and the table `CloudTrail` adds. Strings are never null (absent is `""`), the others are
//! null when the record has nothing. How values are found is in `record.rs`, not here.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

use crate::projection::Projection;

/// The table that Sentinel's rules name: a view of the first [`AWS_COLUMNS`] columns.
pub const TABLE_AWS: &str = "AWSCloudTrail";
/// The physical table of events: every column.
pub const TABLE: &str = "CloudTrail";
/// How many columns `AWSCloudTrail` has.
pub const AWS_COLUMNS: usize = Column::_IsBillable as usize + 1;

/// The KQL type of a column, of those that events need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KqlType {
    String,
    DateTime,
    Bool,
    Real,
}

impl KqlType {
    /// The type's name as KQL spells it.
    pub fn name(self) -> &'static str {
        match self {
            KqlType::String => "string",
            KqlType::DateTime => "datetime",
            KqlType::Bool => "bool",
            KqlType::Real => "real",
        }
    }

    /// The Arrow type of the column in batches and in the lake.
    pub fn arrow(self) -> DataType {
        match self {
            KqlType::String => DataType::Utf8View,
            KqlType::DateTime => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            KqlType::Bool => DataType::Boolean,
            KqlType::Real => DataType::Float64,
        }
    }
}

/// What there is to know about one column.
#[derive(Clone, Copy, Debug)]
pub struct ColumnSpec {
    /// The name in KQL, which is case-sensitive.
    pub name: &'static str,
    pub kql: KqlType,
    /// The path in the CloudTrail record, or how the value is made.
    pub source: &'static str,
    /// One sentence for completion, hover and the reference.
    pub doc: &'static str,
}

macro_rules! columns {
    ($($name:ident $kql:ident $source:literal $doc:literal;)*) => {
        /// A column by name; its number is its place in [`COLUMNS`].
        #[allow(non_camel_case_types)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Column { $($name),* }

        /// Every column of the table, in order.
        pub const COLUMNS: &[ColumnSpec] = &[
            $(ColumnSpec { name: stringify!($name), kql: KqlType::$kql, source: $source, doc: $doc }),*
        ];

        const ALL: &[Column] = &[$(Column::$name),*];
    };
}

columns! {
    TimeGenerated DateTime "eventTime" "When the call was completed, by the clock of the endpoint.";
    AwsEventId String "eventID" "The id of the event; copies of one delivery share it.";
    EventVersion String "eventVersion" "The version of the record format.";
    EventSource String "eventSource" "The service that was called, as in `ec2.amazonaws.com`.";
    EventTypeName String "eventType" "What sort of event it is: AwsApiCall, AwsServiceEvent, AwsConsoleSignIn and others.";
    EventName String "eventName" "The action that was called.";
    UserIdentityType String "userIdentity.type" "The sort of caller: IAMUser, AssumedRole, Root, AWSService and others.";
    UserIdentityPrincipalid String "userIdentity.principalId" "The unique id of the caller; for a role session `AROA…:session name`.";
    UserIdentityArn String "userIdentity.arn" "The ARN of the caller.";
    UserIdentityAccountId String "userIdentity.accountId" "The account of the caller.";
    UserIdentityInvokedBy String "userIdentity.invokedBy" "The AWS service that made the call on the caller's behalf.";
    UserIdentityAccessKeyId String "userIdentity.accessKeyId" "The id of the access key that signed the call.";
    UserIdentityUserName String "userIdentity.userName" "The name of the IAM user; empty for role sessions.";
    UserIdentityUserId String "userIdentity.onBehalfOf.userId" "The Identity Center user on whose behalf the call was made.";
    UserIdentityStoreArn String "userIdentity.onBehalfOf.identityStoreArn" "The identity store of that user.";
    SessionMfaAuthenticated Bool "userIdentity.sessionContext.attributes.mfaAuthenticated" "Whether the session was started with MFA.";
    SessionCreationDate DateTime "userIdentity.sessionContext.attributes.creationDate" "When the session was issued.";
    SessionIssuerType String "userIdentity.sessionContext.sessionIssuer.type" "The sort of principal that issued the session.";
    SessionIssuerPrincipalId String "userIdentity.sessionContext.sessionIssuer.principalId" "The unique id of the issuer.";
    SessionIssuerArn String "userIdentity.sessionContext.sessionIssuer.arn" "The ARN of the issuer, with the path of the role.";
    SessionIssuerAccountId String "userIdentity.sessionContext.sessionIssuer.accountId" "The account of the issuer.";
    SessionIssuerUserName String "userIdentity.sessionContext.sessionIssuer.userName" "The name of the role or user that issued the session.";
    AWSRegion String "awsRegion" "The region that the call was made to.";
    SourceIpAddress String "sourceIPAddress" "The address or the name of the service that the call came from.";
    UserAgent String "userAgent" "The agent that made the call, as it named itself.";
    ErrorCode String "errorCode" "The error of a call that failed.";
    ErrorMessage String "errorMessage" "The text of that error.";
    RequestParameters String "requestParameters" "The parameters of the call as JSON text.";
    ResponseElements String "responseElements" "The answer to the call as JSON text; session tokens are hashed.";
    AdditionalEventData String "additionalEventData" "What is neither request nor response, as JSON text.";
    AwsRequestId String "" "Deprecated by Sentinel and always empty: see AwsRequestId_.";
    AwsRequestId_ String "requestID" "The id that the service gave to the request.";
    Resources String "resources" "The resources that were touched, as JSON text: an array of {ARN, accountId, type}.";
    APIVersion String "apiVersion" "The version of the API that was called.";
    ReadOnly Bool "readOnly" "Whether the action only reads.";
    RecipientAccountId String "recipientAccountId" "The account that received the event.";
    ServiceEventDetails String "serviceEventDetails" "The payload of a service event as JSON text.";
    SharedEventId String "sharedEventID" "The id that copies of one action in several accounts share.";
    VpcEndpointId String "vpcEndpointId" "The VPC endpoint that the request came through.";
    ManagementEvent Bool "managementEvent" "Whether it is a management event.";
    TenantId String "" "The workspace in Sentinel; empty here.";
    SourceSystem String "constant `Aws`" "The system that the row was collected from.";
    OperationName String "constant `CloudTrail`" "The name of the operation, the same for every row.";
    Category String "eventCategory" "Management, Data, Insight or NetworkActivity; empty in old records.";
    EC2RoleDelivery String "userIdentity.sessionContext.ec2RoleDelivery" "The version of the instance metadata service that handed out the credential: 1.0 or 2.0.";
    TlsVersion String "tlsDetails.tlsVersion" "The TLS version of the connection.";
    CipherSuite String "tlsDetails.cipherSuite" "The cipher suite of the connection.";
    ClientProvidedHostHeader String "tlsDetails.clientProvidedHostHeader" "The host name that the client asked for.";
    IpProtocol String "requestParameters.ipPermissions.items[].ipProtocol" "The protocols of a change to a security group, joined by commas.";
    SourcePort String "requestParameters.ipPermissions.items[].fromPort" "The first ports of that change, joined by commas.";
    DestinationPort String "requestParameters.ipPermissions.items[].toPort" "The last ports of that change, joined by commas.";
    CidrIp String "requestParameters.ipPermissions.items[].ipRanges.items[].cidrIp" "The networks of that change, joined by commas.";
    Type String "constant `AWSCloudTrail`" "The name of the table.";
    _BilledSize Real "" "Metadata of Sentinel's ingestion; null here.";
    _IsBillable String "" "Metadata of Sentinel's ingestion; empty here.";

    AccessKeyId String "userIdentity.accessKeyId" "The id of the access key that signed the call, under the name that credential tables use.";
    SessionKey String "SHA-256 of account|principalId|creationDate" "The id of the session that the call belongs to, by its issue time; empty without a session.";
    AwsPartition String "userIdentity.arn, else awsRegion" "The AWS partition: aws, aws-cn, aws-us-gov, aws-eusc, aws-iso and its kin.";
    SourceAddress String "sourceIPAddress" "The source as an IP address in canonical form; empty when it is a service or a name.";
    InScopeOf String "userIdentity.inScopeOf" "The workload that the credential was issued to, as JSON text.";
    OnBehalfOf String "userIdentity.onBehalfOf" "The human behind a session from Identity Center, as JSON text.";
    InvokedByDelegate String "userIdentity.invokedByDelegate" "The provider that acts by temporary delegated access, as JSON text.";
    IdentityProvider String "userIdentity.identityProvider" "The identity provider of a SAML or web identity caller.";
    UserIdentityCredentialId String "userIdentity.credentialId" "The id of the bearer token that was used.";
    SourceIdentity String "userIdentity.sessionContext.sourceIdentity" "The source identity, which sticks to a chain of roles.";
    SignInSessionArn String "userIdentity.sessionContext.signInSessionArn" "The sign-in session that the credential was issued to.";
    AssumedRoot Bool "userIdentity.sessionContext.assumedRoot" "Whether the session is one of AssumeRoot.";
    WebIdFederationData String "userIdentity.sessionContext.webIdFederationData" "The provider and the attributes of a web identity session, as JSON text.";
    SessionCredentialFromConsole Bool "sessionCredentialFromConsole" "True where the credential came from a console session; only some events of a session say so.";
    VpcEndpointAccountId String "vpcEndpointAccountId" "The owner of the VPC endpoint.";
    TlsKeyExchange String "tlsDetails.keyExchange" "The key exchange of the connection.";
    EventContext String "eventContext" "Condition keys and tags, where the trail is enriched with them, as JSON text.";
    InsightDetails String "insightDetails" "The payload of an Insight event as JSON text.";
    AddendumReason String "addendum.reason" "Why a record patches an earlier one: DELIVERY_DELAY, UPDATED_DATA or SERVICE_OUTAGE.";
    AddendumOriginalEventId String "addendum.originalEventID" "The event that the record patches.";
    AddendumUpdatedFields String "addendum.updatedFields" "The members that the record patches, as the record lists them.";
    RawRecord String "the record" "The whole record as compact JSON; session tokens are hashed. Only kept when asked for.";
}

impl Column {
    /// Every column, in order.
    pub const fn all() -> &'static [Column] {
        ALL
    }

    /// The column's entry in [`COLUMNS`].
    pub fn spec(self) -> &'static ColumnSpec {
        &COLUMNS[self as usize]
    }

    /// The column's name in KQL.
    pub fn name(self) -> &'static str {
        self.spec().name
    }

    /// The column of that exact name.
    pub fn named(name: &str) -> Option<Column> {
        ALL.iter().copied().find(|column| column.name() == name)
    }
}

/// The Arrow field of a column.
pub fn arrow_field(column: Column) -> Field {
    let spec = column.spec();
    Field::new(spec.name, spec.kql.arrow(), spec.kql != KqlType::String)
}

/// The schema of the batches that a projection gives, in table order.
pub fn arrow_schema(projection: &Projection) -> SchemaRef {
    Arc::new(Schema::new(
        projection.columns().map(arrow_field).collect::<Vec<_>>(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentinel_has_55_columns_and_ours_follow() {
        assert_eq!(AWS_COLUMNS, 55);
        assert_eq!(COLUMNS[54].name, "_IsBillable");
        assert_eq!(COLUMNS.len(), ALL.len());
        assert_eq!(
            Column::named("UserIdentityPrincipalid"),
            Some(Column::UserIdentityPrincipalid)
        );
        assert_eq!(Column::named("useridentityprincipalid"), None);
    }
}

"""DuckDB: gz log files to Parquet, zstd level 1, in two forms.

usage: duckdb_parquet.py auto|typed LOGS OUT THREADS

`auto` lets `read_json_auto` find the types and writes what it found. `typed` states the record's
structure, keeps free-form members as JSON text, and writes the columns that Keyline writes.
Prints one JSON line: rows, seconds, bytes written.
"""

import json
import os
import sys
import time

import duckdb

mode, logs, out, threads = sys.argv[1:5]
pattern = f"{logs}/**/*.json.gz"

ISSUER = "STRUCT(type VARCHAR, principalId VARCHAR, arn VARCHAR, accountId VARCHAR, userName VARCHAR)"
SESSION = (
    f"STRUCT(sessionIssuer {ISSUER}, ec2RoleDelivery VARCHAR,"
    " attributes STRUCT(creationDate TIMESTAMP, mfaAuthenticated VARCHAR))"
)
IDENTITY = (
    "STRUCT(type VARCHAR, principalId VARCHAR, arn VARCHAR, accountId VARCHAR, invokedBy VARCHAR,"
    f" accessKeyId VARCHAR, userName VARCHAR, sessionContext {SESSION},"
    " onBehalfOf STRUCT(userId VARCHAR, identityStoreArn VARCHAR))"
)
RECORD = (
    f"STRUCT(eventVersion VARCHAR, userIdentity {IDENTITY}, eventTime TIMESTAMP, eventSource VARCHAR,"
    " eventName VARCHAR, awsRegion VARCHAR, sourceIPAddress VARCHAR, userAgent VARCHAR,"
    " errorCode VARCHAR, errorMessage VARCHAR, requestParameters JSON, responseElements JSON,"
    " additionalEventData JSON, requestID VARCHAR, eventID VARCHAR, readOnly BOOLEAN, resources JSON,"
    " eventType VARCHAR, apiVersion VARCHAR, managementEvent BOOLEAN, recipientAccountId VARCHAR,"
    " sharedEventID VARCHAR, vpcEndpointId VARCHAR, serviceEventDetails JSON, eventCategory VARCHAR,"
    " tlsDetails STRUCT(tlsVersion VARCHAR, cipherSuite VARCHAR, clientProvidedHostHeader VARCHAR))"
)
TYPED = """
    r.eventTime AS TimeGenerated, r.eventID AS AwsEventId, r.eventVersion AS EventVersion,
    r.eventSource AS EventSource, r.eventType AS EventTypeName, r.eventName AS EventName,
    r.userIdentity.type AS UserIdentityType, r.userIdentity.principalId AS UserIdentityPrincipalid,
    r.userIdentity.arn AS UserIdentityArn, r.userIdentity.accountId AS UserIdentityAccountId,
    r.userIdentity.invokedBy AS UserIdentityInvokedBy,
    r.userIdentity.accessKeyId AS UserIdentityAccessKeyId,
    r.userIdentity.userName AS UserIdentityUserName,
    r.userIdentity.onBehalfOf.userId AS UserIdentityUserId,
    r.userIdentity.onBehalfOf.identityStoreArn AS UserIdentityStoreArn,
    r.userIdentity.sessionContext.attributes.mfaAuthenticated = 'true' AS SessionMfaAuthenticated,
    r.userIdentity.sessionContext.attributes.creationDate AS SessionCreationDate,
    r.userIdentity.sessionContext.sessionIssuer.type AS SessionIssuerType,
    r.userIdentity.sessionContext.sessionIssuer.principalId AS SessionIssuerPrincipalId,
    r.userIdentity.sessionContext.sessionIssuer.arn AS SessionIssuerArn,
    r.userIdentity.sessionContext.sessionIssuer.accountId AS SessionIssuerAccountId,
    r.userIdentity.sessionContext.sessionIssuer.userName AS SessionIssuerUserName,
    r.awsRegion AS AWSRegion, r.sourceIPAddress AS SourceIpAddress, r.userAgent AS UserAgent,
    r.errorCode AS ErrorCode, r.errorMessage AS ErrorMessage,
    r.requestParameters AS RequestParameters, r.responseElements AS ResponseElements,
    r.additionalEventData AS AdditionalEventData, '' AS AwsRequestId, r.requestID AS AwsRequestId_,
    r.resources AS Resources, r.apiVersion AS APIVersion, r.readOnly AS ReadOnly,
    r.recipientAccountId AS RecipientAccountId, r.serviceEventDetails AS ServiceEventDetails,
    r.sharedEventID AS SharedEventId, r.vpcEndpointId AS VpcEndpointId,
    r.managementEvent AS ManagementEvent, '' AS TenantId, 'Aws' AS SourceSystem,
    'CloudTrail' AS OperationName, r.eventCategory AS Category,
    r.userIdentity.sessionContext.ec2RoleDelivery AS EC2RoleDelivery,
    r.tlsDetails.tlsVersion AS TlsVersion, r.tlsDetails.cipherSuite AS CipherSuite,
    r.tlsDetails.clientProvidedHostHeader AS ClientProvidedHostHeader,
    '' AS IpProtocol, '' AS SourcePort, '' AS DestinationPort, '' AS CidrIp,
    'AWSCloudTrail' AS Type, NULL::DOUBLE AS _BilledSize, '' AS _IsBillable
"""

connection = duckdb.connect()
connection.execute(f"SET threads = {int(threads)}")
if mode == "auto":
    records = f"SELECT unnest(Records) AS r FROM read_json_auto('{pattern}', maximum_object_size=268435456)"
    query = f"SELECT unnest(r) FROM ({records})"
else:
    records = (
        f"SELECT unnest(Records) AS r FROM read_json('{pattern}', maximum_object_size=268435456,"
        f" columns={{Records: '{RECORD}[]'}})"
    )
    query = f"SELECT {TYPED} FROM ({records})"

begun = time.time()
connection.execute(f"COPY ({query}) TO '{out}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)")
seconds = time.time() - begun
rows = connection.execute(f"SELECT count(*) FROM '{out}'").fetchone()[0]
print(json.dumps({"rows": rows, "seconds": seconds, "bytes": os.path.getsize(out)}))

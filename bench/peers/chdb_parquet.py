"""ClickHouse (chdb): gz log files to Parquet, zstd level 1, the columns that Keyline writes.

usage: chdb_parquet.py LOGS OUT THREADS

Every file is read as one row whose `Records` is an array of typed tuples; free-form members are
read as JSON text. Prints one JSON line: rows, seconds, bytes written.
"""

import json
import os
import sys
import time

from chdb import session

logs, out, threads = sys.argv[1:4]

ISSUER = "Tuple(type String, principalId String, arn String, accountId String, userName String)"
RECORD = f"""Tuple(eventVersion String,
    userIdentity Tuple(type String, principalId String, arn String, accountId String,
        invokedBy String, accessKeyId String, userName String,
        sessionContext Tuple(sessionIssuer {ISSUER}, ec2RoleDelivery String,
            attributes Tuple(creationDate String, mfaAuthenticated String)),
        onBehalfOf Tuple(userId String, identityStoreArn String)),
    eventTime String, eventSource String, eventName String, awsRegion String,
    sourceIPAddress String, userAgent String, errorCode String, errorMessage String,
    requestParameters String, responseElements String, additionalEventData String,
    requestID String, eventID String, readOnly Bool, resources String, eventType String,
    apiVersion String, managementEvent Bool, recipientAccountId String, sharedEventID String,
    vpcEndpointId String, serviceEventDetails String, eventCategory String,
    tlsDetails Tuple(tlsVersion String, cipherSuite String, clientProvidedHostHeader String))"""

QUERY = f"""
INSERT INTO FUNCTION file('{out}', 'Parquet')
SELECT
    parseDateTime64BestEffort(r.eventTime, 6, 'UTC') AS TimeGenerated, r.eventID AS AwsEventId,
    r.eventVersion AS EventVersion, r.eventSource AS EventSource, r.eventType AS EventTypeName,
    r.eventName AS EventName, r.userIdentity.type AS UserIdentityType,
    r.userIdentity.principalId AS UserIdentityPrincipalid, r.userIdentity.arn AS UserIdentityArn,
    r.userIdentity.accountId AS UserIdentityAccountId,
    r.userIdentity.invokedBy AS UserIdentityInvokedBy,
    r.userIdentity.accessKeyId AS UserIdentityAccessKeyId,
    r.userIdentity.userName AS UserIdentityUserName,
    r.userIdentity.onBehalfOf.userId AS UserIdentityUserId,
    r.userIdentity.onBehalfOf.identityStoreArn AS UserIdentityStoreArn,
    r.userIdentity.sessionContext.attributes.mfaAuthenticated = 'true' AS SessionMfaAuthenticated,
    parseDateTime64BestEffortOrNull(
        r.userIdentity.sessionContext.attributes.creationDate, 6, 'UTC') AS SessionCreationDate,
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
    'AWSCloudTrail' AS Type, CAST(NULL AS Nullable(Float64)) AS _BilledSize, '' AS _IsBillable
FROM file('{logs}/**/*.json.gz', 'JSONEachRow', 'Records Array({RECORD})')
ARRAY JOIN Records AS r
SETTINGS max_threads = {int(threads)}, input_format_parallel_parsing = 0,
    input_format_json_read_objects_as_strings = 1, input_format_json_read_arrays_as_strings = 1,
    input_format_skip_unknown_fields = 1, input_format_null_as_default = 1,
    input_format_json_ignore_unknown_keys_in_named_tuple = 1,
    input_format_json_defaults_for_missing_elements_in_named_tuple = 1,
    output_format_parquet_compression_method = 'zstd', output_format_compression_level = 1,
    engine_file_truncate_on_insert = 1
"""

connection = session.Session()
begun = time.time()
connection.query(QUERY)
seconds = time.time() - begun
rows = int(str(connection.query(f"SELECT count() FROM file('{out}', 'Parquet')")).strip())
print(json.dumps({"rows": rows, "seconds": seconds, "bytes": os.path.getsize(out)}))

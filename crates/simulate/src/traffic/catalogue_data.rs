//! The catalogue's first table: storage, keys and messages, most of them data events.
//!
//! In: nothing. Out: [`ACTIONS`]. Weights are shares of what one kind of actor does. Deliberately
//! not here: how an entry becomes a record (`benign`).

use super::catalogue::*;

const S3_MORE: &str = r#"{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":$small,"SSEApplied":"SSE_S3","AuthenticationMethod":"AuthHeader","x-amz-id-2":"$idtwo","bytesTransferredOut":$size}"#;
const S3_OBJECT: &str = r#"[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::$bucket/$object"},{"accountId":"$account","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::$bucket"}]"#;
const S3_BUCKET: &str =
    r#"[{"accountId":"$account","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::$bucket"}]"#;
const KMS_KEY: &str = r#"[{"accountId":"$account","type":"AWS::KMS::Key","ARN":"arn:aws:kms:$region:$account:key/$kmskey"}]"#;
const DENIED: &str = "AccessDenied";

pub const ACTIONS: &[Action] = &[
    data_read("s3", "GetObject")
        .by(MACHINES | TOOLS, 160)
        .asks(r#"{"bucketName":"$bucket","Host":"$bucket.s3.$region.amazonaws.com","key":"$object"}"#)
        .adds(S3_MORE)
        .on(S3_OBJECT)
        .fails(12, "NoSuchKey", "The specified key does not exist."),
    data_write("s3", "PutObject")
        .by(MACHINES | PIPELINE, 90)
        .asks(r#"{"bucketName":"$bucket","Host":"$bucket.s3.$region.amazonaws.com","key":"$object","x-amz-server-side-encryption":"AES256"}"#)
        .answers(r#"{"x-amz-server-side-encryption":"AES256","x-amz-expiration":"expiry-date=\"Fri, 26 Feb 2027 00:00:00 GMT\", rule-id=\"expire\""}"#)
        .adds(S3_MORE)
        .on(S3_OBJECT),
    data_read("s3", "HeadObject")
        .by(MACHINES, 45)
        .asks(r#"{"bucketName":"$bucket","Host":"$bucket.s3.$region.amazonaws.com","key":"$object"}"#)
        .adds(S3_MORE)
        .on(S3_OBJECT)
        .fails(60, "NoSuchKey", "The specified key does not exist."),
    data_read("s3", "ListObjects")
        .by(MACHINES | PEOPLE, 30)
        .asks(r#"{"list-type":"2","bucketName":"$bucket","encoding-type":"url","prefix":"$prefix/","delimiter":"/","Host":"$bucket.s3.$region.amazonaws.com"}"#)
        .adds(S3_MORE)
        .on(r#"[{"type":"AWS::S3::Object","ARNPrefix":"arn:aws:s3:::$bucket/"},{"accountId":"$account","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::$bucket"}]"#),
    data_write("s3", "DeleteObject")
        .by(FUNCTION | TASK, 8)
        .asks(r#"{"bucketName":"$bucket","Host":"$bucket.s3.$region.amazonaws.com","key":"$object"}"#)
        .adds(S3_MORE)
        .on(S3_OBJECT),
    read("s3", "ListBuckets")
        .by(PEOPLE | HUB, 8)
        .asks(r#"{"Host":"s3.$region.amazonaws.com"}"#)
        .adds(S3_MORE),
    read("s3", "GetBucketLocation")
        .by(PEOPLE | HUB, 6)
        .asks(r#"{"bucketName":"$bucket","location":"","Host":"s3.$region.amazonaws.com"}"#)
        .adds(S3_MORE)
        .on(S3_BUCKET),
    read("s3", "GetBucketAcl")
        .by(HUB | CONSOLE, 8)
        .asks(r#"{"bucketName":"$bucket","Host":"$bucket.s3.$region.amazonaws.com","acl":""}"#)
        .adds(S3_MORE)
        .on(S3_BUCKET)
        .fails(40, DENIED, "Access Denied"),
    read("s3", "GetBucketEncryption")
        .by(HUB | CONSOLE, 8)
        .asks(r#"{"bucketName":"$bucket","Host":"$bucket.s3.$region.amazonaws.com","encryption":""}"#)
        .adds(S3_MORE)
        .on(S3_BUCKET),
    read("s3", "GetBucketPolicyStatus")
        .by(HUB, 8)
        .asks(r#"{"bucketName":"$bucket","Host":"$bucket.s3.$region.amazonaws.com","policyStatus":""}"#)
        .adds(S3_MORE)
        .on(S3_BUCKET)
        .fails(300, "NoSuchBucketPolicy", "The bucket policy does not exist"),
    read("kms", "Decrypt")
        .by(MACHINES, 60)
        .asks(r#"{"encryptionContext":{"aws:s3:arn":"arn:aws:s3:::$bucket"},"encryptionAlgorithm":"SYMMETRIC_DEFAULT","keyId":"arn:aws:kms:$region:$account:key/$kmskey"}"#)
        .adds(r#"{"keyMaterialId":"$material"}"#)
        .on(KMS_KEY),
    read("kms", "Decrypt")
        .by(FORWARD, 60)
        .through("secretsmanager.amazonaws.com")
        .asks(r#"{"encryptionContext":{"SecretARN":"arn:aws:secretsmanager:$region:$account:secret:$secret-AbCdEf","SecretVersionId":"$uuid3"},"encryptionAlgorithm":"SYMMETRIC_DEFAULT"}"#)
        .adds(r#"{"keyMaterialId":"$material"}"#)
        .on(KMS_KEY),
    read("kms", "GenerateDataKey")
        .by(FORWARD, 40)
        .through("AWS Internal")
        .asks(r#"{"keySpec":"AES_256","encryptionContext":{"aws:s3:arn":"arn:aws:s3:::$bucket"},"keyId":"arn:aws:kms:$region:$account:key/$kmskey"}"#)
        .on(KMS_KEY),
    read("kms", "GenerateDataKey")
        .by(SERVICE, 50)
        .through("cloudtrail.amazonaws.com")
        .asks(r#"{"keySpec":"AES_256","encryptionContext":{"aws:cloudtrail:arn":"arn:aws:cloudtrail:$region:$account:trail/organisation","aws:s3:arn":"arn:aws:s3:::examplecorp-cloudtrail/AWSLogs/$organisation/$account/CloudTrail/$region/$date"},"keyId":"arn:aws:kms:$region:$account:key/$kmskey"}"#)
        .on(KMS_KEY),
    read("kms", "Decrypt")
        .by(SERVICE, 30)
        .through("dynamodb.amazonaws.com")
        .asks(r#"{"encryptionContext":{"aws:dynamodb:tableName":"$table","aws:dynamodb:subscriberId":"$account"},"encryptionAlgorithm":"SYMMETRIC_DEFAULT"}"#)
        .on(KMS_KEY),
    read("kms", "DescribeKey")
        .by(HUB | CONSOLE, 10)
        .asks(r#"{"keyId":"arn:aws:kms:$region:$account:key/$kmskey"}"#)
        .on(KMS_KEY),
    read("kms", "ListAliases").by(CONSOLE | WORKFORCE, 8).asks(r#"{"limit":100}"#),
    write("kms", "CreateGrant")
        .by(FORWARD, 6)
        .through("ec2.amazonaws.com")
        .asks(r#"{"constraints":{"encryptionContextSubset":{"aws:ebs:id":"$volume"}},"operations":["Decrypt"],"granteePrincipal":"arn:aws:sts::$account:assumed-role/aws:ec2-infrastructure/$instance","keyId":"arn:aws:kms:$region:$account:key/$kmskey"}"#)
        .answers(r#"{"grantId":"$hex64","keyId":"arn:aws:kms:$region:$account:key/$kmskey"}"#)
        .on(KMS_KEY),
    read("secretsmanager", "GetSecretValue")
        .by(MACHINES, 26)
        .asks(r#"{"secretId":"$account/$secret"}"#)
        .fails(8, DENIED, "User is not authorized to perform: secretsmanager:GetSecretValue on resource: $secret because no identity-based policy allows the secretsmanager:GetSecretValue action"),
    data_read("dynamodb", "GetItem")
        .by(FUNCTION | TASK, 20)
        .asks(r#"{"tableName":"$table","key":{"id":"HIDDEN_DUE_TO_SECURITY_REASONS"},"consistentRead":false}"#)
        .on(r#"[{"accountId":"$account","type":"AWS::DynamoDB::Table","ARN":"arn:aws:dynamodb:$region:$account:table/$table"}]"#),
    read("dynamodb", "DescribeTable")
        .by(INSTANCE | TASK | CONSOLE, 14)
        .asks(r#"{"tableName":"$table"}"#)
        .on(r#"[{"accountId":"$account","type":"AWS::DynamoDB::Table","ARN":"arn:aws:dynamodb:$region:$account:table/$table"}]"#)
        .fails(15, "ResourceNotFoundException", "Requested resource not found: Table: $table not found"),
    read("sqs", "GetQueueAttributes")
        .by(MACHINES, 12)
        .asks(r#"{"queueUrl":"https://sqs.$region.amazonaws.com/$account/$queue","attributeNames":["ApproximateNumberOfMessages","ApproximateNumberOfMessagesNotVisible"]}"#),
    write("sns", "Subscribe")
        .by(PIPELINE, 2)
        .asks(r#"{"topicArn":"arn:aws:sns:$region:$account:$topic","protocol":"sqs","endpoint":"arn:aws:sqs:$region:$account:$queue","returnSubscriptionArn":true}"#)
        .answers(r#"{"subscriptionArn":"arn:aws:sns:$region:$account:$topic:$uuid3"}"#),
    read("sns", "ListTopics").by(CONSOLE | HUB, 5),
    data_write("lambda", "Invoke")
        .by(FUNCTION | INSTANCE, 30)
        .asks(r#"{"functionName":"arn:aws:lambda:$region:$account:function:$function","invocationType":"RequestResponse"}"#)
        .adds(r#"{"functionVersion":"arn:aws:lambda:$region:$account:function:$function:$small"}"#)
        .on(r#"[{"accountId":"$account","type":"AWS::Lambda::Function","ARN":"arn:aws:lambda:$region:$account:function:$function"}]"#),
];

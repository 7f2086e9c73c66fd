//! The catalogue's second table: the control plane, identity, and what watches.
//!
//! In: nothing. Out: [`ACTIONS`]. Weights are shares of what one kind of actor does. Deliberately
//! not here: calls that mint credentials (`minting`).

use super::catalogue::*;

const UNAUTHORISED: &str = "Client.UnauthorizedOperation";

pub const ACTIONS: &[Action] = &[
    read("ec2", "DescribeInstances")
        .by(INSTANCE | TASK | PEOPLE | HUB | PIPELINE, 70)
        .asks(r#"{"instancesSet":{"items":[{"instanceId":"$instance"}]},"filterSet":{"items":[{"name":"instance-state-name","valueSet":{"items":[{"value":"running"},{"value":"pending"}]}}]}}"#)
        .fails(6, UNAUTHORISED, "You are not authorized to perform this operation. User: $actor is not authorized to perform: ec2:DescribeInstances because no identity-based policy allows the ec2:DescribeInstances action"),
    read("ec2", "DescribeTags")
        .by(INSTANCE, 40)
        .asks(r#"{"filterSet":{"items":[{"name":"resource-id","valueSet":{"items":[{"value":"$actor"}]}},{"name":"resource-type","valueSet":{"items":[{"value":"instance"}]}}]}}"#),
    read("ec2", "DescribeVolumes")
        .by(INSTANCE | HUB | CONSOLE, 24)
        .asks(r#"{"volumeSet":{"items":[{"volumeId":"$volume"}]},"filterSet":{}}"#),
    read("ec2", "DescribeSecurityGroups")
        .by(PEOPLE | HUB | PIPELINE, 20)
        .asks(r#"{"securityGroupSet":{},"securityGroupIdSet":{"items":[{"groupId":"$sg"}]},"filterSet":{}}"#),
    read("ec2", "DescribeSubnets")
        .by(PIPELINE | HUB | CONSOLE, 14)
        .asks(r#"{"subnetSet":{"items":[{"subnetId":"$subnet"}]},"filterSet":{}}"#),
    read("ec2", "DescribeRegions").by(PEOPLE, 8).asks(r#"{"regionSet":{}}"#),
    read("ec2", "DescribeInstanceStatus")
        .by(SERVICE, 10)
        .through("autoscaling.amazonaws.com")
        .asks(r#"{"instancesSet":{"items":[{"instanceId":"$instance"}]},"filterSet":{},"includeAllInstances":false}"#),
    write("ec2", "RunInstances")
        .by(FORWARD, 6)
        .through("autoscaling.amazonaws.com")
        .asks(r#"{"instancesSet":{"items":[{"minCount":1,"maxCount":1}]},"instanceType":"$instancetype","blockDeviceMapping":{},"availabilityZone":"$regiona","tenancy":"default","monitoring":{"enabled":false},"disableApiTermination":false,"clientToken":"fleet-$uuid2-0","launchTemplate":{"launchTemplateId":"lt-0$hex8$hex8","version":"$one"},"tagSpecificationSet":{"items":[{"resourceType":"instance","tags":[{"key":"aws:autoscaling:groupName","value":"$asg"},{"key":"Name","value":"$service"}]}]}}"#)
        .answers(r#"{"requestId":"$uuid3","reservationId":"$reservation","ownerId":"$account","groupSet":{},"instancesSet":{"items":[{"instanceId":"$newinstance","imageId":"$ami","currentInstanceBootMode":"uefi","instanceState":{"code":0,"name":"pending"},"privateDnsName":"ip-$private.$region.compute.internal","amiLaunchIndex":0,"productCodes":{},"instanceType":"$instancetype","launchTime":$epoch,"placement":{"availabilityZone":"$regiona","tenancy":"default"},"monitoring":{"state":"disabled"},"subnetId":"$subnet","vpcId":"$vpc","privateIpAddress":"$private","stateReason":{"code":"pending","message":"pending"},"architecture":"x86_64","rootDeviceType":"ebs","rootDeviceName":"/dev/xvda","blockDeviceMapping":{},"virtualizationType":"hvm","hypervisor":"xen","tagSet":{"items":[{"key":"aws:autoscaling:groupName","value":"$asg"},{"key":"Name","value":"$service"}]},"clientToken":"fleet-$uuid2-0","groupSet":{"items":[{"groupId":"$sg","groupName":"$service"}]},"sourceDestCheck":true,"networkInterfaceSet":{"items":[{"networkInterfaceId":"$eni","subnetId":"$subnet","vpcId":"$vpc","ownerId":"$account","status":"in-use","privateIpAddress":"$private","sourceDestCheck":true,"interfaceType":"interface","groupSet":{"items":[{"groupId":"$sg","groupName":"$service"}]},"attachment":{"attachmentId":"eni-attach-0$hex8","deviceIndex":0,"networkCardIndex":0,"status":"attaching","attachTime":$epoch,"deleteOnTermination":true},"privateIpAddressesSet":{"item":[{"privateIpAddress":"$private","primary":true}]},"ipv6AddressesSet":{},"tagSet":{}}]},"iamInstanceProfile":{"arn":"arn:aws:iam::$account:instance-profile/$role","id":"AIPA$hex8"},"ebsOptimized":false,"enaSupport":true,"cpuOptions":{"coreCount":1,"threadsPerCore":2},"capacityReservationSpecification":{"capacityReservationPreference":"open"},"enclaveOptions":{"enabled":false},"metadataOptions":{"state":"pending","httpTokens":"required","httpPutResponseHopLimit":2,"httpEndpoint":"enabled","httpProtocolIpv4":"enabled","httpProtocolIpv6":"disabled","instanceMetadataTags":"disabled"},"maintenanceOptions":{"autoRecovery":"default"},"privateDnsNameOptions":{"hostnameType":"ip-name","enableResourceNameDnsARecord":false,"enableResourceNameDnsAAAARecord":false}}]},"requesterId":"$account"}"#),
    write("ec2", "TerminateInstances")
        .by(FORWARD, 5)
        .through("autoscaling.amazonaws.com")
        .asks(r#"{"instancesSet":{"items":[{"instanceId":"$newinstance"}]}}"#)
        .answers(r#"{"requestId":"$uuid3","instancesSet":{"items":[{"instanceId":"$newinstance","currentState":{"code":32,"name":"shutting-down"},"previousState":{"code":16,"name":"running"}}]}}"#),
    write("ec2", "CreateNetworkInterface")
        .by(SERVICE, 8)
        .through("lambda.amazonaws.com")
        .asks(r#"{"subnetId":"$subnet","description":"AWS Lambda VPC ENI-$function-$uuid2","groupSet":{"items":[{"groupId":"$sg"}]},"privateIpAddressesSet":{}}"#)
        .answers(r#"{"requestId":"$uuid3","networkInterface":{"networkInterfaceId":"$eni","subnetId":"$subnet","vpcId":"$vpc","availabilityZone":"$regiona","description":"AWS Lambda VPC ENI-$function-$uuid2","ownerId":"$account","requesterManaged":false,"status":"pending","privateIpAddress":"$private","sourceDestCheck":true,"interfaceType":"lambda","groupSet":{"items":[{"groupId":"$sg","groupName":"$service"}]}}}"#),
    write("ec2", "CreateSnapshot")
        .by(SERVICE, 4)
        .through("backup.amazonaws.com")
        .asks(r#"{"volumeId":"$volume","description":"daily","tagSpecificationSet":{}}"#)
        .answers(r#"{"requestId":"$uuid3","snapshotId":"$snapshot","volumeId":"$volume","status":"pending","startTime":$epoch,"progress":"","ownerId":"$account","volumeSize":"$small","encrypted":true}"#),
    write("ec2", "AuthorizeSecurityGroupIngress")
        .by(WORKFORCE, 1)
        .asks(r#"{"groupId":"$sg","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":443,"toPort":443,"groups":{},"ipRanges":{"items":[{"cidrIp":"10.0.0.0/8","description":"inside"}]},"ipv6Ranges":{},"prefixListIds":{}}]}}"#)
        .answers(r#"{"requestId":"$uuid3","_return":true,"securityGroupRuleSet":{"items":[{"groupOwnerId":"$account","groupId":"$sg","securityGroupRuleId":"sgr-0$hex8","isEgress":false,"ipProtocol":"tcp","fromPort":443,"toPort":443,"cidrIpv4":"10.0.0.0/8"}]}}"#),
    write("ssm", "UpdateInstanceInformation")
        .by(INSTANCE, 60)
        .asks(r#"{"instanceId":"$actor","agentVersion":"3.3.1345.0","agentStatus":"Active","platformType":"Linux","platformName":"Amazon Linux","platformVersion":"2023","iPAddress":"$private","computerName":"ip-$private.$region.compute.internal","agentName":"amazon-ssm-agent","availabilityZone":"$regiona","availabilityZoneId":"use1-az$one","sSMConnectionChannel":"ssmmessages"}"#),
    read("ssm", "GetParameter")
        .by(MACHINES, 24)
        .asks(r#"{"name":"/$service/$param","withDecryption":true}"#)
        .fails(10, "ParameterNotFound", "The parameter does not exist."),
    read("ssm", "ListInstanceAssociations").by(INSTANCE, 14).asks(r#"{"instanceId":"$actor","maxResults":20}"#),
    read("autoscaling", "DescribeAutoScalingGroups")
        .by(INSTANCE | CONSOLE | HUB, 16)
        .asks(r#"{"autoScalingGroupNames":["$asg"],"maxRecords":100}"#),
    read("elasticloadbalancing", "DescribeTargetHealth")
        .by(INSTANCE | TASK | CONSOLE, 16)
        .asks(r#"{"targetGroupArn":"arn:aws:elasticloadbalancing:$region:$account:targetgroup/$service/$hex8$hex8"}"#),
    write("elasticloadbalancing", "RegisterTargets")
        .by(SERVICE, 8)
        .through("ecs.amazonaws.com")
        .asks(r#"{"targetGroupArn":"arn:aws:elasticloadbalancing:$region:$account:targetgroup/$service/$hex8$hex8","targets":[{"id":"$private","port":8080,"availabilityZone":"$regiona"}]}"#),
    read("ecs", "DescribeTasks")
        .by(TASK | PIPELINE | CONSOLE, 16)
        .asks(r#"{"cluster":"$cluster","tasks":["arn:aws:ecs:$region:$account:task/$cluster/$hex32"]}"#),
    write("ecs", "SubmitTaskStateChange")
        .by(INSTANCE, 14)
        .asks(r#"{"cluster":"$cluster","task":"arn:aws:ecs:$region:$account:task/$cluster/$hex32","status":"RUNNING"}"#)
        .answers(r#"{"acknowledgment":"ACK"}"#),
    read("ecr", "GetAuthorizationToken").by(INSTANCE | PIPELINE, 14),
    read("ecr", "BatchGetImage")
        .by(INSTANCE | TASK | PIPELINE, 18)
        .asks(r#"{"registryId":"$account","repositoryName":"$repo","imageIds":[{"imageDigest":"sha256:$material"}],"acceptedMediaTypes":["application/vnd.docker.distribution.manifest.v2+json","application/vnd.oci.image.manifest.v1+json"]}"#)
        .on(r#"[{"accountId":"$account","ARN":"arn:aws:ecr:$region:$account:repository/$repo"}]"#),
    write("ecr", "PutImage")
        .by(PIPELINE, 10)
        .asks(r#"{"registryId":"$account","repositoryName":"$repo","imageTag":"$hex8","imageManifestMediaType":"application/vnd.docker.distribution.manifest.v2+json"}"#)
        .answers(r#"{"image":{"registryId":"$account","repositoryName":"$repo","imageId":{"imageDigest":"sha256:$material","imageTag":"$hex8"}}}"#),
    read("lambda", "GetFunction20150331v2").by(PIPELINE | CONSOLE | HUB, 12).asks(r#"{"functionName":"$function"}"#),
    read("lambda", "ListFunctions20150331").by(CONSOLE | HUB, 10).asks(r#"{"maxItems":50}"#),
    write("lambda", "UpdateFunctionCode20150331v2")
        .by(PIPELINE, 14)
        .asks(r#"{"functionName":"$function","s3Bucket":"$bucket","s3Key":"$object","publish":true,"dryRun":false}"#)
        .answers(r#"{"functionName":"$function","functionArn":"arn:aws:lambda:$region:$account:function:$function","runtime":"java21","role":"arn:aws:iam::$account:role/$service-lambda-role","handler":"Handler::handle","codeSize":$size,"timeout":30,"memorySize":1024,"lastModified":"$time","codeSha256":"$hex64","version":"$small","tracingConfig":{"mode":"PassThrough"},"revisionId":"$uuid3","state":"Active","lastUpdateStatus":"InProgress","packageType":"Zip","architectures":["arm64"],"ephemeralStorage":{"size":512},"loggingConfig":{"logFormat":"Text","logGroup":"/aws/lambda/$function"}}"#),
    write("logs", "CreateLogStream")
        .by(MACHINES, 40)
        .asks(r#"{"logGroupName":"/aws/lambda/$function","logStreamName":"$date/[$LATEST]$hex32"}"#)
        .fails(20, "ResourceAlreadyExistsException", "The specified log stream already exists"),
    read("logs", "DescribeLogStreams")
        .by(INSTANCE | TASK | CONSOLE, 20)
        .asks(r#"{"logGroupName":"/$service/application","logStreamNamePrefix":"$instance"}"#),
    read("logs", "FilterLogEvents")
        .by(CONSOLE | WORKFORCE, 14)
        .asks(r#"{"logGroupName":"/aws/lambda/$function","startTime":$epoch,"limit":100,"interleaved":true}"#),
    read("monitoring", "DescribeAlarms").by(INSTANCE | CONSOLE | HUB, 16).asks(r#"{"maxRecords":100,"alarmNames":["$alarm"]}"#),
    write("monitoring", "PutMetricAlarm")
        .by(PIPELINE, 4)
        .asks(r#"{"alarmName":"$alarm","namespace":"AWS/ApplicationELB","metricName":"HTTPCode_Target_5XX_Count","statistic":"Sum","period":60,"evaluationPeriods":3,"threshold":10,"comparisonOperator":"GreaterThanThreshold","actionsEnabled":true,"alarmActions":["arn:aws:sns:$region:$account:$topic"]}"#),
    read("cloudformation", "DescribeStacks").by(PIPELINE | WORKFORCE | CONSOLE, 18).asks(r#"{"stackName":"$stack"}"#),
    write("cloudformation", "CreateChangeSet")
        .by(PIPELINE, 6)
        .asks(r#"{"stackName":"$stack","changeSetName":"deploy-$hex8","capabilities":["CAPABILITY_IAM"],"templateURL":"https://$bucket.s3.amazonaws.com/$object","changeSetType":"UPDATE","tags":[{"key":"service","value":"$service"}]}"#)
        .answers(r#"{"id":"arn:aws:cloudformation:$region:$account:changeSet/deploy-$hex8/$uuid2","stackId":"arn:aws:cloudformation:$region:$account:stack/$stack/$uuid3"}"#),
    read("rds", "DescribeDBInstances").by(CONSOLE | HUB | INSTANCE, 12).asks(r#"{"dBInstanceIdentifier":"$db"}"#),
    write("rds", "CreateDBSnapshot")
        .by(SERVICE, 2)
        .through("backup.amazonaws.com")
        .asks(r#"{"dBSnapshotIdentifier":"awsbackup-$hex8","dBInstanceIdentifier":"$db"}"#),
    read("cloudtrail", "LookupEvents").by(CONSOLE | WORKFORCE, 4).asks(r#"{"maxResults":50,"lookupAttributes":[{"attributeKey":"ReadOnly","attributeValue":"false"}]}"#),
    read("cloudtrail", "DescribeTrails").by(HUB, 10).asks(r#"{"trailNameList":[],"includeShadowTrails":true}"#),
    write("config", "PutEvaluations")
        .by(FUNCTION, 6)
        .asks(r#"{"evaluations":[{"complianceResourceType":"AWS::EC2::SecurityGroup","complianceResourceId":"$sg","complianceType":"COMPLIANT","orderingTimestamp":"$time"}],"resultToken":"$base64","testMode":false}"#)
        .answers(r#"{"failedEvaluations":[]}"#),
    read("health", "DescribeEventAggregates").by(CONSOLE, 20).asks(r#"{"aggregateField":"eventTypeCategory","filter":{"startTimes":[{"from":"$earlier"}],"eventStatusCodes":["open","upcoming"]}}"#),
    read("tagging", "GetResources").by(HUB | PIPELINE, 10).asks(r#"{"resourceTypeFilters":["ec2:instance"],"resourcesPerPage":100}"#),
    read("iam", "GetRole").by(PIPELINE | USER | HUB, 30).global().asks(r#"{"roleName":"$role"}"#),
    read("iam", "ListRoles").by(HUB | CONSOLE, 14).global().asks(r#"{"maxItems":1000}"#),
    read("iam", "ListUsers").by(HUB | CONSOLE, 10).global().asks(r#"{"maxItems":1000}"#),
    read("iam", "ListAccessKeys").by(HUB | CONSOLE, 10).global().asks(r#"{"userName":"$service"}"#),
    read("iam", "GetAccessKeyLastUsed").by(HUB, 12).global().asks(r#"{"accessKeyId":"$akia"}"#),
    read("iam", "GetPolicyVersion").by(PIPELINE | HUB, 18).global().asks(r#"{"policyArn":"arn:aws:iam::$account:policy/$service","versionId":"v$one"}"#),
    read("iam", "ListAttachedRolePolicies").by(PIPELINE | HUB, 16).global().asks(r#"{"roleName":"$role"}"#)
        .fails(8, "NoSuchEntityException", "The role with name $role cannot be found."),
    write("iam", "CreatePolicyVersion")
        .by(PIPELINE, 2)
        .global()
        .asks(r#"{"policyArn":"arn:aws:iam::$account:policy/$service","policyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"s3:GetObject\",\"s3:ListBucket\"],\"Resource\":[\"arn:aws:s3:::$bucket\",\"arn:aws:s3:::$bucket/*\"]}]}","setAsDefault":true}"#)
        .answers(r#"{"policyVersion":{"versionId":"v$one","isDefaultVersion":true,"createDate":"$time"}}"#),
    write("iam", "TagRole").by(PIPELINE, 2).global().asks(r#"{"roleName":"$role","tags":[{"key":"service","value":"$service"}]}"#),
    read("sts", "GetCallerIdentity")
        .by(MACHINES | TOOLS | HUB, 18)
        .adds(r#"{"ExtendedRequestId":"MTp1c2UxOlM6$requestid"}"#),
    read("organizations", "DescribeOrganization").by(CONSOLE | HUB, 8).global(),
    read("ce", "GetCostAndUsage").by(CONSOLE, 6).global().asks(r#"{"timePeriod":{"start":"$earlier","end":"$time"},"granularity":"DAILY","metrics":["UnblendedCost"]}"#),
    read("access-analyzer", "ListFindings").by(HUB, 8).asks(r#"{"analyzerArn":"arn:aws:access-analyzer:$region:$account:analyzer/organisation","maxResults":100}"#),
];

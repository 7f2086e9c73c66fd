/// Logs of one large tree: a key, the session tokens that it asks for, and the role sessions that those take, all of them
/// at work. Made-up ids, and the same files each time. Out comes a folder of CloudTrail files.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const ACCOUNTS = ["111111111111", "222222222222", "333333333333"] as const;
const KEY = "AKIAEXAMPLELARGETREE";
const START = Date.parse("2026-10-01T08:00:00Z");
const HOUR = 3_600_000;
/// Role sessions for each session token, so that three levels are there.
const ROLES_EACH = 12;
const DAYS = 7;
const CALLS = [["s3", "GetObject"], ["s3", "ListObjects"], ["dynamodb", "GetItem"], ["kms", "Decrypt"], ["ec2", "DescribeInstances"], ["iam", "ListRoles"]] as const;

interface Made {
  key: string;
  from: number;
  to: number;
  identity: object;
}

/// `AKIA` or `ASIA`, and sixteen letters that only this one has.
const named = (number: number) => `ASIAEXAMPLE${number.toString(26).padStart(9, "0").replace(/./g, (digit) => String.fromCharCode(65 + Number.parseInt(digit, 26)))}`;
const told = (at: number) => new Date(at).toISOString().replace(/\.\d+Z$/, "Z");

/// Writes `credentials` credentials below one root with `events` calls in all, and names the root's key.
export function tree(folder: string, credentials: number, events: number): string {
  let number = 0;
  const record = (identity: object, at: number, service: string, name: string, more: object) => {
    number += 1;
    return JSON.stringify({ eventVersion: "1.11", userIdentity: identity, eventTime: told(at), eventSource: `${service}.amazonaws.com`, eventName: name, awsRegion: "eu-west-1", sourceIPAddress: `198.51.100.${number % 11}`, userAgent: `aws-cli/2.15.${number % 3}`, eventID: `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`, eventType: "AwsApiCall", managementEvent: true, recipientAccountId: (identity as { accountId: string }).accountId, ...more });
  };
  const user = { type: "IAMUser", principalId: "AIDAEXAMPLELARGETREE", arn: `arn:aws:iam::${ACCOUNTS[0]}:user/large`, accountId: ACCOUNTS[0], userName: "large" };
  const root: Made = { key: KEY, from: START, to: START + DAYS * 24 * HOUR, identity: { ...user, accessKeyId: KEY } };
  const each = Math.max(1, Math.floor(events / credentials));
  const tokens = Math.ceil((credentials - 1) / (ROLES_EACH + 1));
  const gap = ((DAYS - 2) * 24 * HOUR) / tokens;
  let made = 0;
  const work = (one: Made, births: string[]) => {
    const wide = Math.min(one.to - one.from, one === root ? DAYS * 24 * HOUR : 3 * HOUR);
    const lines = births;
    for (let call = births.length; call < each; call += 1) {
      const [service, name] = CALLS[call % CALLS.length] ?? CALLS[0];
      const more = call % 37 ? {} : { errorCode: "AccessDenied", errorMessage: "not allowed" };
      lines.push(record(one.identity, one.from + 1000 + Math.floor((call / each) * (wide - 2000)), service, name, { ...(service === "s3" ? { requestParameters: { bucketName: `bucket-${call % 7}` } } : {}), ...more }));
    }
    writeFileSync(join(folder, `${String(made).padStart(5, "0")}.json.gz`), gzipSync(`{"Records":[${lines.join(",")}]}`, { level: 1 }));
    made += 1;
  };
  const rooted: string[] = [];
  let next = 1;
  for (let token = 0; token < tokens && next < credentials; token += 1) {
    const from = START + HOUR + Math.floor(token * gap);
    const session: Made = { key: named(next), from, to: from + 36 * HOUR, identity: { ...user, accessKeyId: named(next), sessionContext: { attributes: { creationDate: told(from), mfaAuthenticated: "false" } } } };
    next += 1;
    rooted.push(record(root.identity, from, "sts", "GetSessionToken", { requestParameters: { durationSeconds: 129600 }, responseElements: { credentials: { accessKeyId: session.key, expiration: told(session.to) } } }));
    const births: string[] = [];
    for (let role = 0; role < ROLES_EACH && next < credentials; role += 1) {
      const account = ACCOUNTS[1 + (role % 2)] ?? ACCOUNTS[1];
      const begun = from + (role + 1) * 2 * HOUR;
      const name = `work-${role % 4}`;
      const key = named(next);
      const arn = `arn:aws:sts::${account}:assumed-role/${name}/job-${next}`;
      births.push(record(session.identity, begun, "sts", "AssumeRole", { requestParameters: { roleArn: `arn:aws:iam::${account}:role/${name}`, roleSessionName: `job-${next}` }, responseElements: { credentials: { accessKeyId: key, expiration: told(begun + 4 * HOUR) }, assumedRoleUser: { assumedRoleId: `AROAEXAMPLE${role % 4}${account.slice(0, 8)}:job-${next}`, arn } } }));
      work({ key, from: begun, to: begun + 4 * HOUR, identity: { type: "AssumedRole", principalId: `AROAEXAMPLE${role % 4}${account.slice(0, 8)}:job-${next}`, arn, accountId: account, accessKeyId: key, sessionContext: { sessionIssuer: { type: "Role", principalId: `AROAEXAMPLE${role % 4}${account.slice(0, 8)}`, arn: `arn:aws:iam::${account}:role/${name}`, accountId: account, userName: name }, attributes: { creationDate: told(begun), mfaAuthenticated: "false" } } } }, []);
      next += 1;
    }
    work(session, births);
  }
  work(root, rooted);
  return KEY;
}

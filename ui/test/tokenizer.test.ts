/// Which parts of a query have which colour: `kind:text`.
import { expect, it } from "vitest";
import { spans } from "../src/hunt/tokenizer";

function check(text: string, expected: string): void {
  const found = spans(text).map(({ from, to, kind }) => `${kind}:${text.slice(from, to)}`);
  expect(found.join(" ")).toBe(expected);
}

it("a pipeline", () => {
  check("CloudTrail | where EventName == 'x'", "pipe:| operator:where string:'x'");
  check("T | summarize n = count() by bin(At, 1h)", "pipe:| operator:summarize function:count keyword:by function:bin number:1h");
  check("T | mv-expand a | project-away b", "pipe:| operator:mv-expand pipe:| operator:project-away");
});

it("a hyphen elsewhere is a minus", () => check("T | extend a = b-c", "pipe:| operator:extend"));

it("a name of an operator that is a column has no colour", () => check("T | where take == 1", "pipe:| operator:where number:1"));

it("strings of every form", () => {
  check(`print "a\\"b" , 'c' , @"d\\" , h'e'`, `operator:print string:"a\\"b" string:'c' string:@"d\\" string:h'e'`);
  check("print ```a\nb | where``` , 1", "operator:print string:``` string:a string:b | where``` number:1");
  check(`print "never ends`, `operator:print string:"never ends`);
});

it("comments", () => check("T // | where a\n| take 5", "comment:// | where a pipe:| operator:take number:5"));

it("let, and queries in brackets", () => {
  check("let a = 5m;\nT | join kind=inner (U | take 1) on Id", "keyword:let number:5m pipe:| operator:join keyword:kind keyword:inner pipe:| operator:take number:1 keyword:on");
});

it("nothing, and what is no KQL at all", () => {
  check("", "");
  expect(() => spans("\u0000\ud800|||(((```")).not.toThrow();
});

it("it ends on any text", () => {
  for (let code = 0; code < 256; code += 1) spans(String.fromCharCode(code, 39, code, 34, code, 96));
});

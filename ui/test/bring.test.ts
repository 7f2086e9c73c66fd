/// Files that somebody brings as a rule.
import { expect, it } from "vitest";
import { question } from "../src/rules/files";

it("one rule, with its cases or without", () => {
  const files = (...names: string[]) => names.map((name) => ({ name, text: `text of ${name}` }));
  expect(question(files("a.yaml"))).toEqual({ file: "a.yaml", rule: "text of a.yaml" });
  expect(question(files("a.test.yaml", "a.yml"))).toEqual({ file: "a.yml", rule: "text of a.yml", cases: "text of a.test.yaml" });
  for (const [names, says] of [[["a.test.yaml"], "as well"], [["a.txt"], "YAML"], [[], "YAML"], [["a.yaml", "b.yaml"], "at a time"], [["a.yaml", "a.test.yaml", "b.test.yml"], "at a time"]] as const) {
    expect(question(files(...names))).toContain(says);
  }
});

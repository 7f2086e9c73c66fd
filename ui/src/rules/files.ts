/// Files that somebody brings, as a rule with its cases.
import type { RuleQuestion } from "../wire.gen";

/// What files were dropped, as the question that is asked about them; or what is wrong with them.
export function question(files: { name: string; text: string }[]): RuleQuestion | string {
  const isCases = (name: string) => /\.test\.ya?ml$/i.test(name);
  const isRule = (name: string) => /\.ya?ml$/i.test(name) && !isCases(name);
  const rules = files.filter((file) => isRule(file.name));
  const cases = files.filter((file) => isCases(file.name));
  if (rules.length === 0) return cases.length ? "Bring the rule that these cases belong to as well." : "A rule is a YAML file.";
  if (rules.length > 1 || cases.length > 1) return "One rule at a time, with the file of its cases if it has one.";
  const [rule, tests] = [rules[0], cases[0]];
  return { file: rule?.name ?? "", rule: rule?.text ?? "", ...(tests ? { cases: tests.text } : {}) };
}

/// Text of strangers.
import { h, options } from "preact";
import { describe, expect, it } from "vitest";
import { guard, short, visible } from "../src/text";

describe("unseen characters are spelled out", () => {
  const check = (text: string, expected: string) => expect(visible(text)).toBe(expected);

  it("those that turn the direction, and those of no width", () => {
    check("a\u202egnp.exe", "a⟨202E⟩gnp.exe");
    check("\u2066x\u2069", "⟨2066⟩x⟨2069⟩");
    check("a\u200bb\ufeff", "a⟨200B⟩b⟨FEFF⟩");
    check("\u{e0041}", "⟨E0041⟩");
  });

  it("control characters, but tab and newline", () => {
    check("a\u001b[31m", "a⟨001B⟩[31m");
    check("a\tb\nc", "a\tb\nc");
    check("\r", "⟨000D⟩");
  });

  it("halves of characters, and nothing else", () => {
    check("\ud800", "⟨D800⟩");
    check("Grüße, 日本, 😀, ⟨x⟩", "Grüße, 日本, 😀, ⟨x⟩");
  });

  it("every time, whatever was asked before", () => {
    for (let at = 0; at < 3; at += 1) check("\u202e", "⟨202E⟩");
  });
});

it("no element is made without it", () => {
  const before = options.vnode;
  guard();
  const made = h("div", { title: "a\u202eb" }, "x\u202ey", ["z\u200b"]);
  options.vnode = before;
  expect(made.props).toMatchObject({ title: "a⟨202E⟩b", children: ["x⟨202E⟩y", ["z⟨200B⟩"]] });
});

it("short numbers", () => {
  expect([0, 999, 1000, 9_040, 12_345, 999_999, 1_234_567].map(short)).toEqual(["0", "999", "1.0k", "9.0k", "12k", "1.0M", "1.2M"]);
});

/// A screen whose code is fetched when it is opened.
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Notice } from "./parts";

export function lazy(load: () => Promise<ComponentType>, what: string): ComponentType {
  let loaded: ComponentType | null = null;
  return function Lazy() {
    const [, again] = useState(0);
    const [failed, fail] = useState(false);
    useEffect(() => {
      if (loaded) return;
      load().then(
        (component) => {
          loaded = component;
          again((n) => n + 1);
        },
        () => fail(true),
      );
    }, []);
    if (loaded) {
      const Loaded = loaded;
      return <Loaded />;
    }
    return failed ? (
      <Notice title={`Could not load ${what}`} alarm>
        <p>Is the server still running? Load the page again.</p>
      </Notice>
    ) : (
      <div class="waiting" role="status" aria-label={`Loading ${what}`} />
    );
  };
}

/// Files of what a page shows: any table as CSV, or as the documents that it is made of.
import { csv, type Cell } from "../hunt/filters";

/// A file that the page has made.
export function save(name: string, type: string, body: string): void {
  const url = URL.createObjectURL(new Blob([body], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/// The columns of documents, as a table of a file has them: what is a list or a document stands as JSON.
export function tabled(documents: object[], names: readonly string[]): string {
  const rows = documents.map((document) => names.map((name) => ((document as Record<string, Cell | undefined>)[name] ?? null)));
  return csv(names.map((name) => ({ name, type: "string" })), rows);
}

/// Two buttons beside a table: its rows as they are shown, filtered, in either form.
export function Files<T extends object>({ name, rows, columns }: { name: string; rows: T[]; columns: readonly (keyof T & string)[] }) {
  if (rows.length === 0) return null;
  return (
    <span class="saves" role="group" aria-label={`Save ${name}`}>
      <button type="button" class="button plain" title="These rows as comma-separated values" onClick={() => save(`${name}.csv`, "text/csv", tabled(rows, columns))}>CSV</button>
      <button type="button" class="button plain" title="These rows as JSON documents" onClick={() => save(`${name}.json`, "application/json", JSON.stringify(rows, null, 2))}>JSON</button>
    </span>
  );
}

/** Gives the person a file that was made in this page. */
export function saveFile(name: string, type: string, content: string | Uint8Array): void {
  // A copy over memory of its own, as `Blob` takes it.
  const part = typeof content === "string" ? content : new Uint8Array(content);
  const address = URL.createObjectURL(new Blob([part], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

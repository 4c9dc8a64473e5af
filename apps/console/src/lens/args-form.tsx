/** A form for the arguments of an entry, from its type. What is typed lives in a draft, not in components. */
import type { AbiType } from "@pha/contract";
import { type ReactNode, useId, useLayoutEffect, useRef } from "react";
import { draftOf } from "../chain/vault.ts";
import { useText } from "../text/index.ts";

type Draft = Readonly<Record<string, unknown>>;

/** @param form names the draft */
export function ArgsForm({
  type,
  form,
}: {
  readonly type: AbiType;
  readonly form: string;
}): ReactNode {
  const t = useText();
  const fields = fieldsOf(type);
  if (fields.length === 0) return <p className="muted">{t("form.noArguments")}</p>;
  return (
    <div className="stack-tight">
      {fields.map(([name, of]) => (
        <Field key={name} name={name} type={of} form={form} />
      ))}
    </div>
  );
}

/** Arguments are a struct; whatever else comes is one value. */
export function fieldsOf(type: AbiType): readonly (readonly [name: string, type: AbiType])[] {
  return typeof type === "object" && "struct" in type ? type.struct : [["value", type]];
}

function Field({
  name,
  type,
  form,
}: {
  readonly name: string;
  readonly type: AbiType;
  readonly form: string;
}): ReactNode {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>
        <span data-value>{name}</span> <code className="muted small">{typeName(type)}</code>
      </label>
      <Input id={id} name={name} type={type} form={form} />
    </div>
  );
}

function Input({
  id,
  name,
  type,
  form,
}: {
  readonly id: string;
  readonly name: string;
  readonly type: AbiType;
  readonly form: string;
}): ReactNode {
  const ref = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  const isSwitch = type === "bool";
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return undefined;
    const draft = draftOf(form);
    const kept = draft[name];
    if (isSwitch) element.checked = kept === true;
    else element.value = typeof kept === "string" ? kept : "";
    if (isSwitch && kept === undefined) draft[name] = false;
    return () => {
      element.value = "";
    };
  }, [form, name, isSwitch]);
  if (isSwitch)
    return (
      <input
        ref={ref}
        id={id}
        type="checkbox"
        onChange={({ target }) => {
          draftOf(form)[name] = target.checked;
        }}
      />
    );
  const onChange = ({ target }: { readonly target: { readonly value: string } }): void => {
    draftOf(form)[name] = target.value;
  };
  const common = { ref, id, onChange, autoComplete: "off", spellCheck: false } as const;
  if (isLong(type)) return <textarea {...common} rows={4} placeholder={example(type)} />;
  return (
    <input
      {...common}
      inputMode={isInteger(type) ? "numeric" : "text"}
      placeholder={example(type)}
    />
  );
}

function isInteger(type: AbiType): boolean {
  return typeof type === "string" ? /^[ui]\d+$/.test(type) : "compact" in type;
}

function isLong(type: AbiType): boolean {
  return typeof type === "object" && !("compact" in type) && !("fixed" in type);
}

function example(type: AbiType): string {
  if (isInteger(type)) return "0";
  if (typeof type === "object" && ("seq" in type || "array" in type || "tuple" in type))
    return "[]";
  if (type === "bytes" || (typeof type === "object" && "fixed" in type)) return "0x";
  return typeof type === "object" ? "{}" : "";
}

/** As an author writes it: `u64`, `[u8; 32]`, `Vec<…>`. */
export function typeName(type: AbiType): string {
  if (typeof type === "string") return type;
  if ("compact" in type) return type.compact;
  if ("fixed" in type) return `[u8; ${type.fixed}]`;
  if ("seq" in type) return `[${typeName(type.seq)}]`;
  if ("array" in type) return `[${typeName(type.array[0])}; ${type.array[1]}]`;
  if ("tuple" in type) return `(${type.tuple.map(typeName).join(", ")})`;
  if ("option" in type) return `${typeName(type.option)}?`;
  if ("struct" in type)
    return `{ ${type.struct.map(([name, of]) => `${name}: ${typeName(of)}`).join(", ")} }`;
  return type.enum.map(([name]) => name).join(" | ");
}

/** What the draft says, as JSON has it; text that should be JSON and is not stays text, and is refused with its field. */
export function argsOf(type: AbiType, draft: Draft): unknown {
  const values = fieldsOf(type).map(([name, of]) => [name, jsonOf(of, draft[name])] as const);
  if (typeof type === "object" && "struct" in type) return Object.fromEntries(values);
  return values[0]?.[1];
}

function jsonOf(type: AbiType, value: unknown): unknown {
  if (type === "bool") return value === true;
  const text = typeof value === "string" ? value.trim() : "";
  if (type === "unit") return null;
  if (type === "str") return typeof value === "string" ? value : "";
  if (isLong(type)) {
    if (text === "") return typeof type === "object" && "option" in type ? null : text;
    try {
      return JSON.parse(text);
    } catch {
      // A bare word: an enum's name, or a mistake that the codec names.
      return text;
    }
  }
  return text;
}

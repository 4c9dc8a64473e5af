import { type ReactNode, useId } from "react";

export interface Segment<T extends string> {
  readonly value: T;
  readonly label: string;
  readonly icon?: ReactNode;
  /** Language of the label, when it is not the page's. */
  readonly lang?: string;
}

/** One of a few, all in view: radio buttons in a row. */
export function Segments<T extends string>({
  label,
  segments,
  value,
  onChange,
}: {
  readonly label: string;
  readonly segments: readonly Segment<T>[];
  readonly value: T;
  readonly onChange: (value: T) => void;
}): ReactNode {
  const name = useId();
  return (
    <fieldset className="segments">
      <legend className="visually-hidden">{label}</legend>
      {segments.map((segment) => (
        <label key={segment.value} className={segment.value === value ? "is-chosen" : ""}>
          <input
            type="radio"
            name={name}
            checked={segment.value === value}
            onChange={() => onChange(segment.value)}
          />
          {segment.icon}
          <span lang={segment.lang}>{segment.label}</span>
        </label>
      ))}
    </fieldset>
  );
}

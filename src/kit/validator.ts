/** One fault, as Ajv tells it. */
export interface ValidationFault {
  instancePath: string;
  schemaPath: string;
  keyword: string;
  params: Record<string, unknown>;
  message?: string;
  /** The member's name, for a fault inside propertyNames. */
  propertyName?: string;
  /** The keyword's value, the schema that holds it and the value at fault; only from the validators of files. */
  schema?: unknown;
  parentSchema?: Record<string, unknown>;
  data?: unknown;
}

/** Whether the data fits a schema, and what is wrong when it does not; fills defaults in where the schema has some. */
export interface Validator {
  (data: unknown): boolean;
  errors?: ValidationFault[] | null;
}

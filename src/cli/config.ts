/**
 * `cardea config`: describes the declarative file. It reads no configuration.
 */
import type { Command } from 'commander';
import { declarationJsonSchema } from '../config/json_schema.ts';
import { type OutputOptions, print, subcommand } from './terminal/output.ts';

export function register(command: Command): void {
  subcommand(command, 'schema', 'print the JSON Schema of the declarative file, for editors')
    .addHelpText(
      'after',
      `
Save it as cardea.schema.json beside the file, whose first line names it:
  # yaml-language-server: $schema=cardea.schema.json
In JSON that is a member: "$schema": "cardea.schema.json"`,
    )
    .action((options: OutputOptions) => {
      print(declarationJsonSchema(), options, (schema) => JSON.stringify(schema, undefined, 2));
    });
}
